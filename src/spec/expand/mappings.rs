//! Maps that may be written as lists of `KEY=VALUE`.

use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Map, Node, Value};

/// Labels and options: a key without value has the empty one.
pub fn labels(node: &mut Node, said: &mut Vec<Diagnostic>) {
    from_list(node, said, || Value::from(""));
}

/// Variables: a key without value takes it from the environment.
pub fn variables(node: &mut Node, said: &mut Vec<Diagnostic>) {
    from_list(node, said, || Value::Null);
}

fn from_list(node: &mut Node, said: &mut Vec<Diagnostic>, alone: fn() -> Value) {
    let Value::List(list) = &mut node.value else { return };
    let mut map = Map::with_capacity(list.len());
    for item in std::mem::take(list) {
        let Value::Text(text) = item.value else {
            let message = format!("expected `KEY=VALUE`, found {}", item.kind());
            said.push(Diagnostic::error(code::WRONG_TYPE, message).at(item.place, "").help("quote it, or write a map"));
            continue;
        };
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Value::from(value)),
            None => (text.as_str(), alone()),
        };
        if key.is_empty() {
            let message = "a key is missing before the `=`";
            said.push(Diagnostic::error(code::WRONG_VALUE, message).at(item.place, ""));
            continue;
        }
        map.insert(Key::new(key, item.place.clone()), Node::new(item.place, value));
    }
    node.value = Value::from(map);
}
