//! What happens, while it happens: one fold over the events (`story`), told in three forms.

mod cue;
mod failure;
mod json;
mod live;
mod plain;
mod sink;
mod story;
#[cfg(test)]
mod tests;
mod words;

pub use json::{Line, schema};
pub use sink::{Sink, Talk, sink};

/// Between two signs of life of one step.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(10);
