//! A message about the user's input: severity, code, text, places, help. Plain data; `report` draws it.

use crate::place::Place;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is done; exit code 4.
    Error,
    /// Legal, but surely not meant. An error under `--strict`.
    Warning,
}

/// A code with its title and its long form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Such as `DS0101`. Stable: one for each kind of mistake.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means, why it is so, and how to mend it; for `dsenv explain`.
    pub text: &'static str,
}

/// A module's table of codes: a constant for each, and all of them as `ALL`.
macro_rules! codes {
    ($($name:ident $code:literal $title:literal $text:literal)*) => {
        $(#[doc = $title] pub const $name: &str = $code;)*

        /// Every code with its title and its long form, in order.
        pub const ALL: &[$crate::diagnostic::Code] =
            &[$($crate::diagnostic::Code { code: $code, title: $title, text: $text },)*];
    };
}
pub(crate) use codes;

/// One message for one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable code such as `DS0103`, listed in [`crate::spec`]'s table of codes.
    pub code: &'static str,
    /// Lowercase, no full stop; names the thing and what was expected.
    pub message: String,
    /// The text at fault. `None` where no text is (a missing file, a variable from outside).
    pub place: Option<Place>,
    /// A few words under the caret; may be empty.
    pub label: String,
    /// Other places that matter, each with a few words ("first defined here").
    pub related: Vec<(Place, String)>,
    /// What to do next, one sentence each ("did you mean `image`?").
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error without places; add them with [`Self::at`] and [`Self::help`].
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning without places.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            severity,
            code,
            message: short(message),
            place: None,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Points at the text, with a few words under the caret.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.place = Some(place);
        self.label = short(label.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, short(label.into())));
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(short(help.into()));
        self
    }
}

/// Longest message, label or help, in bytes: texts of the user stand in them.
const LONGEST: usize = 1_000;

fn short(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}
