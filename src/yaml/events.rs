//! From the parser's events to raw nodes, aliases shared. The only file that names saphyr-parser.

use std::borrow::Cow;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::explain::explain;
use super::offsets::Offsets;
use super::{DEEPEST, Fault, FaultKind, MOST_DOCUMENTS, MOST_ENTRIES, MOST_VALUES};
use crate::place::{Place, Source};

/// A node as the text has it. Kept small: a text may have very many.
pub(super) struct Raw<'a> {
    pub(super) span: TextSpan,
    /// The tag as written, such as `!reset` or `tag:yaml.org,2002:str`.
    pub(super) tag: Option<Box<str>>,
    pub(super) kind: RawKind<'a>,
}

/// Bytes of the text; texts are shorter than 4 GiB.
#[derive(Clone, Copy)]
pub(super) struct TextSpan {
    start: u32,
    end: u32,
}

impl TextSpan {
    fn new(start: usize, end: usize) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end) }
    }

    /// As a place in its text.
    pub(super) fn place(self, source: &Arc<Source>) -> Place {
        Place { source: Arc::clone(source), start: self.start as usize, end: self.end as usize }
    }
}

pub(super) enum RawKind<'a> {
    /// A scalar, and whether it stands without quotes.
    Scalar(Cow<'a, str>, bool),
    List(Vec<Raw<'a>>),
    Map(Vec<(Raw<'a>, Raw<'a>)>),
    /// An anchored node: here, or wherever an alias of it stands. The last holder owns it.
    Shared(Arc<Raw<'a>>),
}

/// A collection that is not finished.
struct Open<'a> {
    anchor: usize,
    raw: Raw<'a>,
    /// In a map, the key whose value comes next.
    key: Option<Raw<'a>>,
}

/// The documents of a text.
pub(super) fn documents(source: &Arc<Source>) -> Result<Vec<Raw<'_>>, Box<Fault>> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let mut reading = Reading {
        source,
        offsets: Offsets::new(text),
        skipped: source.text.len() - text.len(),
        open: Vec::new(),
        anchors: Vec::new(),
        documents: Vec::new(),
        values: 0,
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
    Ok(reading.documents)
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    offsets: Offsets<'a>,
    /// Bytes of the byte order mark.
    skipped: usize,
    open: Vec<Open<'a>>,
    /// By the parser's number; `None` while the node is open.
    anchors: Vec<Option<Arc<Raw<'a>>>>,
    documents: Vec<Raw<'a>>,
    values: usize,
}

impl<'a> Reading<'a> {
    fn take(&mut self, event: Event<'a>, span: Span) -> Result<(), Box<Fault>> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.documents_left(span)?,
            Event::Alias(anchor) => {
                let span = self.span(span);
                let Some(Some(target)) = self.anchors.get(anchor) else {
                    let message = "an alias cannot stand inside what it refers to";
                    let fault = Fault::new(FaultKind::Alias, message, span.place(self.source));
                    return Err(Box::new(fault.help("refer to an anchor that is finished above")));
                };
                let kind = RawKind::Shared(Arc::clone(target));
                self.put(Raw { span, tag: None, kind })?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let raw = Raw { span: self.span(span), tag: tag_text(tag), kind: RawKind::Scalar(text, plain) };
                let raw = self.anchored(anchor, raw);
                self.put(raw)?;
            }
            Event::SequenceStart(anchor, tag) => self.begin(anchor, tag, RawKind::List(Vec::new()), span)?,
            Event::MappingStart(anchor, tag) => self.begin(anchor, tag, RawKind::Map(Vec::new()), span)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { anchor, mut raw, key: _ } = self.open.pop().expect("the parser closes what it opened");
                if let RawKind::Map(entries) = &raw.kind
                    && let Some((first, _)) = entries.first()
                {
                    raw.span = first.span;
                }
                let raw = self.anchored(anchor, raw);
                self.put(raw)?;
            }
        }
        Ok(())
    }

    fn documents_left(&self, span: Span) -> Result<(), Box<Fault>> {
        if self.documents.len() < MOST_DOCUMENTS {
            return Ok(());
        }
        let message = format!("more than {MOST_DOCUMENTS} documents in one file");
        Err(Box::new(Fault::new(FaultKind::TooMuch, message, self.span(span).place(self.source))))
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<Cow<'a, saphyr_parser::Tag>>,
        kind: RawKind<'a>,
        span: Span,
    ) -> Result<(), Box<Fault>> {
        let start = self.byte(span.start.index());
        let first = self.source.text.get(start..).and_then(|text| text.chars().next());
        let span = TextSpan::new(start, start + first.map_or(0, char::len_utf8));
        if self.open.len() >= DEEPEST {
            let message = format!("nested more than {DEEPEST} levels deep");
            let fault = Fault::new(FaultKind::TooMuch, message, span.place(self.source));
            return Err(Box::new(fault.help("no spec needs as much: look for brackets or blanks too many")));
        }
        if anchor > 0 {
            self.anchors.resize_with(self.anchors.len().max(anchor + 1), || None);
        }
        self.open.push(Open { anchor, raw: Raw { span, tag: tag_text(tag), kind }, key: None });
        Ok(())
    }

    /// Puts a finished node where it belongs: into the collection that is open, or among the documents.
    fn put(&mut self, raw: Raw<'a>) -> Result<(), Box<Fault>> {
        self.values += 1;
        let entries = self.open.last().map_or(0, |open| match &open.raw.kind {
            RawKind::List(list) => list.len(),
            RawKind::Map(entries) => entries.len(),
            RawKind::Scalar(..) | RawKind::Shared(_) => 0,
        });
        if self.values > MOST_VALUES || entries >= MOST_ENTRIES {
            let (most, what) = if entries >= MOST_ENTRIES {
                (MOST_ENTRIES, "entries in one list or map")
            } else {
                (MOST_VALUES, "keys and values in one file")
            };
            let message = format!("more than {most} {what}");
            return Err(Box::new(Fault::new(FaultKind::TooMuch, message, raw.span.place(self.source))));
        }
        match self.open.last_mut() {
            None => self.documents.push(raw),
            Some(Open { raw: parent, key, .. }) => match &mut parent.kind {
                RawKind::List(list) => list.push(raw),
                RawKind::Map(entries) => match key.take() {
                    None => *key = Some(raw),
                    Some(key) => entries.push((key, raw)),
                },
                RawKind::Scalar(..) | RawKind::Shared(_) => unreachable!("only collections are opened"),
            },
        }
        Ok(())
    }

    fn anchored(&mut self, anchor: usize, raw: Raw<'a>) -> Raw<'a> {
        if anchor == 0 {
            return raw;
        }
        self.anchors.resize_with(self.anchors.len().max(anchor + 1), || None);
        let span = raw.span;
        let shared = Arc::new(raw);
        self.anchors[anchor] = Some(Arc::clone(&shared));
        Raw { span, tag: None, kind: RawKind::Shared(shared) }
    }

    /// Where the innermost `[` or `{` stands that is not closed yet.
    fn open_bracket(&self) -> Option<usize> {
        let start = self.open.last()?.raw.span.start as usize;
        self.source.text.get(start..)?.starts_with(['[', '{']).then_some(start)
    }

    fn span(&self, span: Span) -> TextSpan {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index()).max(start);
        // A block scalar's span ends on the next line; a caret there would mislead.
        let text = self.source.text.get(start..end).unwrap_or_default();
        TextSpan::new(start, start + text.trim_end().len())
    }

    fn byte(&self, character: usize) -> usize {
        self.offsets.byte(character) + self.skipped
    }
}

fn tag_text(tag: Option<Cow<'_, saphyr_parser::Tag>>) -> Option<Box<str>> {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix).into())
}
