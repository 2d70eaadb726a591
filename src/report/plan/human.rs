//! For the terminal: a line a resource, its fields below, the places that ask for it at the side.

use anstyle::Style as Paint;

use super::entry::{Entry, Field, grouped};
use super::field::{ARROW, Shown, mark, show};
use super::{summary, words};
use crate::diff::Side;
use crate::plan::{Action, Frame, Hazard, Plan};
use crate::report::ink::{BARE, BLUE, BOLD, CYAN, DIM, GREEN, Ink, MAGENTA, RED, YELLOW};
use crate::report::text::{cut_middle, width};
use crate::report::{Printed, Style};

/// Where fields begin.
const INDENT: usize = 4;
/// Values are not squeezed into less than this for the sake of the place.
const VALUES: usize = 24;

pub fn render(plan: &Plan, frame: &Frame<'_>, style: &Style, verbose: bool) -> Printed {
    let entries = grouped(plan, &frame.contents, verbose);
    let columns = Columns::of(&entries, style);
    let mut text = Printed::default();
    let mut was_long = false;
    for entry in &entries {
        // Single lines stand close together, longer paragraphs have air around them.
        let long = !(entry.fields.is_empty() && entry.change.hazards.is_empty() && entry.change.notes.is_empty());
        if !text.is_empty() && (long || was_long) {
            text.append("\n");
        }
        text.append(paragraph(entry, &columns, style));
        was_long = long;
    }
    if !text.is_empty() {
        text.append("\n");
    }
    let summary = summary(plan);
    let mut ink = Ink::new(style);
    ink.flow(&summary.line(), 6, BOLD).end();
    for warning in summary.warnings(&frame.sizes) {
        ink.flow(&warning, 6, YELLOW).end();
    }
    text.then(ink.take())
}

/// Columns that all paragraphs share.
struct Columns {
    verb: usize,
    reason: usize,
}

impl Columns {
    fn of(entries: &[Entry<'_>], style: &Style) -> Self {
        let verb = entries.iter().map(|entry| verb(entry.action).len()).max().unwrap_or(0);
        let heads = entries.iter().map(|entry| verb + 3 + head(entry));
        Self { verb, reason: heads.filter(|head| *head <= style.width * 6 / 10).max().unwrap_or(0) }
    }
}

/// One word, so that the column stays narrow.
fn verb(action: Action) -> &'static str {
    action.word().split(' ').next().expect("a split has a first part")
}

fn head(entry: &Entry<'_>) -> usize {
    let name = if entry.name.is_empty() { 0 } else { width(&entry.name) + 3 };
    width(&entry.address) + name
}

fn paragraph(entry: &Entry<'_>, columns: &Columns, style: &Style) -> Printed {
    let Entry { action, address, name, change, fields } = entry;
    let colour = colour(*action);
    let mut ink = Ink::new(style);
    ink.put(action.mark(), colour.bold()).put(" ", BARE).put(verb(*action), colour).tab(columns.verb + 3);
    let indent = ink.column();
    ink.put(address, BOLD);
    if !name.is_empty() {
        ink.put(&format!(" ({name})"), DIM);
    }
    let mut tail: Vec<_> = change
        .reasons
        .iter()
        .filter(|reason| !words::is_implied(*action, reason))
        .map(|reason| (words::reason(reason), BARE))
        .collect();
    if let Some(place) = &change.place {
        tail.push((place.to_string(), DIM));
    }
    for (at, (text, paint)) in tail.iter().enumerate() {
        if at == 0 {
            ink.tab(columns.reason);
        }
        ink.flow(&format!("  {text}"), indent, *paint);
    }
    ink.end();
    fields_block(fields, &mut ink, style);
    for hazard in &change.hazards {
        let paint = match hazard {
            Hazard::DataLoss { .. } => RED.bold(),
            Hazard::Downtime { .. } | Hazard::PortTaken { .. } | Hazard::ExternalInUse { .. } => YELLOW,
        };
        ink.tab(INDENT).put("! ", paint.bold()).flow(&words::hazard(hazard, change.action), INDENT + 2, paint).end();
    }
    for note in &change.notes {
        ink.tab(INDENT).put("· ", DIM).flow(note, INDENT + 2, BARE).end();
    }
    ink.take()
}

fn fields_block(fields: &[Field], ink: &mut Ink<'_>, style: &Style) {
    let widest = |of: &dyn Fn(&Field) -> usize| fields.iter().map(of).max().unwrap_or(0);
    let path = widest(&|field| width(&field.key)).min(style.width * 4 / 10);
    let side = widest(&|field| width(&remark(field)));
    let start = INDENT + path + 2;
    let beside = style.width >= start + VALUES + 2 + side;
    let room = if beside && side > 0 { style.width - start - 2 - side } else { style.width - start };
    let lines: Vec<_> = fields.iter().map(|field| line(field, room, style.width - INDENT - 4)).collect();
    let values = lines
        .iter()
        .filter_map(|line| line.as_ref().ok())
        .map(|(old, new)| width(old) + if new.is_empty() { 0 } else { ARROW.len() + width(new) });
    let place = start + values.max().unwrap_or(0) + 2;
    for (field, line) in fields.iter().zip(lines) {
        ink.tab(INDENT).put(&cut_middle(&field.key, path), BARE);
        match &line {
            Ok((old, new)) if new.is_empty() => drop(ink.tab(start).put(old, BARE)),
            Ok((old, new)) => {
                ink.tab(start);
                value(ink, old, RED).put(ARROW, DIM);
                value(ink, new, GREEN);
            }
            Err(_) => {}
        }
        let remark = remark(field);
        if !remark.is_empty() {
            if line.is_ok() && beside {
                ink.tab(place.min(style.width - width(&remark)));
            } else if line.is_err() {
                ink.put("  ", BARE);
            } else {
                ink.end().tab(start);
            }
            ink.put(&remark, if field.drift { YELLOW } else { DIM });
        }
        ink.end();
        if let Err(block) = line {
            draw(block, ink);
        }
    }
}

type Block = Vec<Option<crate::diff::Line>>;

/// Both values, cut to the room that they share; a block if that says more.
fn line(field: &Field, room: usize, whole: usize) -> Result<(String, String), Block> {
    match show(field, room, whole) {
        Shown::Block(lines) => Err(lines),
        Shown::Hidden(value) => Ok((cut_middle(&format!("{value} changed"), room), String::new())),
        Shown::Line { before, after } => {
            let room = room.saturating_sub(ARROW.len());
            let half = room / 2;
            // What the shorter one does not need, the longer one has.
            let (old, new) = match (width(&before), width(&after)) {
                (old, new) if old + new <= room => (old, new),
                (old, _) if old <= half => (old, room - old),
                (_, new) if new <= half => (room - new, new),
                _ => (half, half),
            };
            Ok((cut_middle(&before, old), cut_middle(&after, new)))
        }
    }
}

fn value<'i, 's>(ink: &'i mut Ink<'s>, text: &str, paint: Paint) -> &'i mut Ink<'s> {
    ink.put(text, if text == "unset" { DIM } else { paint })
}

fn remark(field: &Field) -> String {
    match (&field.place, field.drift) {
        (Some(place), true) => format!("{place} (by hand)"),
        (Some(place), false) => place.clone(),
        (None, true) => "by hand".to_owned(),
        (None, false) => String::new(),
    }
}

fn draw(block: Block, ink: &mut Ink<'_>) {
    for line in block {
        ink.tab(INDENT + 2);
        match line {
            None => ink.put("…", DIM),
            Some(crate::diff::Line { side, text, unended }) => {
                let paint = match side {
                    Side::Both => DIM,
                    Side::Old => RED,
                    Side::New => GREEN,
                };
                let text = text.replace('\t', "    ");
                ink.put(&format!("{} {text}", mark(side)), paint);
                ink.put(if unended { "  (no newline at the end)" } else { "" }, DIM)
            }
        };
        ink.end();
    }
}

/// Colour repeats what mark and word say.
pub fn colour(action: Action) -> Paint {
    match action {
        Action::Create => GREEN,
        Action::Update | Action::Record => YELLOW,
        Action::Replace | Action::PerhapsReplace => MAGENTA,
        Action::Start | Action::Run => CYAN,
        Action::Delete => RED,
        Action::Forget => YELLOW,
        Action::Pull | Action::Build => BLUE,
        Action::Keep => DIM,
    }
}
