//! The variables that a spec names.

use std::collections::BTreeMap;

use super::template::{Form, Piece, pieces};
use crate::yaml::{Node, Value};

/// How a spec uses a variable; the last use that says something counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// It must be set.
    pub required: bool,
    /// What stands for it when it is not set.
    pub default: String,
    /// What stands for it when it is set.
    pub alternate: String,
}

/// The variables that the values of a raw tree name.
pub fn of(tree: &Node) -> BTreeMap<String, Use> {
    let mut found = BTreeMap::new();
    walk(tree, &mut found);
    found
}

fn walk(node: &Node, found: &mut BTreeMap<String, Use>) {
    match &node.value {
        Value::Text(text) => add(text, found, 0),
        Value::List(list) => list.iter().for_each(|item| walk(item, found)),
        Value::Map(map) => map.values().for_each(|value| walk(value, found)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}

fn add(text: &str, found: &mut BTreeMap<String, Use>, depth: usize) {
    // A text that is no template is told when it is filled.
    if pieces(text).any(|piece| piece.is_err()) {
        return;
    }
    for piece in pieces(text) {
        let Ok(Piece::Variable(variable)) = piece else { continue };
        let known = found.entry(variable.name.to_owned()).or_default();
        let nested = match variable.form {
            Form::Plain => continue,
            Form::Required { message, .. } => {
                known.required = true;
                message
            }
            Form::Default { text, .. } => {
                text.clone_into(&mut known.default);
                text
            }
            Form::Alternate { text, .. } => {
                text.clone_into(&mut known.alternate);
                text
            }
        };
        if depth < 32 {
            add(nested, found, depth + 1);
        }
    }
}
