//! `dsenv watch`: keep the running environment equal to the files, and equal to the spec when something breaks it.
//!
//! What is to be done is decided by [`crate::reconcile`]. Here are the verb's arguments (`verb`), the runner that tells
//! the state machine what happens and does what it asks for (`runner`, `tasks`), and what a person sees (`view`, `keys`).

mod keys;
mod runner;
#[cfg(test)]
mod simulation;
mod tasks;
mod verb;
mod view;

pub use verb::{Args, Auto, Flags, run, watch};
