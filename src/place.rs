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
    /// How many lines end before each block of [`BLOCK`] bytes; a number for each line would weigh more than the text.
    ended: Vec<u32>,
}

/// Bytes of a text whose lines are counted when a place in them is asked for.
const BLOCK: usize = 512;

impl Source {
    /// Keeps a text with a count of its lines, which every place in it asks for.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut ended = Vec::with_capacity(text.len().div_ceil(BLOCK));
        let mut lines = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            ended.push(lines);
            lines += line_ends(block);
        }
        Self { name: name.into(), text, ended }
    }

    /// The line of the byte at an offset, counted from 1.
    pub fn line_at(&self, offset: usize) -> usize {
        let Some(last) = self.ended.len().checked_sub(1) else { return 1 };
        let block = last.min(offset / BLOCK);
        let end = offset.min(self.text.len());
        (self.ended[block] + line_ends(&self.text.as_bytes()[block * BLOCK..end])) as usize + 1
    }
}

fn line_ends(bytes: &[u8]) -> u32 {
    bytes.iter().map(|byte| u32::from(*byte == b'\n')).sum()
}

/// Bytes of a text of less than 4 GiB. Kept small: every value of a spec has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From the first byte to the one behind the last, which is never before it.
    pub fn new(start: usize, end: usize) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end) }
    }

    /// Byte offset of the first byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Byte offset behind the last byte.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// As a place in its text.
    pub fn of(self, source: &Arc<Source>) -> Place {
        Place { source: Arc::clone(source), span: self }
    }
}

/// A span of a [`Source`]. Cheap to copy around: the source is shared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The text that the span is in.
    pub source: Arc<Source>,
    /// The bytes of it.
    pub span: Span,
}

impl Place {
    /// From the first byte of a text to the one behind the last, which is never before it.
    pub fn new(source: Arc<Source>, start: usize, end: usize) -> Self {
        Self { source, span: Span::new(start, end) }
    }

    /// The line of the first byte, counted from 1.
    pub fn line(&self) -> usize {
        self.source.line_at(self.span.start())
    }

    /// The column of the first byte, counted from 1 in characters.
    pub fn column(&self) -> usize {
        let before = self.source.text.get(..self.span.start()).unwrap_or_default();
        before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1
    }

    /// The text of the span.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.start()..self.span.end()).unwrap_or_default()
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
        let place = Place::new(source, 9, 10);
        assert_eq!((place.to_string().as_str(), place.text()), ("env.yaml:2:4", "x"));
    }

    #[test]
    fn the_line_of_every_byte_is_found_and_of_those_behind_the_last() {
        for text in [String::new(), "a".repeat(BLOCK), "a\n".repeat(BLOCK), format!("{}\n", "\n".repeat(BLOCK))] {
            let source = Source::new("env.yaml", text.as_str());
            for offset in 0..=text.len() {
                assert_eq!(source.line_at(offset), text[..offset].matches('\n').count() + 1, "{offset}");
            }
            assert_eq!(source.line_at(9 * BLOCK), text.matches('\n').count() + 1);
        }
    }
}
