//! Running a plan. Nothing is decided here: the plan holds every step, the ways back included.

mod explain;
#[cfg(test)]
mod fixture;
mod lane;
mod outcome;
mod queue;
mod resolve;
mod run;

pub use explain::explain;
pub use lane::{Caps, Lane};
pub use outcome::{Cause, Outcome, Stop};
pub use queue::{Blocked, Queue, State};
pub use run::{Options, Signal, Sink, run};
