//! What may be written to a terminal.

use std::fmt::{self, Display};
use std::ops::Deref;

use super::text::visible;
use crate::unseen::{escape, is_unseen};

/// Text that may be written to a terminal as it is: what others put into names, values and messages can draw nothing in
/// it. Any text becomes one, its unseen characters as escapes such as `\u001b`, but for newlines and tabs; the only
/// escape codes in it are those that [`super::Style::paint`] and the drawing of diagnostics add. So a report that
/// forgets about this shows too many escapes, never too few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed(String);

impl Printed {
    /// One piece of a line in a style of ours; here a newline is an escape, too.
    pub(super) fn painted(style: anstyle::Style, text: &str) -> Self {
        let text = visible(text);
        Self(if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") })
    }

    /// What was drawn from texts whose unseen characters were escaped before.
    pub(super) fn drawn(text: String) -> Self {
        Self(text)
    }

    /// Appends.
    pub fn append(&mut self, more: impl Into<Self>) {
        self.0 += &more.into().0;
    }

    /// Appends, as a piece of an expression.
    #[must_use]
    pub fn then(mut self, more: impl Into<Self>) -> Self {
        self.append(more);
        self
    }

    /// Takes the blanks at the end away, and ends the line.
    pub(super) fn end_line(&mut self) {
        self.0.truncate(self.0.trim_end_matches(' ').len());
        self.0.push('\n');
    }
}

impl From<String> for Printed {
    fn from(text: String) -> Self {
        let breaks = |c: char| is_unseen(c) && c != '\n' && c != '\t';
        if !text.contains(breaks) {
            return Self(text);
        }
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if breaks(c) { escape(c, &mut out) } else { out.push(c) }
        }
        Self(out)
    }
}

impl From<&str> for Printed {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Printed {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Self> for Printed {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl FromIterator<Self> for Printed {
    fn from_iter<T: IntoIterator<Item = Self>>(parts: T) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl Deref for Printed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for Printed {
    fn eq(&self, text: &&str) -> bool {
        self.0 == *text
    }
}

impl Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_styles_are_escape_codes() {
        let red = anstyle::AnsiColor::Red.on_default();
        let hostile = "a\u{1b}[31mb\u{9b}2J\u{202e}c\nd";
        assert_eq!(&*Printed::from(hostile), "a\\u001b[31mb\\u009b2J\\u202ec\nd");
        assert_eq!(&*Printed::painted(red, hostile), "\u{1b}[31ma\\u001b[31mb\\u009b2J\\u202ec\\nd\u{1b}[0m");
        assert_eq!(&*Printed::painted(red, "").then("\tx").then(Printed::painted(red, "y")), "\tx\u{1b}[31my\u{1b}[0m");
    }
}
