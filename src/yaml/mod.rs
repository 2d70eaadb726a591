//! Reading YAML: a tree whose nodes know their places, and a reader of typed values from it.
//!
//! What leaves this module is plain: aliases and merge keys are resolved, keys are texts, and every mistake is a
//! [`Fault`] with its place. It knows nothing of what a spec may say.

mod compose;
mod de;
mod events;
mod explain;
mod fault;
mod margin;
mod node;
mod offsets;
mod path;
mod print;
mod scalar;
mod write;

pub use de::read;
pub use fault::{Fault, FaultKind};
pub use node::{Key, Map, Node, Tag, Value};
pub use path::{Path, Step};
pub use print::print;
pub use write::to_json;

use std::sync::Arc;

use crate::place::Source;

/// Most keys and values in one text; a spec of 10,000 services with everything in them has a million.
pub const MOST_VALUES: usize = 1_200_000;
/// Most entries of one list or map.
pub const MOST_ENTRIES: usize = 100_000;
/// Most values that aliases may add beyond those in the text.
pub const MOST_ALIASED: usize = 100_000;
/// Most documents in one text.
pub const MOST_DOCUMENTS: usize = 1_000;
/// So many mistakes of one text are enough.
pub(crate) const MOST_FAULTS: usize = 1_000;
/// Deepest nesting.
pub const DEEPEST: usize = 100;

/// Reads every document of a text. `most` is how many entries the map below a top-level key may have. Mistakes are added
/// to `faults`; what could be read is returned.
pub fn parse(source: &Arc<Source>, most: fn(&str) -> usize, faults: &mut Vec<Fault>) -> Vec<Node> {
    match events::documents(source) {
        Ok(raw) => compose::documents(&raw, source, most, faults),
        Err(fault) => {
            faults.push(*fault);
            Vec::new()
        }
    }
}
