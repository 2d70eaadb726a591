//! Lists that may be written as one text, and maps that may be written as lists of names.

use super::Said;
use super::map_at;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Map, Node, Value};

/// A list that may be written as its only item.
pub fn one_or_many(node: &mut Node, _: &mut Said<'_>) {
    if matches!(node.value, Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)) {
        let only = Node { replaced: None, ..node.clone() };
        node.value = Value::List(vec![only]);
    }
}

/// `dns`: one or many, without those that a variable left empty.
pub fn servers(node: &mut Node, said: &mut Said<'_>) {
    one_or_many(node, said);
    if let Value::List(list) = &mut node.value {
        list.retain(|item| item.as_text() != Some(""));
    }
}

/// A map that may be written as the list of its keys: `networks`, `models`.
pub fn names(node: &mut Node, said: &mut Said<'_>) {
    from_names(node, said, |_| Value::Null);
}

/// `depends_on`: the short form waits for the start.
pub fn depends_on(node: &mut Node, said: &mut Said<'_>) {
    from_names(node, said, |item| {
        Value::from(map_at(
            &item.place,
            [("condition", Some("service_started".into())), ("required", Some(true.into()))],
        ))
    });
    let Value::Map(map) = &mut node.value else { return };
    for value in map.values_mut() {
        let place = value.place.clone();
        if let Some(map) = value.as_map_mut() {
            super::default(map, "required", &place, true);
        }
    }
}

fn from_names(node: &mut Node, said: &mut Said<'_>, value: impl Fn(&Node) -> Value) {
    if let Value::Text(name) = &node.value {
        let message = format!("expected a list of names or a map, found the text `{name}`");
        let wrong = Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), "");
        said.push(wrong.help(format!("write `[{name}]`")));
        node.value = Value::from(Map::new());
    }
    let Value::List(list) = &node.value else { return };
    let mut map = Map::with_capacity(list.len());
    for item in list {
        match &item.value {
            Value::Text(name) => {
                map.insert(Key::new(name.as_str(), item.place.clone()), Node::new(item.place.clone(), value(item)));
            }
            _ => said.push(
                Diagnostic::error(code::WRONG_TYPE, format!("expected a name, found {}", item.kind()))
                    .at(item.place.clone(), ""),
            ),
        }
    }
    node.value = Value::from(map);
}
