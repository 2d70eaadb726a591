//! For scripts and files: each resource's lines depend on nothing but that resource; nothing is aligned or cut.

use super::entry::{Entry, Field, single};
use super::field::{Shown, mark, show};
use super::{summary, words};
use crate::plan::{Frame, Plan};
use crate::report::text;

pub fn render(plan: &Plan, frame: &Frame<'_>, verbose: bool) -> String {
    let mut text: String = single(plan, &frame.contents, verbose).iter().map(entry).collect();
    let summary = summary(plan);
    for line in [summary.line()].into_iter().chain(summary.warnings(&frame.sizes)) {
        text += &text::line(&line);
    }
    text
}

fn entry(entry: &Entry<'_>) -> String {
    let Entry { action, address, name, change, fields } = entry;
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    let reasons: Vec<_> = change.reasons.iter().map(words::reason).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    let head = format!("{} {address}{name}{reasons}{}", action.word(), at(change.place.as_ref()));
    let mut text = text::line(&head);
    text += &fields.iter().map(field).collect::<String>();
    for hazard in &change.hazards {
        text += &text::line(&format!("  hazard: {}", words::hazard(hazard, change.action)));
    }
    for note in &change.notes {
        text += &text::line(&format!("  note: {note}"));
    }
    text
}

fn field(field: &Field) -> String {
    let by_hand = if field.drift { " (by hand)" } else { "" };
    let (at, path) = (at(field.place.as_ref()), &field.key);
    match show(field, usize::MAX, usize::MAX) {
        Shown::Line { before, after } => text::line(&format!("  {path}: {before} -> {after}{by_hand}{at}")),
        Shown::Hidden(value) => text::line(&format!("  {path}: {value} changed{by_hand}{at}")),
        Shown::Block(lines) => {
            let line = |line: &Option<_>| match line {
                Some(crate::diff::Line { side, text, unended }) => {
                    let unended = if *unended { " (no newline at the end)" } else { "" };
                    text::line(&format!("    {} {}{unended}", mark(*side), text.replace('\t', "    ")))
                }
                None => "    …\n".to_owned(),
            };
            text::line(&format!("  {path}:{by_hand}{at}")) + &lines.iter().map(line).collect::<String>()
        }
    }
}

fn at(place: Option<&impl ToString>) -> String {
    place.map_or_else(String::new, |place| format!(" [{}]", place.to_string()))
}
