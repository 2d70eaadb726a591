//! One node as serde's deserializer: lenient as Compose is about numbers and truths in quotes, and else strict.

use std::cell::RefCell;

use serde::de::{Deserializer, Visitor};

use super::maps::{Entries, Fields, Items};
use super::mistake::{Mistake, one_of};
use super::variant::Variant;
use crate::yaml::{Fault, FaultKind, Map, Node, Value};

/// A node that is read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub node: &'a Node,
    pub unknown: &'a RefCell<Vec<Fault>>,
    /// A key of a struct: `key:` with nothing behind it is a mistake there, while in a map it is a value.
    pub is_field: bool,
}

impl<'a> Reader<'a> {
    /// A node below.
    pub fn child(self, node: &'a Node) -> Self {
        Self { node, is_field: false, ..self }
    }

    /// A mistake about the kind of the value, with the words for both.
    fn expected(self, expected: &str) -> Mistake {
        let found = match &self.node.value {
            // Of a text with variables in it, what became of it.
            Value::Text(text) if self.node.place.text().contains('$') => match text.lines().next() {
                None => "an empty text".to_owned(),
                Some(first) => format!("a text `{first}`"),
            },
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
        visitor.visit_seq(Items::new(self, list))
    }

    fn map<V: Visitor<'a>>(self, map: &'a Map, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_map(Entries::new(self, map))
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
        visitor.visit_map(Fields::new(self, map, fields)).map_err(|mistake| mistake.at(self.node))
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
