//! A diagnostic drawn: with its line and a caret, on one line, or as JSON. The only file that names annotate-snippets.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Place;

/// Lines shown before and behind the one that is meant.
const AROUND: usize = 1;

/// The diagnostic with its line, a caret, related places and help; styled, for a stream that strips styles.
pub fn render(diagnostic: &Diagnostic) -> String {
    let Diagnostic { severity, code, message, place, label, related, help } = diagnostic;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(message.as_str()).id(*code);
    let mut places = Vec::new();
    if let Some(place) = place {
        places.push((place, label.as_str(), AnnotationKind::Primary));
    }
    places.extend(related.iter().map(|(place, label)| (place, label.as_str(), AnnotationKind::Context)));
    let snippets = places.iter().map(|(place, label, kind)| match snippet(place, label, *kind) {
        Some(snippet) => Element::from(snippet),
        None => Element::from(origin(place)),
    });
    let helps = help.iter().map(|text| Element::from(Level::HELP.message(text.as_str())));
    let group: Group<'_> = title.elements(snippets.chain(helps).collect::<Vec<_>>());
    Renderer::styled().render(&[group])
}

/// The diagnostic on one line: `file:line:column: severity: message [code]`.
pub fn one_line(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let help = diagnostic.help.iter().map(|help| format!("; {help}")).collect::<String>();
    format!("{place}{}: {}{help} [{}]", severity(diagnostic.severity), diagnostic.message, diagnostic.code)
}

/// The diagnostic as JSON, for editors and CI.
pub fn json(diagnostic: &Diagnostic) -> serde_json::Value {
    let Diagnostic { severity: how_bad, code, message, place: at, label, related, help } = diagnostic;
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

/// The lines around a place; `None` when they are too long. A slice of the text, so that a huge file costs no more than a
/// small one.
fn snippet<'a>(place: &'a Place, label: &'a str, kind: AnnotationKind) -> Option<Snippet<'a, Annotation<'a>>> {
    let text = place.source.text.as_str();
    let Range { start, end } = on_one_line(text, place.span.start(), place.span.end());
    let from = (0..=AROUND).fold(start, |at, _| text[..at].rfind('\n').unwrap_or(0));
    let from = if from == 0 { 0 } else { from + 1 };
    let to = (0..=AROUND)
        .fold(end, |at, _| text[at..].find('\n').map_or(text.len(), |more| (at + more + 1).min(text.len())));
    if to - from > WIDEST {
        return None;
    }
    let label = (!label.is_empty()).then_some(label);
    let shown =
        Snippet::source(&text[from..to]).path(place.source.name.as_str()).line_start(place.source.line_at(from));
    Some(shown.annotation(kind.span(start - from..end - from).label(label)))
}

/// Where a place is, without its line.
fn origin(place: &Place) -> Origin<'_> {
    Origin::path(place.source.name.as_str()).line(place.line()).char_column(place.column())
}

/// The part of a span on its first line, within the text and on character boundaries.
fn on_one_line(text: &str, start: usize, end: usize) -> Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (floor(start), floor(end));
    let stop = text[start..].find('\n').map_or(text.len(), |more| start + more);
    start..end.clamp(start, stop)
}
