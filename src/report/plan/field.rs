//! One field: old and new on one line, or a block of marked lines where that says more.

use super::entry::Field;
use crate::diff::{self, FieldChange, Hunk, Line, Side};
use crate::report::text::{cut_end, width};
use crate::report::value;
use serde_json::Value;

/// Between old and new.
pub const ARROW: &str = " -> ";
/// How much of a long text is shown before the first difference.
const KEPT: usize = 12;
/// Equal lines shown around those that differ.
const AROUND: usize = 2;

/// What a field shows.
pub enum Shown {
    /// `before -> after`
    Line { before: String, after: String },
    /// Both are out of sight, or look alike without what is.
    Hidden(String),
    /// Marked lines; a `None` separates hunks.
    Block(Vec<Option<Line>>),
}

/// On one line if that has room, else as a diff of lines or items, each as wide as `line`.
pub fn show(field: &Field, room: usize, line: usize) -> Shown {
    let FieldChange { path, before, after, sensitive: _ } = &field.change;
    if !field.hunks.is_empty() {
        return Shown::Block(block(&field.hunks));
    }
    let inline =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "unset".to_owned(), |value| value::inline(path, value));
    if before != after
        && let Some(hunks) = texts(before.as_ref(), after.as_ref())
    {
        return Shown::Block(hunks);
    }
    let (old, new) = (inline(before), inline(after));
    if old == new {
        return Shown::Hidden(old);
    }
    if width(&old) + width(&new) + ARROW.len() > room {
        if let (Some(old), Some(new)) = (list(path, before.as_ref()), list(path, after.as_ref())) {
            return Shown::Block(diff::items(&old, &new).into_iter().map(Some).collect());
        }
        if before.is_some() && after.is_some() {
            let marked = |side, text| Some(Line { side, text, unended: false });
            let lines = [marked(Side::Old, focus(&old, &new, line)), marked(Side::New, focus(&new, &old, line))];
            return Shown::Block(lines.into());
        }
    }
    Shown::Line { before: old, after: new }
}

/// The text cut to its room in such a way that what differs from the other one stays in sight.
fn focus(text: &str, other: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let note = format!(" ({} chars)", text.chars().count());
    let room = room.saturating_sub(width(&note));
    let alike = text.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).map(|((at, _), _)| at);
    let starts: Vec<_> = alike.collect();
    let from = starts.len().checked_sub(KEPT).map_or(0, |at| starts[at]);
    let rest = if from == 0 { text.to_owned() } else { format!("…{}", &text[from..]) };
    cut_end(&rest, room) + &note
}

/// Hunks, if one of the two is a text of several lines.
fn texts(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<Option<Line>>> {
    let text = |value: Option<&Value>| value.map_or(Some(String::new()), |value| value.as_str().map(str::to_owned));
    let (before, after) = (text(before)?, text(after)?);
    if before.lines().count() < 2 && after.lines().count() < 2 {
        return None;
    }
    Some(block(&diff::hunks(&before, &after, AROUND)))
}

fn block(hunks: &[Hunk]) -> Vec<Option<Line>> {
    let mut lines = Vec::new();
    for hunk in hunks {
        if !lines.is_empty() {
            lines.push(None);
        }
        lines.extend(hunk.lines.iter().cloned().map(Some));
    }
    lines
}

/// The items of a list or the fields of an object, one line each.
fn list(path: &str, value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        Some(Value::Object(fields)) => {
            let line =
                |(key, value): (&String, &Value)| format!("{key}: {}", value::inline(&format!("{path}.{key}"), value));
            Some(fields.iter().map(line).collect())
        }
        value => value.map_or(Some(Vec::new()), |value| value::items(path, value)),
    }
}

/// The mark of a line in a block.
pub fn mark(side: Side) -> char {
    match side {
        Side::Both => ' ',
        Side::Old => '-',
        Side::New => '+',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_line_is_shown_field_by_field() {
        let endpoint = serde_json::json!({"aliases": ["web"], "mac_address": "02:42:ac:11:00:02"});
        let change = FieldChange::new("networks.default", None, Some(endpoint));
        let field = Field { key: "x".into(), change, place: None, drift: false, hunks: Vec::new() };
        let Shown::Block(lines) = show(&field, 30, 60) else { panic!("it is a block") };
        let told: Vec<_> = lines.iter().flatten().map(|line| format!("{}{}", mark(line.side), line.text)).collect();
        assert_eq!(told, ["+aliases: [web]", "+mac_address: 02:42:ac:11:00:02"]);
    }

    #[test]
    fn what_differs_stays_in_sight() {
        let long = |middle| format!("{}{middle}{}", "a".repeat(60), "b".repeat(60));
        assert_eq!(focus(&long("-1-"), &long("-2-"), 40), "…aaaaaaaaaaa-1-bbbbbbbbbbbb… (123 chars)");
        assert_eq!(focus("short", "other", 40), "short");
    }
}
