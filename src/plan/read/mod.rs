//! What is read from a finished plan: its text, its JSON, what it costs, which part of it can be done first, and what has
//! made a saved one stale.
//!
//! A [`Plan`](super::Plan) goes in, with the look that it was made from where more is to be told. Text, JSON and plain
//! data come out. Nothing here changes a plan or decides anything.

mod contents;
mod created;
pub mod impact;
mod json;
mod part;
mod snapshot;
mod staleness;
mod text;

pub use contents::{ChangedConfig, Contents, changed_configs, secrets};
pub use json::{FORMAT, Frame, drift_json, json};
pub use part::Part;
pub use snapshot::{ObjectSnapshot, snapshot};
pub use staleness::{Basis, Stale, snapshot_json, staleness};
pub use text::text;
