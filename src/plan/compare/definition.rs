//! How a network or a volume that is there differs from what the file says.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::ignore_changes;
use crate::diff::{self, FieldChange};
use crate::model::Key;
use crate::state::record::unveiled;

/// What differs from how it was created, without what the user wants left alone. One that another tool made has no
/// record. It is compared by what inspect shows, and only where the file says something: the rest is the engine's choice.
pub fn differences<T: Serialize>(
    record: Option<&T>,
    live: &T,
    desired: &T,
    left_alone: &BTreeSet<String>,
    key: &Key,
) -> Vec<FieldChange> {
    let json = |definition| serde_json::to_value(definition).expect("a model of plain data has a JSON form");
    let desired = json(desired);
    let mut changes = match record {
        Some(record) => diff::fields(&unveiled(json(record), &desired, key), &desired),
        None => said(diff::fields(&json(live), &desired), &desired),
    };
    changes.retain(|change| !ignore_changes::covers(left_alone, &change.path));
    changes
}

/// Those changes of which the file says something at the field, or takes back one of the plain switches.
fn said(changes: Vec<FieldChange>, desired: &Value) -> Vec<FieldChange> {
    let is_said = |change: &FieldChange| {
        let mut value = Some(desired);
        for key in change.path.split('.') {
            value = value.and_then(|value| value.get(key));
        }
        change.after.is_some() || value.is_some() || matches!(change.path.as_str(), "internal" | "attachable")
    };
    changes.into_iter().filter(is_said).collect()
}
