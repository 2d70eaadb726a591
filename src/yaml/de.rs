//! Typed values from nodes, with the node's place on every mistake.
//!
//! A derived type stops at its first mistake. So [`read`] takes away the node at fault and reads again until it holds:
//! one run tells all. Unknown keys do not even stop it.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::suggest::did_you_mean;
use super::{Fault, FaultKind, Key, MOST_FAULTS, Map, Node, Path, Step, Value};

/// The name under which a struct takes the keys that begin with `x-`.
const EXTENSIONS: &str = "x-*";

/// Most mistakes of one value that are looked for: each costs a reading of the whole.
const MOST: usize = 64;

/// Reads a typed value. Mistakes are added to `faults`, and what they stand on is taken out of the tree; `None` when
/// nothing is left to read.
pub fn read<T: DeserializeOwned>(node: &mut Node, faults: &mut Vec<Fault>) -> Option<T> {
    let mut removed: Vec<Path> = Vec::new();
    loop {
        let unknown = RefCell::new(Vec::new());
        let result = T::deserialize(Reader { node, unknown: &unknown, is_field: false });
        match result {
            Ok(value) => {
                faults.append(&mut unknown.into_inner());
                return Some(value);
            }
            Err(Mistake(mut fault)) => {
                fault.path.0.reverse();
                let went_on = removed.len() < MOST && remove(node, &fault.path);
                // A key that is missing because its value was wrong is no second mistake.
                let parent = |path: &Path| path.0.split_last().is_some_and(|(_, parent)| parent == fault.path.0);
                let follows = fault.kind == FaultKind::MissingKey && removed.iter().any(parent);
                removed.push(fault.path.clone());
                if !follows {
                    faults.push(*fault);
                }
                if !went_on {
                    faults.append(&mut unknown.into_inner());
                    return None;
                }
            }
        }
    }
}

fn remove(node: &mut Node, path: &Path) -> bool {
    let Some((last, way)) = path.0.split_last() else { return false };
    let parent = way.iter().try_fold(node, |node, step| match (step, &mut node.value) {
        (Step::Key(key), Value::Map(map)) => map.get_mut(key.as_str()),
        (Step::Index(index), Value::List(list)) => list.get_mut(*index),
        _ => None,
    });
    match (last, parent.map(|parent| &mut parent.value)) {
        (Step::Key(key), Some(Value::Map(map))) => map.shift_remove(key.as_str()).is_some(),
        (Step::Index(index), Some(Value::List(list))) if *index < list.len() => {
            list.remove(*index);
            true
        }
        _ => false,
    }
}

#[derive(Debug)]
struct Mistake(Box<Fault>);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Mistake {}

impl Mistake {
    fn new(kind: FaultKind, message: String, help: String) -> Self {
        Self(Box::new(Fault { help, ..Fault::somewhere(kind, message) }))
    }

    /// What is expected may give examples: they are the help.
    fn unlike(kind: FaultKind, found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let (what, examples) = expected.split_once(", such as ").unwrap_or((&expected, ""));
        let help = match found {
            _ if !examples.is_empty() => format!("such as {examples}"),
            Unexpected::Map | Unexpected::Seq => "write one value behind the key".to_owned(),
            _ => String::new(),
        };
        Self::new(kind, format!("expected {what}, found {}", words(found)), help)
    }

    fn at(self, node: &Node) -> Self {
        Self(Box::new(self.0.at(&node.place)))
    }

    fn through(self, step: Step) -> Self {
        Self(Box::new(self.0.through(step)))
    }
}

impl Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(FaultKind::WrongValue, message.to_string(), String::new())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unlike(FaultKind::WrongType, found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::unlike(FaultKind::WrongValue, found, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let values = one_of(expected);
        let near = did_you_mean(variant, expected.iter().copied());
        let (message, help) = if values.len() < 48 {
            let help = if near.is_empty() { "write one of them".to_owned() } else { near };
            (format!("expected {values}, found `{variant}`"), help)
        } else {
            let help = if near.is_empty() { format!("there is {values}") } else { near };
            (format!("`{variant}` is none of the values of this key"), help)
        };
        Self::new(FaultKind::WrongValue, message, help)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(FaultKind::MissingKey, format!("`{field}` is missing here"), format!("add `{field}: …`"))
    }
}

fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("`{text}`"),
        Unexpected::Bool(truth) => format!("`{truth}`"),
        Unexpected::Signed(number) => format!("`{number}`"),
        Unexpected::Unsigned(number) => format!("`{number}`"),
        Unexpected::Float(number) => format!("`{number}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// `a`, `b` or `c`.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    unknown: &'a RefCell<Vec<Fault>>,
    /// A key of a struct: `key:` with nothing behind it is a mistake there, while in a map it is a value.
    is_field: bool,
}

impl<'a> Reader<'a> {
    fn child(self, node: &'a Node) -> Self {
        Self { node, is_field: false, ..self }
    }

    /// A mistake about the kind of the value, with the words for both.
    fn expected(self, expected: &str) -> Mistake {
        let found = match &self.node.value {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
                let written = self.node.place.text();
                let short = if written.contains('\n') { written.lines().next().unwrap_or_default() } else { written };
                format!("{} `{short}`", self.node.kind())
            }
            Value::Null | Value::List(_) | Value::Map(_) => self.node.kind().to_owned(),
        };
        let written = self.node.place.text();
        let help = match (&self.node.value, expected) {
            (Value::Bool(_) | Value::Int(_) | Value::Float(_), "a text") => format!("quote it: \"{written}\""),
            (Value::Null, _) => "give it a value, or remove the key".to_owned(),
            (Value::Map(_), "a list") => "write a list: each item begins with `- `".to_owned(),
            (_, "a list") => format!("write a list: `[{written}]`"),
            (_, "a map") => "write its keys below it, each with a value: `KEY: VALUE`".to_owned(),
            (_, whole) if whole.starts_with("a whole number") => "write digits, such as `2`".to_owned(),
            (Value::List(_) | Value::Map(_), _) => "write one value behind the key".to_owned(),
            (_, "true or false") => "write `true` or `false`, without quotes".to_owned(),
            _ => String::new(),
        };
        Mistake::new(FaultKind::WrongType, format!("expected {expected}, found {found}"), help).at(self.node)
    }

    fn whole(self, expected: &str) -> Result<i64, Mistake> {
        match &self.node.value {
            Value::Int(number) => Ok(*number),
            Value::Text(text) => text.trim().parse().map_err(|_| self.expected(expected)),
            #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is in range")]
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Ok(*number as i64),
            _ => Err(self.expected(expected)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction was asked for")]
    fn fraction(self) -> Result<f64, Mistake> {
        match &self.node.value {
            Value::Int(number) => Ok(*number as f64),
            Value::Float(number) => Ok(*number),
            Value::Text(text) => text.trim().parse().map_err(|_| self.expected("a number")),
            _ => Err(self.expected("a number")),
        }
    }

    fn list<V: Visitor<'a>>(self, list: &'a [Node], visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_seq(Items { reader: self, list, at: 0 })
    }

    fn map<V: Visitor<'a>>(self, map: &'a Map, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_map(Entries { reader: self, entries: map.iter(), value: None })
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty: $words:literal;)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
            let number = <$type>::try_from(self.whole($words)?).map_err(|_| self.expected($words))?;
            visitor.$visit(number).map_err(|mistake: Mistake| mistake.at(self.node))
        }
    )*};
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let result = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Int(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(list) => self.list(list, visitor),
            Value::Map(map) => self.map(map, visitor),
        };
        result.map_err(|mistake: Mistake| mistake.at(self.node))
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let truth = match &self.node.value {
            Value::Bool(truth) => Some(*truth),
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "y" | "yes" | "on" => Some(true),
                "false" | "n" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        };
        visitor.visit_bool(truth.ok_or_else(|| self.expected("true or false"))?)
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8: "a whole number";
        deserialize_i16 visit_i16 i16: "a whole number";
        deserialize_i32 visit_i32 i32: "a whole number";
        deserialize_i64 visit_i64 i64: "a whole number";
        deserialize_u8 visit_u8 u8: "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16: "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32: "a whole number from 0 up";
        deserialize_u64 visit_u64 u64: "a whole number from 0 up";
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_f64(self.fraction()?)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_borrowed_str(text).map_err(|mistake: Mistake| mistake.at(self.node)),
            _ => Err(self.expected("a text")),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.node.is_null() && !self.is_field { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::List(list) => self.list(list, visitor),
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Map(map) => self.map(map, visitor),
            _ => Err(self.expected("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let Value::Map(map) = &self.node.value else { return Err(self.expected("a map")) };
        let access =
            Fields { reader: self, fields, entries: map.iter(), value: None, extensions: Vec::new(), done: false };
        visitor.visit_map(access).map_err(|mistake| mistake.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_enum(Variant(text)).map_err(|mistake| mistake.at(self.node)),
            _ => Err(self.expected(&one_of(variants))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { <V: Visitor<'a>> i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier }
}

struct Variant<'a>(&'a str);

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Mistake> {
        Ok((seed.deserialize(self.0.into_deserializer())?, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, _: T) -> Result<T::Value, Mistake> {
        Err(Mistake::custom("a variant with a value cannot be written"))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, _: V) -> Result<V::Value, Mistake> {
        Err(Mistake::custom("a variant with values cannot be written"))
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Mistake> {
        Err(Mistake::custom("a variant with keys cannot be written"))
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    list: &'a [Node],
    at: usize,
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
struct Entries<'a> {
    reader: Reader<'a>,
    entries: Iter<'a>,
    value: Option<(&'a Key, &'a Node)>,
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
struct Fields<'a> {
    reader: Reader<'a>,
    fields: &'static [&'static str],
    entries: Iter<'a>,
    value: Option<(&'a Key, &'a Node)>,
    extensions: Vec<(&'a Key, &'a Node)>,
    done: bool,
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
