//! Maps that may be written as lists of `KEY=VALUE`.

use super::Said;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Map, Node, Tag, Value};

/// Labels and options: a key without value has the empty one.
pub fn labels(node: &mut Node, said: &mut Said<'_>) {
    from_list(node, said, || Some(Value::from("")));
    nameless(node, said);
}

/// Variables: a key without value takes it from the environment.
pub fn variables(node: &mut Node, said: &mut Said<'_>) {
    from_list(node, said, || Some(Value::Null));
    nameless(node, said);
}

/// Warns of a key that is empty, as one is whose variable is not set. No engine takes it, so it is left out.
fn nameless(node: &mut Node, said: &mut Said<'_>) {
    let Some((key, value)) = node.as_map_mut().and_then(|map| map.shift_remove_entry("")) else { return };
    if value.tag == Tag::None {
        let written = key.place.text();
        let message = format!("`{written}` has no name before its value; it is left out");
        said.push(Diagnostic::warning(code::NAME, message).at(key.place, "").help("write `NAME=VALUE`"));
    }
}

/// Contexts of a build: each has a place.
pub fn contexts(node: &mut Node, said: &mut Said<'_>) {
    from_list(node, said, || None);
}

fn from_list(node: &mut Node, said: &mut Said<'_>, alone: fn() -> Option<Value>) {
    if let Value::Text(text) = &node.value {
        let message = format!("expected a map or a list of `KEY=VALUE`, found the text `{text}`");
        let wrong = Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), "");
        let help = if text.contains('=') { format!("write `[\"{text}\"]`") } else { "write `{KEY: VALUE}`".to_owned() };
        said.push(wrong.help(help));
        node.value = Value::from(Map::new());
    }
    let Value::List(list) = &mut node.value else { return };
    let mut map = Map::with_capacity(list.len());
    for item in std::mem::take(list) {
        let Value::Text(text) = item.value else {
            let message = format!("expected a text such as `KEY=VALUE`, found {}", item.kind());
            let help = "write `- KEY=VALUE`, or a map: `KEY: VALUE`";
            said.push(Diagnostic::error(code::WRONG_TYPE, message).at(item.place, "").help(help));
            continue;
        };
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Value::from(value)),
            None => match alone() {
                Some(value) => (text.as_str(), value),
                None => {
                    let message = format!("`{text}` lacks its value");
                    let help = format!("write `{text}=…`");
                    said.push(Diagnostic::error(code::WRONG_VALUE, message).at(item.place, "").help(help));
                    continue;
                }
            },
        };
        if key.is_empty() && alone().is_none() {
            let message = "a name is missing before the `=`";
            said.push(Diagnostic::error(code::WRONG_VALUE, message).at(item.place, "").help("write `NAME=VALUE`"));
            continue;
        }
        map.insert(Key::new(key, item.place.clone()), Node::new(item.place, value));
    }
    node.value = Value::from(map);
}
