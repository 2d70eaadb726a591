//! Edits of a file, and what the plan makes of them: nothing, a change in place, a replacement; each on the twin and on
//! the real engine, through the binary, with the ids of containers as the witness.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "edits/attributes.rs"]
mod attributes;
#[path = "edits/drift.rs"]
mod drift_on_the_real_engine;
#[path = "edits/lab.rs"]
mod lab;
#[path = "edits/none.rs"]
mod none;
