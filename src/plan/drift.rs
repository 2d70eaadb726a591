//! Three ways: what the last apply recorded, what the file says, what is live. Where the file still says what was
//! recorded, a difference was made by hand.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::planner::Planner;
use super::{PlacedChange, Reason};
use crate::diff::FieldChange;
use crate::model::{Address, Service, ServiceName, Tunable};

/// What the last apply recorded at this path below a service.
pub(super) fn recorded<'a>(p: &Planner<'a>, service: &ServiceName, path: &[&str]) -> Option<&'a Value> {
    let project = &p.request.observed.records.last()?.project;
    let mut value = project.get("services")?.get(service.as_str())?;
    for key in path {
        value = value.get(key).unwrap_or(&Value::Null);
    }
    Some(value)
}

/// What is told of a resource that is missing although the last apply left it.
pub(super) fn removed(p: &Planner, path: &[&str]) -> Option<String> {
    let mut value = &p.request.observed.records.last()?.project;
    for key in path {
        value = value.get(key)?;
    }
    Some("changed by hand: removed since the last apply".to_owned())
}

/// The same of a container.
pub(super) fn removed_container(p: &Planner, service: &ServiceName, number: u32) -> Option<String> {
    let scale = recorded(p, service, &["scale"])?.as_u64()?;
    (u64::from(number) <= scale).then(|| removed(p, &["services", service.as_str()])).flatten()
}

/// A change made by the file of what is settled at birth, with the text that asks for it.
pub(super) fn asked(p: &Planner, service: &ServiceName, change: FieldChange) -> PlacedChange {
    let place = p.request.origins.find(&Address::Service(service.clone()), &change.path).cloned();
    PlacedChange { change, place, drift: false, forces: true }
}

/// A difference of the live world, which is mended in place; made by a hand if the recorded value is still the one
/// that the file asks for.
pub(super) fn live(
    p: &Planner,
    service: &ServiceName,
    change: FieldChange,
    recorded: Option<&Value>,
    desired: &Value,
) -> PlacedChange {
    let drift = recorded.is_some_and(|recorded| recorded == desired);
    PlacedChange { drift, forces: false, ..asked(p, service, change) }
}

/// Whether the user wants this field left alone.
pub(super) fn ignored(service: &Service, path: &str) -> bool {
    // A limit of swap that the file does not set follows the memory.
    let follows = path == "memory_swap" && service.tunable.memory_swap.is_none();
    covers(&service.ignore_changes, path) || follows && ignored(service, "memory")
}

/// Whether one of these names a field or what it is a part of.
pub(super) fn covers(paths: &BTreeSet<String>, field: &str) -> bool {
    paths.iter().any(|path| {
        field.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The limits that an update sets: those to be left alone as they are.
pub(super) fn left_alone(service: &Service, wanted: &Tunable, live: &Tunable) -> Tunable {
    if service.ignore_changes.is_empty() {
        return wanted.clone();
    }
    let fields = |tunable: &Tunable| match serde_json::to_value(tunable) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let kept = |(field, _): &(String, Value)| ignored(service, field);
    let mut set: Map<_, _> = fields(wanted).into_iter().filter(|field| !kept(field)).collect();
    set.extend(fields(live).into_iter().filter(kept));
    serde_json::from_value(set.into()).expect("what a model of plain data wrote can be read")
}

/// Field changes as one reason, if there are any.
pub(super) fn changed(changes: Vec<PlacedChange>) -> Option<Reason> {
    (!changes.is_empty()).then_some(Reason::Changed(changes))
}
