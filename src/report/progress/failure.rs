//! What is said of a failed step: at once, and all of it.

use std::time::Duration;

use super::cue::Cue;
use super::words;
use crate::diff::without_password;
use crate::event::Failure;
use crate::report::text::clean;

/// Lines of output that are shown.
const TAIL: usize = 20;

/// A line and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The head: which, and what.
    Head { address: String, rest: String },
    /// What a program printed.
    Quote(String),
    /// What to do next.
    Hint(String),
}

impl Line {
    /// Without colour.
    pub fn text(&self) -> String {
        match self {
            Self::Head { address, rest } => format!("{address}: {rest}"),
            Self::Quote(line) => format!("  | {line}").trim_end().to_owned(),
            Self::Hint(hint) => format!("  hint: {hint}"),
        }
    }
}

/// The failure, the last of its output, and its hints.
pub fn lines(cue: &Cue, took: Duration, failure: &Failure) -> Vec<Line> {
    let Failure { message, hints, output } = failure;
    let word = if cue.optional { "warning" } else { "failed" };
    let rest = format!("{word}: {} ({}, {})", clean(&without_password(message)), cue.doing, words::duration(took));
    let output = output.as_deref().unwrap_or_default();
    let optional = cue.optional.then(|| "what depends on it goes on without it (`required: false`)".to_owned());
    std::iter::once(Line::Head { address: cue.address.to_string(), rest })
        .chain(tail(output.lines()))
        .chain(optional.into_iter().chain(hints.iter().cloned()).map(Line::Hint))
        .collect()
}

/// The log of a container that failed.
pub fn log(cue: &Cue, lines: &[String]) -> Vec<Line> {
    let rest = if lines.is_empty() { "its log is empty" } else { "the end of its log" };
    std::iter::once(Line::Head { address: cue.address.to_string(), rest: rest.to_owned() })
        .chain(tail(lines.iter().map(String::as_str)))
        .collect()
}

fn tail<'a>(lines: impl DoubleEndedIterator<Item = &'a str>) -> Vec<Line> {
    let mut lines: Vec<_> = lines.rev().take(TAIL).map(|line| Line::Quote(clean(line))).collect();
    lines.reverse();
    lines
}
