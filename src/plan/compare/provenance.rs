//! Where a difference comes from: what the last apply recorded, what the file says, what is live. Where the file still
//! says what was recorded, a difference was made by an external actor.

use serde_json::Value;

use super::sides::Sides;
use crate::diff::FieldChange;
use crate::model::{Address, Key, ServiceName};
use crate::plan::vocabulary::{PlacedChange, Reason};
use crate::state::applied::{hidden, is_hidden};

/// What the last apply recorded at this path below a service.
pub fn recorded<'a>(sides: &Sides<'a>, service: &ServiceName, path: &[&str]) -> Option<&'a Value> {
    let project = &sides.request.observed.records.last()?.project;
    let mut value = project.get("services")?.get(service.as_str())?;
    for key in path {
        value = value.get(key).unwrap_or(&Value::Null);
    }
    Some(value)
}

/// What is told of a resource that is missing although the last apply left it.
pub fn removed(sides: &Sides, path: &[&str]) -> Option<String> {
    let mut value = &sides.request.observed.records.last()?.project;
    for key in path {
        value = value.get(key)?;
    }
    Some("changed by hand: removed since the last apply".to_owned())
}

/// The same of a container.
pub fn removed_container(sides: &Sides, service: &ServiceName, number: u32) -> Option<String> {
    let scale = recorded(sides, service, &["scale"])?.as_u64()?;
    (u64::from(number) <= scale).then(|| removed(sides, &["services", service.as_str()])).flatten()
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
