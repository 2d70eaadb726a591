//! From raw nodes to nodes: scalars get their meaning, keys become texts, aliases and merge keys are resolved.

use std::sync::Arc;

use indexmap::map::Entry;

use super::events::{Raw, RawKind};
use super::node::BYTES_OF_A_VALUE;
use super::{DEEPEST, Fault, FaultKind, Key, MOST_FAULTS, Map, Node, Tag, Value, scalar};
use crate::place::{Place, Source};

/// The text, how many values aliases may still add to it, and how deep the tree is.
pub(super) struct Budget<'a> {
    source: &'a Arc<Source>,
    left: usize,
    most: usize,
    depth: usize,
}

impl<'a> Budget<'a> {
    pub(super) fn new(source: &'a Arc<Source>, most: usize) -> Self {
        Self { source, left: most, most, depth: 0 }
    }
}

type Result<T> = std::result::Result<T, Box<Fault>>;

/// Makes a node. Mistakes that leave something to read are added to `faults`.
pub(super) fn node(raw: Raw<'_>, budget: &mut Budget<'_>, faults: &mut Vec<Fault>) -> Result<Node> {
    let Raw { span, tag, kind } = raw;
    let place = span.place(budget.source);
    let tag = tag.map(String::from);
    budget.depth += 1;
    // Only aliases can lead deeper than the text is nested.
    if budget.depth > 2 * DEEPEST {
        return Err(Box::new(Fault::new(FaultKind::TooMuch, "aliases nest too deep", place)));
    }
    let node = match kind {
        RawKind::Scalar(text, plain) => {
            let value = meaning(&text, plain, tag.as_deref(), &place, faults);
            Node { tag: merge_tag(tag.as_deref()), ..Node::new(place, value) }
        }
        RawKind::List(items) => {
            let items: Result<Vec<Node>> = items.into_iter().map(|item| node(item, budget, faults)).collect();
            Node { tag: merge_tag(tag.as_deref()), ..Node::new(place, items?) }
        }
        RawKind::Map(entries) => {
            let map = map(entries, budget, faults)?;
            Node { tag: merge_tag(tag.as_deref()), ..Node::new(place, map) }
        }
        RawKind::Shared(shared) => match Arc::try_unwrap(shared) {
            Ok(last) => node(last, budget, faults)?,
            Err(shared) => copy(&shared, &place, budget)?,
        },
    };
    budget.depth -= 1;
    Ok(node)
}

/// Copies a shared node for an alias, and pays for it. Its own mistakes are told where it stands.
fn copy(raw: &Raw<'_>, alias: &Place, budget: &mut Budget<'_>) -> Result<Node> {
    let copied = shallow(raw, alias, budget)?;
    node(copied, budget, &mut Vec::new())
}

fn shallow<'a>(raw: &Raw<'a>, alias: &Place, budget: &mut Budget<'_>) -> Result<Raw<'a>> {
    pay(1, alias, budget)?;
    let kind = match &raw.kind {
        RawKind::Scalar(text, plain) => {
            pay(text.len() / BYTES_OF_A_VALUE, alias, budget)?;
            RawKind::Scalar(text.clone(), *plain)
        }
        RawKind::List(items) => {
            RawKind::List(items.iter().map(|item| shallow(item, alias, budget)).collect::<Result<_>>()?)
        }
        RawKind::Map(entries) => {
            let copy = |(key, value): &(Raw<'a>, Raw<'a>), budget: &mut Budget<'_>| -> Result<(Raw<'a>, Raw<'a>)> {
                // A key comes with its value and costs nothing.
                budget.left = budget.left.saturating_add(1);
                Ok((shallow(key, alias, budget)?, shallow(value, alias, budget)?))
            };
            RawKind::Map(entries.iter().map(|entry| copy(entry, budget)).collect::<Result<_>>()?)
        }
        RawKind::Shared(shared) => return shallow(shared, alias, budget),
    };
    Ok(Raw { span: raw.span, tag: raw.tag.clone(), kind })
}

fn pay(values: usize, alias: &Place, budget: &mut Budget<'_>) -> Result<()> {
    budget.left = budget.left.checked_sub(values).ok_or_else(|| {
        let message = format!("aliases add more than {} values", budget.most);
        let fault = Fault::new(FaultKind::TooMuch, message, alias.clone());
        Box::new(fault.help("aliases of aliases multiply: write out what is meant"))
    })?;
    Ok(())
}

fn map(entries: Vec<(Raw<'_>, Raw<'_>)>, budget: &mut Budget<'_>, faults: &mut Vec<Fault>) -> Result<Map> {
    let mut map = Map::with_capacity(entries.len());
    let mut merged = Vec::new();
    let mut merges_at: Option<Place> = None;
    for (key, value) in entries {
        let is_merge = matches!(&key.kind, RawKind::Scalar(text, true) if text == "<<");
        let key = key_text(key, budget, faults)?;
        let written = value.span;
        let value = node(value, budget, faults)?;
        let Some(key) = key else { continue };
        if is_merge {
            if let Some(first) = &merges_at {
                let fault = Fault::new(FaultKind::DuplicateKey, "`<<` stands twice in this map", key.place);
                let fault = fault.help("write one with a list: `<<: [*one, *other]`");
                faults.push(Fault { related: Some((first.clone(), "first here")), ..fault });
                continue;
            }
            merges_at = Some(key.place);
            // Of an alias, where it stands and not what it stands for.
            merged.push(Node { place: written.place(budget.source), ..value });
            continue;
        }
        let second = key.place.clone();
        match map.entry(key) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            Entry::Occupied(_) if faults.len() >= MOST_FAULTS => {}
            Entry::Occupied(taken) => {
                let first = taken.key().place.clone();
                let name = taken.key().text.clone();
                let message = format!("`{name}` stands twice in this map");
                let fault = Fault::new(FaultKind::DuplicateKey, message, second).help("keep one of the two");
                faults.push(Fault { related: Some((first, "first here")), ..fault });
            }
        }
    }
    for source in merged {
        merge(&mut map, source)?;
    }
    Ok(map)
}

/// Adds the entries of a `<<` that the map does not have.
fn merge(map: &mut Map, source: Node) -> Result<()> {
    let Node { place, value, .. } = source;
    match value {
        Value::Map(source) => {
            for (key, value) in *source {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::List(sources) => sources.into_iter().try_for_each(|source| match source.value {
            Value::Map(_) => merge(map, source),
            _ => Err(not_a_map(source.place)),
        }),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => Err(not_a_map(place)),
    }
}

fn not_a_map(place: Place) -> Box<Fault> {
    let fault = Fault::new(FaultKind::Alias, "`<<` takes a map, or a list of maps", place);
    Box::new(fault.help("point it at the anchor of a map, as in `<<: *defaults`"))
}

/// The text of a key; `None` after a mistake.
fn key_text(raw: Raw<'_>, budget: &mut Budget<'_>, faults: &mut Vec<Fault>) -> Result<Option<Key>> {
    let Node { place, value, .. } = node(raw, budget, faults)?;
    match value {
        Value::Text(text) => Ok(Some(Key::new(text, place))),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            let written = place.text().to_owned();
            let fault = Fault::new(FaultKind::KeyNotText, format!("the key `{written}` is no text"), place);
            faults.push(fault.help(format!("quote it: \"{written}\"")));
            Ok(None)
        }
        Value::List(_) | Value::Map(_) => {
            faults.push(Fault::new(FaultKind::KeyNotText, "a key must be a text", place));
            Ok(None)
        }
    }
}

fn meaning(text: &str, plain: bool, tag: Option<&str>, place: &Place, faults: &mut Vec<Fault>) -> Value {
    let tag = tag.and_then(|tag| tag.strip_prefix("tag:yaml.org,2002:"));
    match tag {
        Some("str" | "binary" | "timestamp") => Value::from(text),
        Some(wanted @ ("int" | "float" | "bool" | "null")) => {
            let value = scalar::plain(text);
            let fits = matches!(
                (wanted, &value),
                ("int", Value::Int(_))
                    | ("float", Value::Int(_) | Value::Float(_))
                    | ("bool", Value::Bool(_))
                    | ("null", Value::Null)
            );
            if !fits {
                faults.push(Fault::new(FaultKind::WrongType, format!("`{text}` is no !!{wanted}"), place.clone()));
            }
            value
        }
        _ if plain => scalar::plain(text),
        _ => Value::from(text),
    }
}

fn merge_tag(tag: Option<&str>) -> Tag {
    match tag {
        Some("!reset") => Tag::Reset,
        Some("!override") => Tag::Override,
        _ => Tag::None,
    }
}
