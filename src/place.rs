//! Where a piece of text stands: file, line, column, span. Plain data.

use std::fmt;
use std::sync::Arc;

/// A named text: a file of the user, standard input, or a variable's value.
///
/// The name is what messages print; the text is kept so that a message can show the line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The path as the user would write it, `<stdin>`, or another short name.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
}

impl Source {
    /// Keeps a text with the beginnings of its lines, which every place in it asks for.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, lines }
    }

    /// The line of the byte at an offset, counted from 1.
    pub fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| *line <= offset)
    }
}

/// A span of a [`Source`]. Cheap to copy around: the source is shared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The text that the span is in.
    pub source: Arc<Source>,
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset behind the last byte; never before `start`.
    pub end: usize,
}

impl Place {
    /// The line of the first byte, counted from 1.
    pub fn line(&self) -> usize {
        self.source.line_at(self.start)
    }

    /// The column of the first byte, counted from 1 in characters.
    pub fn column(&self) -> usize {
        let line = self.source.lines[self.line() - 1];
        self.source.text.get(line..self.start).map_or(0, |before| before.chars().count()) + 1
    }

    /// The text of the span.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start..self.end).unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = Arc::new(Source::new("env.yaml", "a: 1\nü: x\n"));
        let place = Place { source, start: 9, end: 10 };
        assert_eq!((place.to_string().as_str(), place.text()), ("env.yaml:2:4", "x"));
    }
}
