//! Hooks before the first start: which of them were passed. A container that has started once has passed them, and one
//! that runs once for the service has been passed for good, as long as the service is what it was and some of it is
//! there.

use serde_json::Value;

use super::desired::DesiredService;
use super::files;
use super::image::ImageStanding;
use super::provenance::{self, as_recorded};
use super::sides::Sides;
use crate::diff::FieldChange;
use crate::model::{Service, ServiceName, StartHook};
use crate::plan::vocabulary::PlacedChange;

/// Whether one of the hooks was not passed yet: the last apply knew no such hook.
pub fn is_new(sides: &Sides, name: &ServiceName, service: &Service) -> bool {
    let Some(Value::Array(known)) = provenance::recorded(sides, name, &["hooks", "pre_start"]) else { return false };
    let known: Vec<&Value> = known.iter().collect();
    service.hooks.pre_start.iter().any(|hook| !is_among(sides, hook, &known))
}

/// The same as a change, which only a start can make.
pub fn changed(sides: &Sides, name: &ServiceName, service: &Service) -> Option<PlacedChange> {
    if !is_new(sides, name, service) {
        return None;
    }
    let now = serde_json::to_value(&service.hooks.pre_start).expect("a model of plain data has a JSON form");
    let before = provenance::recorded(sides, name, &["hooks", "pre_start"]).cloned();
    Some(provenance::asked(sides, name, FieldChange::new("pre_start", before, Some(now))))
}

/// The hooks that a container runs which has never started, by their place in the list: those that run for each
/// replica, and those that run once and were not passed.
pub fn due(sides: &Sides, desired: &DesiredService) -> Vec<usize> {
    let hooks = &desired.service.hooks.pre_start;
    if hooks.is_empty() {
        return Vec::new();
    }
    let passed = if is_known(sides, desired) { recorded(sides, desired.name) } else { Vec::new() };
    let is_due = |hook: &StartHook| hook.per_replica || !is_among(sides, hook, &passed);
    hooks.iter().enumerate().filter(|(_, hook)| is_due(hook)).map(|(index, _)| index).collect()
}

fn recorded<'a>(sides: &Sides<'a>, name: &ServiceName) -> Vec<&'a Value> {
    match provenance::recorded(sides, name, &["hooks", "pre_start"]) {
        Some(Value::Array(hooks)) => hooks.iter().collect(),
        Some(_) | None => Vec::new(),
    }
}

fn is_among(sides: &Sides, hook: &StartHook, recorded: &[&Value]) -> bool {
    let hook = serde_json::to_value(hook).expect("a model of plain data has a JSON form");
    recorded.iter().any(|recorded| {
        let mut hook = hook.clone();
        as_recorded(&mut hook, recorded, sides.request.key);
        hook == **recorded
    })
}

/// Whether the service is what the last apply left, and a container of it has started: then it has passed its hooks.
fn is_known(sides: &Sides, desired: &DesiredService) -> bool {
    let mut containers = sides.index.service(desired.name).flat_map(|(_, slot)| slot.all());
    let ImageStanding::Here(image) = &desired.image else { return false };
    let last = sides.request.observed.records.last();
    let same_image = last.is_some_and(|record| record.images.get(&desired.service.fixed.image) == Some(image));
    let recorded = provenance::recorded(sides, desired.name, &["fixed"]).cloned();
    let Some(Value::Object(mut before)) = recorded else { return false };
    let now = serde_json::to_value(&desired.service.fixed).expect("a model of plain data has a JSON form");
    let Value::Object(mut now) = now else { return false };
    now.remove("files");
    let contents = before.remove("files").and_then(|contents| serde_json::from_value(contents).ok());
    let contents = files::note(desired.project, &contents.unwrap_or_default(), None);
    let (mut now, before) = (Value::Object(now), Value::Object(before));
    as_recorded(&mut now, &before, sides.request.key);
    let same = same_image && contents == desired.files && now == before;
    same && containers.any(|it| it.record.is_some() && it.started_at.is_some())
}
