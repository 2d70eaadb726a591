//! A diagnostic drawn: with its line and a caret, on one line, or as JSON. The only file that names annotate-snippets.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Printed, text};
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff;
use crate::place::Place;

/// Lines shown before and behind the one that is meant.
const AROUND: usize = 1;

/// The diagnostic with its line, a caret, related places and help; styled, for a stream that strips styles.
pub fn render(diagnostic: &Diagnostic) -> Printed {
    let Diagnostic { severity, code, message, place, label, related, help } = &without_secrets(diagnostic);
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = Printed::from(message);
    let help: Vec<Printed> = help.iter().map(Printed::from).collect();
    let primary = place.iter().map(|place| (place, label, AnnotationKind::Primary));
    let context = related.iter().map(|(place, label)| (place, label, AnnotationKind::Context));
    let excerpts: Vec<_> = primary.chain(context).map(|(place, label, kind)| Excerpt::of(place, label, kind)).collect();
    let title = level.primary_title(&*message).id(*code);
    let helps = help.iter().map(|text| Element::from(Level::HELP.message(&**text)));
    let group: Group<'_> = title.elements(excerpts.iter().map(Excerpt::element).chain(helps).collect::<Vec<_>>());
    Printed::drawn(Renderer::styled().render(&[group]))
}

/// The diagnostic on one line: `file:line:column: severity: message [code]`.
pub fn one_line(diagnostic: &Diagnostic) -> String {
    let diagnostic = &without_secrets(diagnostic);
    let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let help = diagnostic.help.iter().map(|help| format!("; {help}")).collect::<String>();
    let line = format!("{place}{}: {}{help} [{}]", severity(diagnostic.severity), diagnostic.message, diagnostic.code);
    text::visible(&line).into_owned()
}

/// The diagnostic as JSON, for editors and CI.
pub fn json(diagnostic: &Diagnostic) -> serde_json::Value {
    let Diagnostic { severity: how_bad, code, message, place: at, label, related, help } = &without_secrets(diagnostic);
    let related: Vec<_> =
        related.iter().map(|(at, label)| serde_json::json!({"place": place(at), "label": label})).collect();
    serde_json::json!({
        "severity": severity(*how_bad), "code": code, "message": message, "place": at.as_ref().map(place),
        "label": label, "related": related, "help": help,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn place(place: &Place) -> serde_json::Value {
    serde_json::json!({
        "file": place.source.name, "line": place.line(), "column": place.column(),
        "start": place.span.start(), "end": place.span.end(),
    })
}

/// Longest lines that are shown, in bytes; longer ones are no help to anybody.
const WIDEST: usize = 8_000;

/// A place as it is shown.
struct Excerpt {
    path: Printed,
    label: Printed,
    kind: AnnotationKind,
    /// The number of the first line that is shown, or of the place's own without its text.
    line: usize,
    column: usize,
    /// The lines around the place with what is meant in them; `None` where they are too long.
    lines: Option<(String, Range<usize>)>,
}

impl Excerpt {
    fn of(place: &Place, label: &str, kind: AnnotationKind) -> Self {
        let (path, label) = (Printed::from(&place.source.name), Printed::from(label));
        match lines(place) {
            Some((line, text, span)) => Self { path, label, kind, line, column: 0, lines: Some((text, span)) },
            None => Self { path, label, kind, line: place.line(), column: place.column(), lines: None },
        }
    }

    fn element(&self) -> Element<'_> {
        let Self { path, label, kind, line, column, lines } = self;
        match lines {
            Some((text, span)) => {
                let label = (!label.is_empty()).then_some(&**label);
                let snippet: Snippet<'_, Annotation<'_>> = Snippet::source(text).path(&**path).line_start(*line);
                snippet.annotation(kind.span(span.clone()).label(label)).into()
            }
            None => Origin::path(&**path).line(*line).char_column(*column).into(),
        }
    }
}

/// The lines around a place with the first one's number, and what is meant in them. A slice of the text, so that a huge
/// file costs no more than a small one.
fn lines(place: &Place) -> Option<(usize, String, Range<usize>)> {
    let text = place.source.text.as_str();
    let Range { start, end } = on_one_line(text, place.span.start(), place.span.end());
    let from = (0..=AROUND).fold(start, |at, _| text[..at].rfind('\n').unwrap_or(0));
    let from = if from == 0 { 0 } else { from + 1 };
    let to = (0..=AROUND)
        .fold(end, |at, _| text[at..].find('\n').map_or(text.len(), |more| (at + more + 1).min(text.len())));
    if to - from > WIDEST {
        return None;
    }
    let (mut shown, mut span, mut at) = (String::new(), 0..0, from);
    for (whole, masked) in text[from..to].split_inclusive('\n').zip(concealed(text, from, to)) {
        let line = whole.trim_end_matches(['\n', '\r']);
        // Escapes are made character by character, so what stands before a place is as long alone as in the whole.
        let column = |offset: usize, end: bool| {
            shown.len() + Printed::from(&masked[..mapped(line, &masked, offset - at, end)]).len()
        };
        if (at..at + whole.len()).contains(&start) || at + whole.len() == start && start == to {
            span = column(start, false)..column(end.min(at + line.len()).max(start), true);
        }
        shown += &Printed::from(masked);
        shown.push('\n');
        at += whole.len();
    }
    Some((place.source.line_at(from), shown, span))
}

/// Bytes of a text before the lines that are shown that may tell what these are a part of.
const CONTEXT: usize = 16 << 10;

/// The lines of a part of a text as they may be shown. It ends with a line, and begins with one or in a long one.
fn concealed(text: &str, from: usize, to: usize) -> Vec<String> {
    let far = (0..=from.saturating_sub(CONTEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let first = if far == 0 { Some(0) } else { text[far..from].find('\n').map(|at| far + at + 1) };
    let begin = first.filter(|_| from == 0 || text[..from].ends_with('\n')).unwrap_or(from);
    let mut lines = diff::source(&text[begin..to]);
    lines.split_off(text[begin..from].lines().count())
}

/// Where an offset of a line is in the same line with something out of sight: what is hidden is one piece.
fn mapped(line: &str, masked: &str, offset: usize, end: bool) -> usize {
    let (head, tail) = around(line, masked);
    let offset = offset.min(line.len());
    if offset <= head {
        offset
    } else if offset >= line.len() - tail {
        masked.len() - (line.len() - offset)
    } else if end {
        masked.len() - tail
    } else {
        head
    }
}

/// How much of a line is the same at its beginning and at its end.
fn around(line: &str, masked: &str) -> (usize, usize) {
    let head: usize = line.chars().zip(masked.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let rest = (line[head..].chars().rev()).zip(masked[head..].chars().rev());
    (head, rest.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum())
}

/// The diagnostic without what its lines hide: a message often quotes them.
fn without_secrets(diagnostic: &Diagnostic) -> Diagnostic {
    let Diagnostic { severity, code, message, place, label, related, help } = diagnostic;
    let hidden: Vec<String> =
        place.iter().chain(related.iter().map(|(place, _)| place)).filter_map(hidden_at).flatten().collect();
    let clean = |text: &String| {
        let text = hidden.iter().fold(text.clone(), |text, secret| text.replace(secret, diff::MASK));
        diff::without_password(&text)
    };
    Diagnostic {
        severity: *severity,
        code,
        message: clean(message),
        place: place.clone(),
        label: clean(label),
        related: related.iter().map(|(place, label)| (place.clone(), clean(label))).collect(),
        help: help.iter().map(clean).collect(),
    }
}

/// What is hidden in a place's line, and the words of it.
fn hidden_at(place: &Place) -> Option<Vec<String>> {
    let text = place.source.text.as_str();
    let Range { start, .. } = on_one_line(text, place.span.start(), place.span.start());
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[start..].find('\n').map_or(text.len(), |more| start + more);
    // Of a line that is too long to be shown only what stands around the place can be in a message.
    let (from, to) = match to - from > WIDEST {
        true => {
            let Range { start, end } = around_place(text, start, from..to);
            (start, end)
        }
        false => (from, to),
    };
    let line = text[from..to].trim_end_matches('\r');
    let masked = concealed(text, from, to).pop().filter(|masked| masked != line)?;
    let (head, tail) = around(line, &masked);
    let quotes = ['"', '\'', '`', ' ', '\t', ',', ';', '{', '}', '[', ']'];
    let piece = line[head..line.len() - tail].trim_matches(quotes);
    let words = piece.split(quotes).filter(|word| word.len() >= 5);
    let mut hidden: Vec<_> =
        std::iter::once(piece).filter(|piece| piece.len() >= 3).chain(words).map(str::to_owned).collect();
    hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    Some(hidden)
}

/// A part of a line that is neither long nor begins far from a place in it.
fn around_place(text: &str, place: usize, line: Range<usize>) -> Range<usize> {
    let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(place.saturating_sub(WIDEST / 2)).max(line.start);
    start..boundary(place.saturating_add(WIDEST / 2).min(line.end)).max(start)
}

/// The part of a span on its first line, within the text and on character boundaries.
fn on_one_line(text: &str, start: usize, end: usize) -> Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (floor(start), floor(end));
    let stop = text[start..].find('\n').map_or(text.len(), |more| start + more);
    start..end.clamp(start, stop)
}
