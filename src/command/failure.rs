//! How a verb ends.

use crate::diagnostic::Diagnostic;

/// A verb that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done; for `plan`: nothing to change, or nobody asked for the difference in the exit code.
    Done,
    /// There are changes, and the exit code is to say so.
    Changes,
    /// A command in a container ended with this code.
    Exit(u8),
}

/// What kind of failure it was; each kind has its exit code in `cli::exit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An internal error, or the engine could not be reached or refused.
    Error,
    /// Some steps were done and some failed.
    Partial,
    /// The spec or the command line is invalid; nothing was done.
    Invalid,
    /// The saved plan no longer fits.
    StalePlan,
    /// Someone else holds the lock.
    Locked,
    /// Protected data, or a confirmation is missing.
    Refused,
    /// A time limit passed.
    Deadline,
    /// A step failed and what it replaced was put back.
    RolledBack,
    /// A signal.
    Interrupted,
}

/// Why a verb did not do what it was asked, in a form that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: Kind,
    /// Lowercase, no full stop; empty when the diagnostics say it all.
    pub message: String,
    /// What to do next, one sentence each.
    pub hints: Vec<String>,
    /// Mistakes in the spec, each with its place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// A failure with a message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The spec has mistakes.
    pub fn invalid(diagnostics: Vec<Diagnostic>) -> Self {
        Self { kind: Kind::Invalid, message: String::new(), hints: Vec::new(), diagnostics }
    }
}
