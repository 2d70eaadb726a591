//! A mistake in a text or a value.

use crate::place::Place;

use super::{Path, Step};

/// A mistake in a text or a value. Plain data; `spec` makes diagnostics of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What kind of mistake it is.
    pub kind: FaultKind,
    /// Lowercase, no full stop.
    pub message: String,
    /// Where it is.
    pub place: Option<Place>,
    /// Another place that matters, with a few words.
    pub related: Option<(Place, &'static str)>,
    /// What to do next; may be empty.
    pub help: String,
    /// The way to the value, for one found while reading types.
    pub path: Path,
}

/// What kind of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Not YAML.
    Syntax,
    /// More values, aliases or nesting than any spec has.
    TooMuch,
    /// A key twice in one map.
    DuplicateKey,
    /// A key that is no text.
    KeyNotText,
    /// An alias of nothing, of itself, or a merge key of no map.
    Alias,
    /// A key that is not known here.
    UnknownKey,
    /// A value of the wrong kind.
    WrongType,
    /// A value of the right kind that says nothing sensible.
    WrongValue,
    /// A key that must be there and is not.
    MissingKey,
}

impl Fault {
    /// A mistake at a place.
    pub fn new(kind: FaultKind, message: impl Into<String>, place: Place) -> Self {
        Self::somewhere(kind, message).at(&place)
    }

    pub(super) fn somewhere(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, related: None, help: String::new(), path: Path::default() }
    }

    /// Sets the place unless it is known already.
    #[must_use]
    pub(super) fn at(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The way to the value goes through this step first.
    #[must_use]
    pub(super) fn through(mut self, step: Step) -> Self {
        // In the order of return, the innermost step first; turned round once by `de::read`.
        self.path.0.push(step);
        self
    }
}
