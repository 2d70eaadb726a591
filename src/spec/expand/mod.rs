//! From short forms to long ones, on the tree. An expanded node keeps the place of the short text.

mod command;
mod grants;
mod hosts;
mod lists;
mod mappings;
mod mounts;
mod objects;
mod ports;
mod short;
mod words;

pub use mounts::clean;
pub use short::Short;

use std::collections::HashMap;

use super::code;
use super::rule::{Below, Merge, Rule, Scalar};
use super::told::Told;
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::{Key, Map, Node, Tag, Value};

/// Most ports that ranges may stand for in one spec.
pub const MOST_PORTS: usize = 30_000;

/// What was said so far, and how much ranges may still grow to.
pub struct Said<'a> {
    /// Mistakes and warnings.
    pub list: &'a mut Told,
    /// Ports that ranges may still stand for.
    pub ports: &'a mut usize,
}

impl Said<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }
}

/// Expands everything in a tree. In a raw one, whose variables are not replaced, what they hide stays as it is.
pub fn tree(node: &mut Node, rule: &Rule, raw: bool, said: &mut Said<'_>) {
    if rule.distinct {
        twice(node, said);
    }
    if let Some(short) = rule.short
        && !(raw && rule.has_grammar && has_variable(node))
    {
        short.expand(node, said);
    }
    if !raw {
        scalar(node, rule.scalar, said);
    }
    if let (Merge::Keyed(_), Value::List(list)) = (rule.merge, &mut node.value) {
        nothings(list, said);
    }
    match (rule.below, &mut node.value) {
        (Below::Nothing, _) => {}
        (Below::Keys(_), Value::Map(map)) => {
            for (key, value) in map.iter_mut() {
                tree(value, rule.at(&key.text), raw, said);
            }
        }
        (Below::Each(rule), Value::Map(map)) => map.values_mut().for_each(|value| tree(value, rule, raw, said)),
        (Below::Each(rule), Value::List(list)) => {
            list.iter_mut().for_each(|item| tree(item, rule, raw, said));
            // An item that has no long form was told; it is nothing now.
            list.retain(|item| !(item.is_null() && rule.short.is_some()));
        }
        _ => {}
    }
}

/// Tells a scalar that the key does not take though its type would.
fn scalar(node: &Node, takes: Scalar, said: &mut Said<'_>) {
    let expected = match (takes, &node.value) {
        _ if node.tag != Tag::None => return,
        (Scalar::Any, _) | (_, Value::Text(_) | Value::List(_) | Value::Map(_)) => return,
        (Scalar::TextOrNumber | Scalar::NoTruth, Value::Int(_) | Value::Float(_)) => return,
        (Scalar::NoTruth, Value::Null) => return,
        (Scalar::Text, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_)) => "a text",
        (Scalar::TextOrNumber | Scalar::NoTruth, Value::Null | Value::Bool(_)) => "a text or a number",
    };
    let message = format!("expected {expected}, found {}", node.kind());
    let told = Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), "");
    said.push(told.help(format!("quote it: \"{}\"", node.place.text())));
}

/// Tells the items of a list that are nothing, and takes them out.
fn nothings(list: &mut Vec<Node>, said: &mut Said<'_>) {
    list.retain(|item| {
        let is_nothing = item.is_null() && item.tag == Tag::None;
        if is_nothing {
            let told = Diagnostic::error(code::WRONG_TYPE, "an item of this list is empty").at(item.place.clone(), "");
            said.push(told.help("write it, or remove its `-`"));
        }
        !is_nothing
    });
}

/// Tells what stands twice in a list; by then no other file has added to it.
fn twice(node: &Node, said: &mut Said<'_>) {
    let mut known: HashMap<&str, &Node> = HashMap::new();
    for item in node.as_list().unwrap_or_default() {
        let Some(text) = item.as_text() else { continue };
        if let Some(first) = known.insert(text, item) {
            said.push(
                Diagnostic::error(code::TWICE, format!("`{text}` stands twice in this list"))
                    .at(item.place.clone(), "")
                    .related(first.place.clone(), "first here")
                    .help("keep one of the two"),
            );
        }
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
