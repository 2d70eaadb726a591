//! Where events go.

use std::time::Duration;

use super::json::Json;
use super::live::Live;
use super::plain::Plain;
use crate::event::{Event, Verdict};
use crate::plan::Plan;
use crate::report::shell;
use crate::report::status::Row;
use crate::report::style::live;
use crate::report::{Form, Printed, Shell, Style};

/// A report of a running plan. Whoever runs the plan tells the time, so that a sink needs no clock.
pub trait Sink: Send {
    /// Something happened, so long after the beginning.
    fn event(&mut self, at: Duration, event: &Event);

    /// Time passed.
    fn tick(&mut self, at: Duration);

    /// How often [`Sink::tick`] is worth calling; never by default.
    fn pace(&self) -> Option<Duration> {
        None
    }

    /// The last line about the run.
    fn finish(&mut self, at: Duration, verdict: Verdict);

    /// The table at the end, from a fresh look at `now`.
    fn services(&mut self, rows: &[Row], now: jiff::Timestamp);
}

/// How much of a run is told in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// What went wrong.
    Failures,
    /// That, and the steps that people know by name.
    Steps,
    /// Every step.
    All,
}

/// Where texts are printed.
pub type Out = Box<dyn FnMut(Printed) + Send>;

/// The sink for this process: live lines on a terminal, plain lines elsewhere, JSON lines if asked for. Messages go
/// to standard error, the table and JSON to standard output, where nothing is left out.
pub fn sink(plan: &Plan, form: Form, shell: &Shell) -> Box<dyn Sink> {
    let talk = shell.talk();
    let stream = shell.results();
    let results: Out = Box::new(move |text| stream.print(text));
    match form {
        Form::Json => Box::new(Json::new(plan, results)),
        Form::Human if live() && talk != Talk::Failures => Box::new(Live::of_process(plan, results)),
        Form::Human | Form::Plain => {
            Box::new(Plain::new(plan, talk, Box::new(shell::complain), results, Style::of_stdout(form)))
        }
    }
}
