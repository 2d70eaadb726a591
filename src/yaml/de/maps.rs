//! What lists and maps hold: items, entries whose keys are the user's, and the fields of a struct.

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::MOST;
use super::mistake::Mistake;
use super::reader::Reader;
use crate::did_you_mean::did_you_mean;
use crate::yaml::{Fault, FaultKind, Key, MOST_FAULTS, Map, Node, Step};

/// The name under which a struct takes the keys that begin with `x-`.
const EXTENSIONS: &str = "x-*";

/// The items of a list.
pub(super) struct Items<'a> {
    reader: Reader<'a>,
    list: &'a [Node],
    at: usize,
}

impl<'a> Items<'a> {
    pub fn new(reader: Reader<'a>, list: &'a [Node]) -> Self {
        Self { reader, list, at: 0 }
    }
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some(node) = self.list.get(self.at) else { return Ok(None) };
        let index = self.at;
        self.at += 1;
        seed.deserialize(self.reader.child(node)).map(Some).map_err(|mistake| mistake.through(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len() - self.at)
    }
}

type Iter<'a> = indexmap::map::Iter<'a, Key, Node>;

/// The entries of a map whose keys are the user's.
pub(super) struct Entries<'a> {
    reader: Reader<'a>,
    entries: Iter<'a>,
    value: Option<(&'a Key, &'a Node)>,
}

impl<'a> Entries<'a> {
    pub fn new(reader: Reader<'a>, map: &'a Map) -> Self {
        Self { reader, entries: map.iter(), value: None }
    }
}

impl<'a> MapAccess<'a> for Entries<'a> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        self.value = self.entries.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(key.text.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let (key, node) = self.value.expect("serde asks for a value after its key");
        seed.deserialize(self.reader.child(node)).map_err(|mistake| mistake.through(Step::Key(key.text.clone())))
    }
}

/// The entries of a map whose keys are a struct's.
pub(super) struct Fields<'a> {
    reader: Reader<'a>,
    fields: &'static [&'static str],
    entries: Iter<'a>,
    value: Option<(&'a Key, &'a Node)>,
    extensions: Vec<(&'a Key, &'a Node)>,
    done: bool,
}

impl<'a> Fields<'a> {
    pub fn new(reader: Reader<'a>, map: &'a Map, fields: &'static [&'static str]) -> Self {
        Self { reader, fields, entries: map.iter(), value: None, extensions: Vec::new(), done: false }
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        for (key, node) in self.entries.by_ref() {
            if self.fields.contains(&key.text.as_str()) {
                self.value = Some((key, node));
                return seed.deserialize(key.text.as_str().into_deserializer()).map(Some);
            }
            if key.text.starts_with("x-") {
                self.extensions.push((key, node));
                continue;
            }
            let names = self.fields.iter().copied().filter(|field| *field != EXTENSIONS);
            let fault = Fault::new(FaultKind::UnknownKey, format!("unknown key `{}`", key.text), key.place.clone());
            let count = self.reader.unknown.borrow().len();
            if count >= MOST_FAULTS {
                continue;
            }
            let mut help = if count < MOST { did_you_mean(&key.text, names.clone()) } else { String::new() };
            if help.is_empty() && self.fields.len() < 10 {
                let known: Vec<_> = names.map(|name| format!("`{name}`")).collect();
                let listed = format!("known here: {}", known.join(", "));
                if listed.len() <= 80 {
                    help = listed;
                }
            }
            self.reader.unknown.borrow_mut().push(fault.help(help));
        }
        self.value = None;
        if self.done || self.extensions.is_empty() || !self.fields.contains(&EXTENSIONS) {
            return Ok(None);
        }
        self.done = true;
        seed.deserialize(EXTENSIONS.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        match self.value.take() {
            Some((key, node)) => seed
                .deserialize(Reader { node, is_field: true, ..self.reader })
                .map_err(|mistake| mistake.through(Step::Key(key.text.clone()))),
            None => seed.deserialize(Extensions { reader: self.reader, entries: std::mem::take(&mut self.extensions) }),
        }
    }
}

/// The keys that begin with `x-`, as a map.
struct Extensions<'a> {
    reader: Reader<'a>,
    entries: Vec<(&'a Key, &'a Node)>,
}

impl<'a> Deserializer<'a> for Extensions<'a> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let Self { reader, entries } = self;
        let entries = entries.into_iter().map(|(key, node)| (key.text.as_str(), Child(reader.child(node))));
        visitor.visit_map(serde::de::value::MapDeserializer::new(entries))
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>> bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Child<'a>(Reader<'a>);

impl<'a> IntoDeserializer<'a, Mistake> for Child<'a> {
    type Deserializer = Reader<'a>;

    fn into_deserializer(self) -> Reader<'a> {
        self.0
    }
}
