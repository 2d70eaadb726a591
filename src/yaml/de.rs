//! Typed values from nodes, with the node's place on every mistake.
//!
//! A derived type stops at its first mistake. So [`read`] takes away the node at fault and reads again until it holds:
//! one run tells all. Unknown keys do not even stop it.

mod maps;
mod mistake;
mod reader;
mod variant;

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use self::mistake::Mistake;
use self::reader::Reader;
use super::{Fault, FaultKind, Node, Path, Step, Value};

/// Most mistakes of one value that are looked for: each costs a reading of the whole.
const MOST: usize = 64;

/// Reads a typed value. Mistakes are added to `faults`, and what they stand on is taken out of the tree; `None` when
/// nothing is left to read.
pub fn read<T: DeserializeOwned>(node: &mut Node, faults: &mut Vec<Fault>) -> Option<T> {
    let mut removed: Vec<Path> = Vec::new();
    loop {
        let unknown = RefCell::new(Vec::new());
        let result = T::deserialize(Reader { node, unknown: &unknown, is_field: false });
        match result {
            Ok(value) => {
                faults.append(&mut unknown.into_inner());
                return Some(value);
            }
            Err(Mistake(mut fault)) => {
                fault.path.0.reverse();
                let went_on = removed.len() < MOST && remove(node, &fault.path);
                // A key that is missing because its value was wrong is no second mistake.
                let parent = |path: &Path| path.0.split_last().is_some_and(|(_, parent)| parent == fault.path.0);
                let follows = fault.kind == FaultKind::MissingKey && removed.iter().any(parent);
                removed.push(fault.path.clone());
                if !follows {
                    faults.push(*fault);
                }
                if !went_on {
                    faults.append(&mut unknown.into_inner());
                    return None;
                }
            }
        }
    }
}

fn remove(node: &mut Node, path: &Path) -> bool {
    let Some((last, way)) = path.0.split_last() else { return false };
    let parent = way.iter().try_fold(node, |node, step| match (step, &mut node.value) {
        (Step::Key(key), Value::Map(map)) => map.get_mut(key.as_str()),
        (Step::Index(index), Value::List(list)) => list.get_mut(*index),
        _ => None,
    });
    match (last, parent.map(|parent| &mut parent.value)) {
        (Step::Key(key), Some(Value::Map(map))) => map.shift_remove(key.as_str()).is_some(),
        (Step::Index(index), Some(Value::List(list))) if *index < list.len() => {
            list.remove(*index);
            true
        }
        _ => false,
    }
}
