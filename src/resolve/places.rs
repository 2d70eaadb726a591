//! Where the keys of the spec stand.

use crate::place::Place;
use crate::yaml::{Node, Value};

/// Where the keys of the spec stand. A step is a key, or a number in a list.
#[derive(Clone, Copy)]
pub(super) struct Places<'a>(pub &'a Node);

impl<'a> Places<'a> {
    /// The place of a value, or of the nearest thing around it; of a map, that of its own key.
    pub fn nearest(self, path: &[&str]) -> Place {
        let mut place = &self.0.place;
        let mut node = self.0;
        for step in path {
            let child = match &node.value {
                Value::Map(map) => map.get_key_value(*step).map(|(key, child)| (&key.place, child)),
                Value::List(list) => {
                    step.parse::<usize>().ok().and_then(|at| list.get(at)).map(|child| (&child.place, child))
                }
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => None,
            };
            let Some((key, child)) = child else { break };
            place = own(key, child);
            node = child;
        }
        place.clone()
    }

    /// A value by its path.
    pub fn get(self, path: &[&str]) -> Option<&'a Node> {
        path.iter().try_fold(self.0, |node, step| node.get(step))
    }
}

/// Where to point for a value: at its text, or at the key of a map or list.
pub(super) fn own<'a>(key: &'a Place, value: &'a Node) -> &'a Place {
    match value.value {
        Value::Map(_) | Value::List(_) | Value::Null => key,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => &value.place,
    }
}
