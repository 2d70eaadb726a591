//! From raw nodes to nodes: scalars get their meaning, keys become texts, aliases and merge keys are resolved.

use std::sync::Arc;

use indexmap::map::Entry;

use super::events::{Raw, RawKind, RawNode, RawTag};
use super::node::BYTES_OF_A_VALUE;
use super::{DEEPEST, Fault, FaultKind, Key, MOST_ALIASED, MOST_FAULTS, Map, Node, Tag, Value, scalar};
use crate::place::{Place, Source, Span};

type Result<T> = std::result::Result<T, Box<Fault>>;

/// Makes the documents of a text, those that can be read.
pub(super) fn documents(
    raw: &Raw,
    source: &Arc<Source>,
    most: fn(&str) -> usize,
    faults: &mut Vec<Fault>,
) -> Vec<Node> {
    let mut composer = Composer { raw, source, most, faults, at: 0, depth: 0, alias: None, left: MOST_ALIASED };
    let mut documents = Vec::with_capacity(raw.documents.len());
    for &at in &raw.documents {
        (composer.at, composer.depth, composer.alias) = (at, 0, None);
        match composer.node(None) {
            Ok(node) => documents.push(node),
            Err(fault) => composer.faults.push(*fault),
        }
    }
    documents
}

/// Reads raw nodes one behind the other.
struct Composer<'a> {
    raw: &'a Raw,
    source: &'a Arc<Source>,
    /// Most entries of the map below a top-level key.
    most: fn(&str) -> usize,
    /// Mistakes that leave something to read.
    faults: &'a mut Vec<Fault>,
    /// The node that is read next.
    at: usize,
    /// How deep the tree is.
    depth: usize,
    /// The alias in whose place nodes are read again; the outer one, where aliases lead to others.
    alias: Option<Span>,
    /// How many values aliases may still add.
    left: usize,
}

impl Composer<'_> {
    /// Makes the next node; `below` is the top-level key whose value it is.
    fn node(&mut self, below: Option<&Key>) -> Result<Node> {
        let RawNode { span, tag, kind } = self.raw.nodes[self.at];
        self.at += 1;
        self.depth += 1;
        // Only aliases can lead deeper than the text is nested.
        if self.depth > 2 * DEEPEST {
            return Err(Box::new(Fault::new(FaultKind::TooMuch, "aliases nest too deep", self.place(span))));
        }
        let value = match kind {
            RawKind::Alias(target) => {
                let node = self.copy(span, target, below);
                self.depth -= 1;
                return node;
            }
            RawKind::Scalar { text, made, plain } => {
                let text = self.raw.text(self.source, text, made);
                self.pay(1 + text.len() / BYTES_OF_A_VALUE)?;
                self.scalar(text, plain, tag, span)?
            }
            RawKind::List(items) => {
                self.pay(1)?;
                Value::List(self.list(items as usize)?)
            }
            RawKind::Map(keys) => {
                self.pay(1)?;
                Value::from(self.map(keys as usize, below)?)
            }
        };
        self.depth -= 1;
        let tag = match tag {
            RawTag::Reset => Tag::Reset,
            RawTag::Override => Tag::Override,
            _ => Tag::None,
        };
        Ok(Node { tag, ..Node::new(self.place(span), value) })
    }

    /// Makes what an alias stands for once more. Its own mistakes are told where it stands.
    fn copy(&mut self, alias: Span, target: u32, below: Option<&Key>) -> Result<Node> {
        let before = (self.at, self.alias);
        self.at = target as usize;
        self.alias = self.alias.or(Some(alias));
        let node = self.node(below);
        (self.at, self.alias) = before;
        node
    }

    /// Pays for values, if they are an alias's.
    fn pay(&mut self, values: usize) -> Result<()> {
        let Some(alias) = self.alias else { return Ok(()) };
        self.left = self.left.checked_sub(values).ok_or_else(|| {
            let message = format!("aliases add more than {MOST_ALIASED} values");
            let fault = Fault::new(FaultKind::TooMuch, message, self.place(alias));
            Box::new(fault.help("aliases of aliases multiply: write out what is meant"))
        })?;
        Ok(())
    }

    fn place(&self, span: Span) -> Place {
        span.of(self.source)
    }

    /// Adds a mistake, unless it was told where the alias's target stands. The last of very many ends the reading.
    fn tell(&mut self, fault: impl FnOnce() -> Fault) -> Result<()> {
        if self.alias.is_some() {
            return Ok(());
        }
        if self.faults.len() >= MOST_FAULTS {
            return Err(Box::new(fault()));
        }
        self.faults.push(fault());
        Ok(())
    }

    fn list(&mut self, items: usize) -> Result<Vec<Node>> {
        let mut list = Vec::with_capacity(items);
        for _ in 0..items {
            list.push(self.node(None)?);
        }
        Ok(list)
    }

    fn map(&mut self, keys: usize, below: Option<&Key>) -> Result<Map> {
        let is_top = self.depth == 1;
        let most = below.map_or(usize::MAX, |key| (self.most)(&key.text));
        let mut map = Map::with_capacity(keys.min(most));
        let mut merged = Vec::new();
        let mut merges_at: Option<Place> = None;
        for _ in 0..keys {
            let is_merge = self.is_merge();
            let key = self.key()?;
            let written = self.raw.nodes[self.at].span;
            let value = self.node(key.as_ref().filter(|_| is_top))?;
            let Some(key) = key else { continue };
            if is_merge {
                if let Some(first) = &merges_at {
                    self.tell(|| {
                        let fault = Fault::new(FaultKind::DuplicateKey, "`<<` stands twice in this map", key.place);
                        let fault = fault.help("write one with a list: `<<: [*one, *other]`");
                        Fault { related: Some((first.clone(), "first here")), ..fault }
                    })?;
                    continue;
                }
                merges_at = Some(key.place);
                // Of an alias, where it stands and not what it stands for.
                merged.push(Node { place: self.place(written), ..value });
                continue;
            }
            let count = map.len();
            let second = key.place.clone();
            match map.entry(key) {
                Entry::Vacant(_) if count >= most => return Err(too_many(most, below, second)),
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(taken) => self.tell(|| stands_twice(taken.key(), second))?,
            }
        }
        for source in merged {
            merge(&mut map, source)?;
        }
        Ok(map)
    }

    /// Whether the next node is the key `<<`.
    fn is_merge(&self) -> bool {
        match self.raw.nodes[self.at].kind {
            RawKind::Scalar { text, made, plain } => plain && self.raw.text(self.source, text, made) == "<<",
            RawKind::List(_) | RawKind::Map(_) | RawKind::Alias(_) => false,
        }
    }

    /// The next node as a key; `None` after a mistake.
    fn key(&mut self) -> Result<Option<Key>> {
        // A key comes with its value and costs nothing.
        self.left = self.left.saturating_add(usize::from(self.alias.is_some()));
        let Node { place, value, .. } = self.node(None)?;
        match value {
            Value::Text(text) => return Ok(Some(Key::new(text, place))),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => self.tell(|| {
                let written = place.text().to_owned();
                let fault = Fault::new(FaultKind::KeyNotText, format!("the key `{written}` is no text"), place);
                fault.help(format!("quote it: \"{written}\""))
            })?,
            Value::List(_) | Value::Map(_) => {
                self.tell(|| Fault::new(FaultKind::KeyNotText, "a key must be a text", place))?;
            }
        }
        Ok(None)
    }

    fn scalar(&mut self, text: &str, plain: bool, tag: RawTag, span: Span) -> Result<Value> {
        let wanted = match tag {
            RawTag::Text => return Ok(Value::from(text)),
            RawTag::Int => "int",
            RawTag::Float => "float",
            RawTag::Bool => "bool",
            RawTag::Null => "null",
            RawTag::None | RawTag::Reset | RawTag::Override if plain => return Ok(scalar::plain(text)),
            RawTag::None | RawTag::Reset | RawTag::Override => return Ok(Value::from(text)),
        };
        let value = scalar::plain(text);
        let fits = matches!(
            (wanted, &value),
            ("int", Value::Int(_))
                | ("float", Value::Int(_) | Value::Float(_))
                | ("bool", Value::Bool(_))
                | ("null", Value::Null)
        );
        if !fits {
            let place = self.place(span);
            self.tell(|| Fault::new(FaultKind::WrongType, format!("`{text}` is no !!{wanted}"), place))?;
        }
        Ok(value)
    }
}

fn too_many(most: usize, below: Option<&Key>, place: Place) -> Box<Fault> {
    let what = below.map_or("entries", |key| &key.text);
    let fault = Fault::new(FaultKind::TooMuch, format!("more than {most} {what}"), place);
    Box::new(fault.help("split the spec: an engine holds a few thousand containers at most"))
}

fn stands_twice(first: &Key, second: Place) -> Fault {
    let message = format!("`{}` stands twice in this map", first.text);
    let fault = Fault::new(FaultKind::DuplicateKey, message, second).help("keep one of the two");
    Fault { related: Some((first.place.clone(), "first here")), ..fault }
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
