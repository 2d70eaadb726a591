//! From the parser's events to raw nodes. The only file that names saphyr-parser.

use std::borrow::Cow;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::explain::explain;
use super::margin::Margins;
use super::offsets::Offsets;
use super::{DEEPEST, Fault, FaultKind, MOST_DOCUMENTS, MOST_ENTRIES, MOST_VALUES};
use crate::place::{Source, Span};

/// The documents of a text in a row of nodes, each followed by its parts. A tree of them would weigh several times as
/// much, and a text may have very many.
#[derive(Default)]
pub(super) struct Raw {
    pub(super) nodes: Vec<RawNode>,
    /// The nodes that are documents.
    pub(super) documents: Vec<usize>,
    /// The texts that do not stand in the source as they are: folded, or with escapes.
    made: String,
}

/// A node as the text has it.
#[derive(Clone, Copy)]
pub(super) struct RawNode {
    pub(super) span: Span,
    pub(super) tag: RawTag,
    pub(super) kind: RawKind,
}

#[derive(Clone, Copy)]
pub(super) enum RawKind {
    Scalar {
        text: Span,
        /// Whether the text is in [`Raw::made`] and not in the source.
        made: bool,
        /// Whether it stands without quotes.
        plain: bool,
    },
    /// A list of so many items.
    List(u32),
    /// A map of so many keys, each followed by its value.
    Map(u32),
    /// Stands for the node at an index, which is finished before it.
    Alias(u32),
}

/// What a tag says, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RawTag {
    None,
    Reset,
    Override,
    Text,
    Int,
    Float,
    Bool,
    Null,
}

impl Raw {
    pub(super) fn text<'a>(&'a self, source: &'a Source, text: Span, made: bool) -> &'a str {
        let whole = if made { &self.made } else { &source.text };
        &whole[text.start()..text.end()]
    }
}

/// A collection that is not finished.
struct Open {
    anchor: usize,
    /// Its node.
    at: usize,
    /// Keys and values, or items, so far.
    parts: usize,
}

/// The raw nodes of a text.
pub(super) fn documents(source: &Arc<Source>) -> Result<Raw, Box<Fault>> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    read(source, text, None).or_else(|fault| {
        let is_syntax = matches!(fault.kind, FaultKind::Syntax);
        match is_syntax.then(|| Margins::of(text)).flatten() {
            Some(margins) => read(source, &margins.text, Some(&margins)),
            None => Err(fault),
        }
    })
}

/// The raw nodes of a text; `margins` leads from it to the source, where they differ.
fn read(source: &Arc<Source>, text: &str, margins: Option<&Margins>) -> Result<Raw, Box<Fault>> {
    let mut reading = Reading {
        source,
        offsets: Offsets::new(text),
        margins,
        skipped: if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
        open: Vec::new(),
        anchors: Vec::new(),
        raw: Raw::default(),
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => reading.take(event, span)?,
            Err(error) => {
                let at = reading.byte(error.marker().index());
                return Err(Box::new(explain(error.info(), source, at, reading.open_bracket())));
            }
        }
    }
    Ok(reading.raw)
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    offsets: Offsets<'a>,
    margins: Option<&'a Margins>,
    /// Bytes of the byte order mark.
    skipped: usize,
    open: Vec<Open>,
    /// By the parser's number; `None` while the node is open.
    anchors: Vec<Option<u32>>,
    raw: Raw,
}

impl Reading<'_> {
    fn take(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), Box<Fault>> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.documents_left(span)?,
            Event::Alias(anchor) => {
                let span = self.span(span);
                let Some(Some(target)) = self.anchors.get(anchor) else {
                    let message = "an alias cannot stand inside what it refers to";
                    let fault = Fault::new(FaultKind::Alias, message, span.of(self.source));
                    return Err(Box::new(fault.help("refer to an anchor that is finished above")));
                };
                self.put(RawNode { span, tag: RawTag::None, kind: RawKind::Alias(*target) })?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.span(span);
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                // The parser ends the last line where the text does not.
                let text = match text.strip_suffix('\n') {
                    Some(line) if is_block && self.is_cut_off(span) => line,
                    _ => &text,
                };
                let (text, made) = self.text(text, span);
                let kind = RawKind::Scalar { text, made, plain: style == ScalarStyle::Plain };
                let at = self.put(RawNode { span, tag: tag.map_or(RawTag::None, |tag| meaning(&tag)), kind })?;
                self.anchor(anchor, Some(at));
            }
            Event::SequenceStart(anchor, tag) => self.begin(anchor, tag, RawKind::List(0), span)?,
            Event::MappingStart(anchor, tag) => self.begin(anchor, tag, RawKind::Map(0), span)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
        Ok(())
    }

    fn documents_left(&self, span: saphyr_parser::Span) -> Result<(), Box<Fault>> {
        if self.raw.documents.len() < MOST_DOCUMENTS {
            return Ok(());
        }
        let message = format!("more than {MOST_DOCUMENTS} documents in one file");
        Err(Box::new(Fault::new(FaultKind::TooMuch, message, self.span(span).of(self.source))))
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<Cow<'_, saphyr_parser::Tag>>,
        kind: RawKind,
        span: saphyr_parser::Span,
    ) -> Result<(), Box<Fault>> {
        let start = self.byte(span.start.index());
        let first = self.source.text.get(start..).and_then(|text| text.chars().next());
        let span = Span::new(start, start + first.map_or(0, char::len_utf8));
        if self.open.len() >= DEEPEST {
            let message = format!("nested more than {DEEPEST} levels deep");
            let fault = Fault::new(FaultKind::TooMuch, message, span.of(self.source));
            return Err(Box::new(fault.help("no spec needs as much: look for brackets or blanks too many")));
        }
        let at = self.put(RawNode { span, tag: tag.map_or(RawTag::None, |tag| meaning(&tag)), kind })?;
        self.anchor(anchor, None);
        self.open.push(Open { anchor, at, parts: 0 });
        Ok(())
    }

    /// The innermost collection is finished.
    fn end(&mut self) {
        let Open { anchor, at, parts } = self.open.pop().expect("the parser closes what it opened");
        let first = self.raw.nodes.get(at + 1).map(|first| first.span);
        let node = &mut self.raw.nodes[at];
        match &mut node.kind {
            RawKind::Map(keys) => {
                *keys = short(parts / 2);
                node.span = first.filter(|_| parts > 0).unwrap_or(node.span);
            }
            RawKind::List(items) => *items = short(parts),
            RawKind::Scalar { .. } | RawKind::Alias(_) => unreachable!("only collections are opened"),
        }
        self.anchor(anchor, Some(at));
    }

    /// Puts a node behind the others: into the collection that is open, or among the documents.
    fn put(&mut self, node: RawNode) -> Result<usize, Box<Fault>> {
        let at = self.raw.nodes.len();
        let Some(open) = self.open.last_mut() else {
            self.raw.documents.push(at);
            self.raw.nodes.push(node);
            return Ok(at);
        };
        let of_one = if matches!(self.raw.nodes[open.at].kind, RawKind::Map(_)) { 2 } else { 1 };
        let (most, what) = if open.parts >= of_one * MOST_ENTRIES {
            (MOST_ENTRIES, "entries in one list or map")
        } else if at >= MOST_VALUES {
            (MOST_VALUES, "keys and values in one file")
        } else {
            open.parts += 1;
            self.raw.nodes.push(node);
            return Ok(at);
        };
        let message = format!("more than {most} {what}");
        Err(Box::new(Fault::new(FaultKind::TooMuch, message, node.span.of(self.source))))
    }

    /// Where the text of a scalar stands, and whether it had to be made.
    fn text(&mut self, text: &str, span: Span) -> (Span, bool) {
        let stands_at = |at: usize| self.source.text.get(at..).is_some_and(|rest| rest.starts_with(text));
        // Behind a quote, if there is one.
        let written = [span.start(), span.start() + 1].into_iter().find(|at| stands_at(*at));
        let start = written.unwrap_or(self.raw.made.len());
        if written.is_none() {
            self.raw.made.push_str(text);
        }
        (Span::new(start, start + text.len()), written.is_none())
    }

    /// Whether a scalar goes to the end of a text whose last line has no end.
    fn is_cut_off(&self, span: Span) -> bool {
        let rest = self.source.text.get(span.end()..).unwrap_or_default();
        rest.trim_start_matches([' ', '\t']).is_empty()
            && self.source.text.lines().next_back().is_some_and(|line| !line.trim().is_empty())
    }

    /// What an anchor names from here on; `None` while it is open.
    fn anchor(&mut self, anchor: usize, node: Option<usize>) {
        if anchor > 0 {
            self.anchors.resize(self.anchors.len().max(anchor + 1), None);
            self.anchors[anchor] = node.map(short);
        }
    }

    /// Where the innermost `[` or `{` stands that is not closed yet.
    fn open_bracket(&self) -> Option<usize> {
        let start = self.raw.nodes[self.open.last()?.at].span.start();
        self.source.text.get(start..)?.starts_with(['[', '{']).then_some(start)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index()).max(start);
        // A block scalar's span ends on the next line; a caret there would mislead.
        let text = self.source.text.get(start..end).unwrap_or_default();
        Span::new(start, start + text.trim_end().len())
    }

    fn byte(&self, character: usize) -> usize {
        let byte = self.offsets.byte(character);
        self.margins.map_or(byte, |margins| margins.original(byte)) + self.skipped
    }
}

/// A count of nodes, of which there are [`MOST_VALUES`] at most.
fn short(count: usize) -> u32 {
    u32::try_from(count).expect("a text has fewer nodes")
}

fn meaning(tag: &saphyr_parser::Tag) -> RawTag {
    let whole = format!("{}{}", tag.handle, tag.suffix);
    match whole.strip_prefix("tag:yaml.org,2002:") {
        Some("str" | "binary" | "timestamp") => RawTag::Text,
        Some("int") => RawTag::Int,
        Some("float") => RawTag::Float,
        Some("bool") => RawTag::Bool,
        Some("null") => RawTag::Null,
        None if whole == "!reset" => RawTag::Reset,
        None if whole == "!override" => RawTag::Override,
        _ => RawTag::None,
    }
}
