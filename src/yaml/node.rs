//! A value of YAML and where it stands.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;

use crate::place::Place;

/// Bytes of a text that cost as much as a value.
pub(super) const BYTES_OF_A_VALUE: usize = 64;

/// A value of YAML and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands. Of a map, its first key; of a list, its beginning.
    pub place: Place,
    /// What it asks of a merge.
    pub tag: Tag,
    /// What it says.
    pub value: Value,
    /// What it replaced in a merge, if anything.
    pub replaced: Option<Box<Node>>,
}

/// What a value asks of a merge with what is below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tag {
    /// To be merged.
    #[default]
    None,
    /// `!reset`: to be taken away.
    Reset,
    /// `!override`: to take the place of the other.
    Override,
}

/// What a value of YAML says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `null`, `~`, or empty.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map. Boxed, so that the many scalars stay small.
    Map(Box<Map>),
}

/// A map, in the order of the text.
pub type Map = IndexMap<Key, Node>;

/// A key of a map and where it stands. Equal to every key of the same text.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl Node {
    /// A value with a place.
    pub fn new(place: Place, value: impl Into<Value>) -> Self {
        Self { place, tag: Tag::None, value: value.into(), replaced: None }
    }

    /// The map that it is.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The map that it is.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Value::Map(map) = &mut self.value { Some(map) } else { None }
    }

    /// The list that it is.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    /// The text that it is.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value of a key, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value of a key, if it is a map that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(key)
    }

    /// How much a copy of it costs, in values; a long text counts for several.
    pub fn weight(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
            Value::Text(text) => text.len() / BYTES_OF_A_VALUE,
            Value::List(list) => list.iter().map(Self::weight).sum(),
            Value::Map(map) => map.values().map(Self::weight).sum(),
        }
    }

    /// What kind of value it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Key {
    /// A key with a place.
    pub fn new(text: impl Into<String>, place: Place) -> Self {
        Self { text: text.into(), place }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.as_str().hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<Node>> for Value {
    fn from(list: Vec<Node>) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Box::new(map))
    }
}
