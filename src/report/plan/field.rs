//! One field: old and new on one line, or a block of marked lines where that says more.

use super::entry::Field;
use crate::diff::{self, FieldChange, Line, Side};
use crate::report::value;
use serde_json::Value;

/// Equal lines shown around those that differ.
const AROUND: usize = 2;

/// What a field shows.
pub enum Shown {
    /// `before -> after`
    Line { before: String, after: String },
    /// Marked lines; a `None` separates hunks.
    Block(Vec<Option<Line>>),
}

/// On one line if both values are short, else as a diff of their lines or items.
pub fn show(field: &Field, room: usize) -> Shown {
    let FieldChange { path, before, after, sensitive: _ } = &field.change;
    let inline =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "unset".to_owned(), |value| value::inline(path, value));
    if let Some(hunks) = texts(before.as_ref(), after.as_ref()) {
        return Shown::Block(hunks);
    }
    let (old, new) = (inline(before), inline(after));
    if old.chars().count() + new.chars().count() + " -> ".len() > room
        && let (Some(old), Some(new)) = (list(path, before.as_ref()), list(path, after.as_ref()))
    {
        return Shown::Block(diff::items(&old, &new).into_iter().map(Some).collect());
    }
    Shown::Line { before: old, after: new }
}

/// Hunks, if one of the two is a text of several lines.
fn texts(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<Option<Line>>> {
    let text = |value: Option<&Value>| value.map_or(Some(String::new()), |value| value.as_str().map(str::to_owned));
    let (before, after) = (text(before)?, text(after)?);
    if before.lines().count() < 2 && after.lines().count() < 2 {
        return None;
    }
    let hunks = diff::hunks(&before, &after, AROUND);
    let mut lines = Vec::new();
    for hunk in hunks {
        if !lines.is_empty() {
            lines.push(None);
        }
        lines.extend(hunk.lines.into_iter().map(Some));
    }
    Some(lines)
}

fn list(path: &str, value: Option<&Value>) -> Option<Vec<String>> {
    value.map_or(Some(Vec::new()), |value| value::items(path, value))
}

/// The mark of a line in a block.
pub fn mark(side: Side) -> char {
    match side {
        Side::Both => ' ',
        Side::Old => '-',
        Side::New => '+',
    }
}
