//! What of a service no container shows: it is known from the record of the last apply alone, and where the file says
//! something else now, it is put on record. Hooks, order and policies take effect when something starts, stops or goes.

use serde_json::{Map, Value};

use super::planner::Planner;
use super::{Action, Change, PlacedChange, Reason, drift, pre_start};
use crate::diff;
use crate::model::{Address, Key, Service, ServiceName};
use crate::state::applied::{hidden, is_hidden};

/// These, and no more: what containers show is compared with them, and the times of [`crate::model::Gate`] have defaults
/// that are a release's own.
const FIELDS: [&str; 7] = ["depends_on", "hooks", "ignore_changes", "job", "rollback", "update", "urls"];

/// Adds a change for each service of which the record says something else.
pub(super) fn plan(p: &mut Planner) {
    let planned: Vec<_> = p.planned.iter().map(|(name, service)| (*name, *service)).collect();
    for (name, service) in planned {
        let changes = changes(p, name, service);
        if changes.is_empty() {
            continue;
        }
        let address = Address::Service(name.clone());
        let mut change = Change::new(address.clone(), name, Action::Record);
        change.place = p.place(&address, "");
        change.reasons.push(Reason::Changed(changes));
        p.changes.push(change);
    }
}

fn changes(p: &Planner, name: &ServiceName, service: &Service) -> Vec<PlacedChange> {
    // A record of an earlier release may know fewer fields: read and written again, it has their defaults.
    let recorded = drift::recorded(p, name, &[]).and_then(|service| serde_json::from_value(service.clone()).ok());
    let Some(recorded): Option<Service> = recorded else { return Vec::new() };
    let before = fields(&recorded);
    let mut now = fields(service);
    as_recorded(&mut now, &before, p.request.key);
    let changes = diff::fields(&before, &now).into_iter();
    // A new hook before the start is run: that shows.
    let changes = changes.filter(|change| change.path != "hooks.pre_start" || !pre_start::is_new(p, name, service));
    let placed = changes.map(|mut change| {
        change.path = change.path.trim_start_matches("hooks.").to_owned();
        drift::asked(p, name, change)
    });
    placed.map(|placed| PlacedChange { forces: false, ..placed }).collect()
}

fn fields(service: &Service) -> Value {
    let value = serde_json::to_value(service).expect("a model of plain data has a JSON form");
    let Value::Object(all) = value else { return Value::Null };
    all.into_iter().filter(|(field, _)| FIELDS.contains(&field.as_str())).collect::<Map<_, _>>().into()
}

/// Hides what the record hides of the same value, so that the two can be compared.
pub(super) fn as_recorded(now: &mut Value, recorded: &Value, key: &Key) {
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
