//! One paragraph of a plan: a change, or the same change of several replicas.

use crate::diff::{FieldChange, Hunk};
use crate::model::{Address, ProjectName, key_of_field};
use crate::plan::{Action, Change, Contents, PlacedChange, Plan, Reason};

/// What one paragraph tells.
#[derive(Debug)]
pub struct Entry<'a> {
    pub action: Action,
    pub address: String,
    pub name: String,
    pub change: &'a Change,
    pub fields: Vec<Field>,
}

/// A field, secrets already out of sight.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// What the file calls it.
    pub key: String,
    pub change: FieldChange,
    pub place: Option<String>,
    pub drift: bool,
    /// What differs in a config's content, where that is known.
    pub hunks: Vec<Hunk>,
}

/// One entry a change. What stays is left out unless asked for.
pub fn single<'p>(plan: &'p Plan, contents: &Contents, verbose: bool) -> Vec<Entry<'p>> {
    shown(plan, verbose).map(|change| entry(&[change], contents)).collect()
}

/// Replicas that follow each other and change alike are one entry: `service.web[1-3]`.
pub fn grouped<'p>(plan: &'p Plan, contents: &Contents, verbose: bool) -> Vec<Entry<'p>> {
    let shown: Vec<_> = shown(plan, verbose).collect();
    let mut entries: Vec<_> = shown.chunk_by(|a, b| alike(a, b)).map(|changes| entry(changes, contents)).collect();
    for entry in &mut entries {
        if entry.change.name == usual(&plan.project, &entry.change.address) {
            entry.name.clear();
        }
    }
    entries
}

/// The name that follows from the project and the address: a person needs no telling.
fn usual(project: &ProjectName, address: &Address) -> String {
    match address {
        Address::Replica(service, number) => format!("{project}-{service}-{number}"),
        Address::Network(key) => format!("{project}_{key}"),
        Address::Volume(key) => format!("{project}_{key}"),
        Address::Project | Address::Image(_) | Address::Model(_) | Address::Service(_) | Address::Stray(_) => {
            String::new()
        }
    }
}

fn shown(plan: &Plan, verbose: bool) -> impl Iterator<Item = &Change> {
    plan.changes.iter().filter(move |change| {
        // What stays is told where there is something to know of it.
        verbose || change.action != Action::Keep || !change.notes.is_empty()
    })
}

fn alike(a: &Change, b: &Change) -> bool {
    let Change { address, name: _, action, reasons, hazards, notes, place } = a;
    matches!((address, &b.address), (Address::Replica(a, _), Address::Replica(b, _)) if a == b)
        && (action, reasons, hazards, notes, place) == (&b.action, &b.reasons, &b.hazards, &b.notes, &b.place)
}

fn entry<'a>(changes: &[&'a Change], contents: &Contents) -> Entry<'a> {
    let change = changes[0];
    let (address, name) = match (changes, &change.address) {
        ([_, .., last], Address::Replica(service, _)) => {
            let numbers = changes.iter().filter_map(|change| match change.address {
                Address::Replica(_, number) => Some(number),
                _ => None,
            });
            let names = format!("{} … {}", change.name, last.name);
            (format!("service.{service}[{}]", ranges(&numbers.collect::<Vec<_>>())), names)
        }
        _ => (change.address.to_string(), change.name.clone()),
    };
    // `image.busybox (busybox)` tells nothing twice.
    let name = if address.ends_with(&format!(".{name}")) { String::new() } else { name };
    Entry { action: change.action, address, name, change, fields: fields(change, contents) }
}

fn fields(change: &Change, contents: &Contents) -> Vec<Field> {
    let changed = change.reasons.iter().filter_map(|reason| match reason {
        Reason::Changed(fields) => Some(fields),
        _ => None,
    });
    changed.flatten().map(|placed| field(change, placed, contents)).collect()
}

fn field(of: &Change, placed: &PlacedChange, contents: &Contents) -> Field {
    let PlacedChange { change, place, drift, forces: _ } = placed;
    let shown = FieldChange { before: change.shown_before(), after: change.shown_after(), ..change.clone() };
    let hunks = contents.get(&(of.address.clone(), change.path.clone())).cloned().unwrap_or_default();
    let key = key_of_field(&change.path);
    Field { key, change: shown, place: place.as_ref().map(ToString::to_string), drift: *drift, hunks }
}

/// `1-3,5`
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| *b == a + 1).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run.iter().map(u32::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(super::ranges(&[1, 2, 3, 5, 7, 8]), "1-3,5,7-8");
    }
}
