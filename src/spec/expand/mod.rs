//! From short forms to long ones, on the tree. An expanded node keeps the place of the short text.

mod command;
mod grants;
mod hosts;
mod lists;
mod mappings;
mod mounts;
mod objects;
mod ports;
mod words;

pub use command::{command, health_test};
pub use grants::{device, env_file, extends, grant, requests, ulimit};
pub use hosts::hosts;
pub use lists::{depends_on, names, one_or_many};
pub use mappings::{labels, variables};
pub use mounts::{clean, mount};
pub use objects::{build, empty_is_nothing, external, or_empty};
pub use ports::ports;

use super::rule::{Below, Rule};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::{Key, Map, Node, Tag, Value};

/// Expands everything in a tree. In a raw one, whose variables are not replaced, what they hide stays as it is.
pub fn tree(node: &mut Node, rule: &Rule, raw: bool, said: &mut Vec<Diagnostic>) {
    if let Some(expand) = rule.expand
        && !(raw && rule.has_grammar && has_variable(node))
    {
        expand(node, said);
    }
    match (rule.below, &mut node.value) {
        (Below::Nothing, _) => {}
        (Below::Keys(_), Value::Map(map)) => {
            let mut absent = Vec::new();
            for (key, value) in map.iter_mut() {
                let rule = rule.at(&key.text);
                tree(value, rule, raw, said);
                if rule.nothing_is_absent && value.is_null() && value.tag == Tag::None {
                    absent.push(key.text.clone());
                }
            }
            for key in absent {
                map.shift_remove(key.as_str());
            }
        }
        (Below::Each(rule), Value::Map(map)) => map.values_mut().for_each(|value| tree(value, rule, raw, said)),
        (Below::Each(rule), Value::List(list)) => {
            list.iter_mut().for_each(|item| tree(item, rule, raw, said));
            // An item that has no long form was told; it is nothing now.
            list.retain(|item| !(item.is_null() && rule.expand.is_some()));
        }
        _ => {}
    }
}

fn has_variable(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.contains('$'),
        Value::List(list) => list.iter().any(has_variable),
        Value::Map(map) => map.values().any(has_variable),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => false,
    }
}

/// A map at the place of its short form.
fn map_at<const N: usize>(place: &Place, entries: [(&str, Option<Value>); N]) -> Map {
    let entries = entries.into_iter().filter_map(|(key, value)| Some((key, value?)));
    entries.map(|(key, value)| (Key::new(key, place.clone()), Node::new(place.clone(), value))).collect()
}

/// A text, if there is one.
fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::from(text))
}

/// Puts a key into a map unless it is there.
fn default(map: &mut Map, key: &str, place: &Place, value: impl Into<Value>) {
    if !map.contains_key(key) {
        map.insert(Key::new(key, place.clone()), Node::new(place.clone(), value));
    }
}
