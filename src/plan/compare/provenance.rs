//! Where a difference comes from: what the last apply recorded, what the file says, what is live. Where the file still
//! says what was recorded, a difference was made by an external actor.

use serde_json::Value;

use super::sides::Sides;
use crate::diff::FieldChange;
use crate::model::{Address, Key, ServiceName};
use crate::plan::vocabulary::{PlacedChange, Reason};
use crate::state::applied::{hidden, is_hidden};
use crate::state::{AppliedProject, AppliedService};

/// What the last apply recorded of a service.
pub fn service<'a>(sides: &Sides<'a>, service: &ServiceName) -> Option<&'a AppliedService> {
    sides.request.observed.records.last()?.project.services.get(service)
}

/// The same at this path.
pub fn recorded<'a>(sides: &Sides<'a>, name: &ServiceName, path: &[&str]) -> Option<&'a Value> {
    Some(service(sides, name)?.field(path))
}

/// What is told of a network or volume that is missing although the last apply left it.
pub fn removed(sides: &Sides, is_recorded: impl Fn(&AppliedProject) -> bool) -> Option<String> {
    let is_recorded = is_recorded(&sides.request.observed.records.last()?.project);
    is_recorded.then(|| "changed by hand: removed since the last apply".to_owned())
}

/// The same of a container.
pub fn removed_container(sides: &Sides, name: &ServiceName, number: u32) -> Option<String> {
    let is_counted = |service: &AppliedService| service.scale().is_some_and(|scale| u64::from(number) <= scale);
    removed(sides, |project| project.services.get(name).is_some_and(is_counted))
}

/// A change made by the file of what is settled at creation, with the text that asks for it.
pub fn asked(sides: &Sides, service: &ServiceName, change: FieldChange) -> PlacedChange {
    sides.forced(&Address::Service(service.clone()), change)
}

/// A difference of the live world, which is mended in place; made by an external actor if the recorded value is still the one
/// that the file asks for.
pub fn live(
    sides: &Sides,
    service: &ServiceName,
    change: FieldChange,
    recorded: Option<&Value>,
    desired: &Value,
) -> PlacedChange {
    let drift = recorded.is_some_and(|recorded| recorded == desired);
    PlacedChange { drift, forces: false, ..asked(sides, service, change) }
}

/// Field changes as one reason, if there are any.
pub fn changed(changes: Vec<PlacedChange>) -> Option<Reason> {
    (!changes.is_empty()).then_some(Reason::Changed(changes))
}

/// Hides what the record hides of the same value, so that the two can be compared.
pub fn as_recorded(now: &mut Value, recorded: &Value, key: &Key) {
    match (now, recorded) {
        (Value::String(now), Value::String(recorded)) if is_hidden(recorded) && hidden(now, key) == *recorded => {
            now.clone_from(recorded);
        }
        (Value::Object(now), Value::Object(recorded)) => {
            for (field, now) in now {
                if let Some(recorded) = recorded.get(field) {
                    as_recorded(now, recorded, key);
                }
            }
        }
        (Value::Array(now), Value::Array(recorded)) => {
            now.iter_mut().zip(recorded).for_each(|(now, recorded)| as_recorded(now, recorded, key));
        }
        _ => {}
    }
}
