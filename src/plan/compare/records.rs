//! What of a service no container shows: it is known from the record of the last apply alone, and where the file says
//! something else now, it is put on record. Hooks, order and policies take effect when something starts, stops or goes.

use serde_json::{Map, Value};

use super::pre_start;
use super::provenance::{self, as_recorded};
use super::sides::Sides;
use crate::diff;
use crate::model::{Service, ServiceName};
use crate::plan::vocabulary::PlacedChange;
use crate::state::AppliedService;

/// These, and no more: what containers show is compared with them, and the times of [`crate::model::Gate`] have defaults
/// that are a release's own.
const FIELDS: [&str; 7] = ["depends_on", "hooks", "ignore_changes", "job", "rollback", "update", "urls"];

/// What the record says of a service and the file says otherwise.
pub fn changes(sides: &Sides, name: &ServiceName, service: &Service) -> Vec<PlacedChange> {
    // A record of an earlier release may know fewer fields: read and written again, it has their defaults.
    let recorded = provenance::service(sides, name).and_then(AppliedService::read);
    let Some(recorded): Option<Service> = recorded else { return Vec::new() };
    let before = fields(&recorded);
    let mut now = fields(service);
    as_recorded(&mut now, &before, sides.request.key);
    let changes = diff::fields(&before, &now).into_iter();
    // A new hook before the start is run: that shows.
    let changes = changes.filter(|change| change.path != "hooks.pre_start" || !pre_start::is_new(sides, name, service));
    let placed = changes.map(|mut change| {
        change.path = change.path.trim_start_matches("hooks.").to_owned();
        provenance::asked(sides, name, change)
    });
    placed.map(|placed| PlacedChange { forces: false, ..placed }).collect()
}

fn fields(service: &Service) -> Value {
    let value = serde_json::to_value(service).expect("a model of plain data has a JSON form");
    let Value::Object(all) = value else { return Value::Null };
    all.into_iter().filter(|(field, _)| FIELDS.contains(&field.as_str())).collect::<Map<_, _>>().into()
}
