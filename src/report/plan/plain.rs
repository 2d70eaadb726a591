//! For scripts and files: each resource's lines depend on nothing but that resource; nothing is aligned or cut.

use super::entry::{Entry, Field, single};
use super::field::{Shown, mark, show};
use super::{summary, words};
use crate::plan::{Frame, Plan};

pub fn render(plan: &Plan, frame: &Frame<'_>, verbose: bool) -> String {
    let mut text: String = single(plan, &frame.contents, verbose).iter().map(entry).collect();
    let summary = summary(plan);
    for line in [summary.line()].into_iter().chain(summary.warnings(&frame.sizes)) {
        text += &format!("{line}\n");
    }
    text
}

fn entry(entry: &Entry<'_>) -> String {
    let Entry { action, address, name, change, fields } = entry;
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    let reasons: Vec<_> = change.reasons.iter().map(words::reason).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    let mut text = format!("{} {address}{name}{reasons}{}\n", action.word(), at(change.place.as_ref()));
    text += &fields.iter().map(field).collect::<String>();
    for hazard in &change.hazards {
        text += &format!("  hazard: {}\n", words::hazard(hazard, change.action));
    }
    for note in &change.notes {
        text += &format!("  note: {note}\n");
    }
    text
}

fn field(field: &Field) -> String {
    let by_hand = if field.drift { " (by hand)" } else { "" };
    let at = at(field.place.as_ref());
    match show(field, usize::MAX, usize::MAX) {
        Shown::Line { before, after } => format!("  {}: {before} -> {after}{by_hand}{at}\n", field.change.path),
        Shown::Hidden(value) => format!("  {}: {value} changed{by_hand}{at}\n", field.change.path),
        Shown::Block(lines) => {
            let line = |line: &Option<_>| match line {
                Some(crate::diff::Line { side, text, unended }) => {
                    format!("    {} {text}{}\n", mark(*side), if *unended { " (no newline at the end)" } else { "" })
                }
                None => "    …\n".to_owned(),
            };
            format!("  {}:{by_hand}{at}\n{}", field.change.path, lines.iter().map(line).collect::<String>())
        }
    }
}

fn at(place: Option<&impl ToString>) -> String {
    place.map_or_else(String::new, |place| format!(" [{}]", place.to_string()))
}
