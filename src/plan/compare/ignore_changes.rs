//! `ignore_changes`: fields that the user wants left alone, whatever they are.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Service, Tunable};

/// Whether the user wants this field left alone.
pub fn ignored(service: &Service, path: &str) -> bool {
    // A limit of swap that the file does not set follows the memory.
    let follows = path == "memory_swap" && service.tunable.memory_swap.is_none();
    covers(&service.ignore_changes, path) || follows && ignored(service, "memory")
}

/// Whether one of these names a field or what it is a part of.
pub fn covers(paths: &BTreeSet<String>, field: &str) -> bool {
    paths.iter().any(|path| {
        field.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The limits that an update sets: those to be left alone as they are.
pub fn left_alone(service: &Service, desired: &Tunable, live: &Tunable) -> Tunable {
    if service.ignore_changes.is_empty() {
        return desired.clone();
    }
    let fields = |tunable: &Tunable| match serde_json::to_value(tunable) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let kept = |(field, _): &(String, Value)| ignored(service, field);
    let mut set: Map<_, _> = fields(desired).into_iter().filter(|field| !kept(field)).collect();
    set.extend(fields(live).into_iter().filter(kept));
    serde_json::from_value(set.into()).expect("what a model of plain data wrote can be read")
}
