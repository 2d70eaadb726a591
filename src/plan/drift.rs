//! Three ways: what the last apply recorded, what the file says, what is live. Where the file still says what was
//! recorded, a difference was made by hand.

use serde_json::Value;

use super::planner::Planner;
use super::{PlacedChange, Reason};
use crate::diff::FieldChange;
use crate::model::{Address, Service, ServiceName};

/// What the last apply recorded at this path below a service.
pub(super) fn recorded<'a>(p: &Planner<'a>, service: &ServiceName, path: &[&str]) -> Option<&'a Value> {
    let project = &p.request.observed.records.last()?.project;
    let mut value = project.get("services")?.get(service.as_str())?;
    for key in path {
        value = value.get(key).unwrap_or(&Value::Null);
    }
    Some(value)
}

/// A change made by the file, with the text that asks for it.
pub(super) fn asked(p: &Planner, service: &ServiceName, change: FieldChange) -> PlacedChange {
    let place = p.request.origins.find(&Address::Service(service.clone()), &change.path).cloned();
    PlacedChange { change, place, drift: false }
}

/// A difference of the live world, made by a hand if the recorded value is still the one that the file asks for.
pub(super) fn live(
    p: &Planner,
    service: &ServiceName,
    change: FieldChange,
    recorded: Option<&Value>,
    desired: &Value,
) -> PlacedChange {
    let drift = recorded.is_some_and(|recorded| recorded == desired);
    PlacedChange { drift, ..asked(p, service, change) }
}

/// Whether the user wants this field left alone.
pub(super) fn ignored(service: &Service, path: &str) -> bool {
    service.ignore_changes.iter().any(|ignored| {
        path.strip_prefix(ignored.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// Field changes as one reason, if there are any.
pub(super) fn changed(changes: Vec<PlacedChange>) -> Option<Reason> {
    (!changes.is_empty()).then_some(Reason::Changed(changes))
}
