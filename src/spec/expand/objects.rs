//! `build`, and what is at the top level.

use super::Said;
use super::map_at;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Map, Node, Value};

/// `build`: a text is the context.
pub fn build(node: &mut Node, _: &mut Said<'_>) {
    if let Value::Text(context) = &node.value {
        node.value = Value::from(map_at(&node.place, [("context", Some(context.as_str().into()))]));
    }
}

/// A map that may be left empty: `volumes: {data: }`.
pub fn or_empty(node: &mut Node, _: &mut Said<'_>) {
    if node.is_null() {
        node.value = Value::from(Map::new());
    }
}

/// The old form `external: {name: …}` of networks, volumes, configs and secrets.
pub fn external(node: &mut Node, said: &mut Said<'_>) {
    or_empty(node, said);
    let Value::Map(map) = &mut node.value else { return };
    let Some(external) = map.get_mut("external") else { return };
    let Value::Map(old) = &mut external.value else { return };
    let name = old.shift_remove("name");
    for key in old.keys().filter(|key| !key.text.starts_with("x-")) {
        let told = Diagnostic::error(code::UNKNOWN_KEY, format!("unknown key `{}`", key.text));
        said.push(told.at(key.place.clone(), "").help("write `external: true`, and `name` beside it"));
    }
    external.value = Value::Bool(true);
    let Some(name) = name else { return };
    match map.get("name") {
        Some(known) if known.value != name.value => said.push(
            Diagnostic::error(code::DISAGREE, "`name` and `external.name` differ")
                .at(name.place, "")
                .related(known.place.clone(), "the other one")
                .help("keep `name`, and write `external: true`"),
        ),
        Some(_) => {}
        None => {
            map.insert(Key::new("name", name.place.clone()), name);
        }
    }
}
