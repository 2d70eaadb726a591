//! The spec as Compose prints it, made from the types alone.
//!
//! A field of a struct is left out when it is empty, false, zero or nothing; an `Option` that is `Some` is printed,
//! an empty text never; entries of maps always. Keys beginning with `x-` are spread out again; in JSON, only those at
//! the top level are printed, as Compose does.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::{Map, Number, Value};

use super::Spec;

/// For whom it is printed; the two differ in small ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// YAML, for people.
    Yaml,
    /// JSON, for programs.
    Json,
}

/// The canonical spec: active services and what they use.
pub fn spec(spec: &Spec, audience: Audience) -> Value {
    let Spec {
        name,
        folder: _,
        services,
        inactive: _,
        left_out: _,
        networks,
        volumes,
        secrets,
        configs,
        models,
        dsenv,
        extensions,
    } = spec;
    let mut map = Map::new();
    map.insert("name".to_owned(), name.as_str().into());
    let mut put = |key: &str, value: Value| {
        if !is_empty(&value) {
            map.insert(key.to_owned(), value);
        }
    };
    put("services", value(services, audience));
    put("networks", value(networks, audience));
    put("volumes", value(volumes, audience));
    put("secrets", value(secrets, audience));
    put("configs", value(configs, audience));
    if audience == Audience::Yaml {
        put("models", value(models, audience));
    }
    put("x-dsenv", value(dsenv, audience));
    for (key, value) in &extensions.0 {
        map.insert(key.clone(), value.clone());
    }
    Value::Object(map)
}

/// Any part of a spec.
pub fn value(part: &impl Serialize, audience: Audience) -> Value {
    part.serialize(Emit(audience)).map(|out| out.value).expect("the types of a spec have a form in print")
}

/// A value, and whether a struct prints it whatever it is.
struct Out {
    value: Value,
    keep: bool,
}

impl From<Value> for Out {
    fn from(value: Value) -> Self {
        Self { value, keep: false }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unprintable(String);

impl ser::Error for Unprintable {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct Emit(Audience);

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn number(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is in range")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

macro_rules! plain {
    ($($method:ident $type:ty)*) => {$(
        fn $method(self, value: $type) -> Result<Out, Unprintable> {
            Ok(Value::from(value).into())
        }
    )*};
}

type Never = Impossible<Out, Unprintable>;

fn unprintable<T>(what: &str) -> Result<T, Unprintable> {
    Err(Unprintable(format!("{what} has no form in print")))
}

impl Serializer for Emit {
    type Ok = Out;
    type Error = Unprintable;
    type SerializeSeq = Items;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Never;

    plain! {
        serialize_bool bool
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64
        serialize_str &str
    }

    fn serialize_f32(self, value: f32) -> Result<Out, Unprintable> {
        // By way of its shortest digits: 0.1 is to stay 0.1.
        Ok(number(value.to_string().parse().unwrap_or_default()).into())
    }

    fn serialize_f64(self, value: f64) -> Result<Out, Unprintable> {
        Ok(number(value).into())
    }

    fn serialize_char(self, value: char) -> Result<Out, Unprintable> {
        Ok(Value::from(value.to_string()).into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Out, Unprintable> {
        unprintable("a run of bytes")
    }

    fn serialize_none(self) -> Result<Out, Unprintable> {
        Ok(Value::Null.into())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Out, Unprintable> {
        let Out { value, keep: _ } = value.serialize(self)?;
        let keep = !matches!(&value, Value::Null) && value.as_str() != Some("");
        Ok(Out { value, keep })
    }

    fn serialize_unit(self) -> Result<Out, Unprintable> {
        Ok(Value::Null.into())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Out, Unprintable> {
        Ok(Value::Null.into())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Out, Unprintable> {
        Ok(Value::from(variant).into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Out, Unprintable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Out, Unprintable> {
        unprintable("a variant with a value")
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Unprintable> {
        Ok(Items { emit: self, list: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Unprintable> {
        unprintable("a tuple")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Unprintable> {
        unprintable("a tuple")
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Unprintable> {
        unprintable("a tuple")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Unprintable> {
        Ok(Entries { emit: self, map: Map::new(), key: None })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields, Unprintable> {
        let is_device = matches!(name, "DeviceRate" | "DeviceWeight");
        // Compose never named these fields for JSON; Go's own names show.
        let capital = self.0 == Audience::Json && is_device;
        let always = match self.0 {
            Audience::Json => always(name),
            Audience::Yaml => &[],
        };
        // A limit has both its numbers or it cannot be read again; Compose's JSON drops a zero all the same.
        let is_limit = name == "SoftAndHard" && self.0 == Audience::Yaml;
        let whole = is_device || is_limit || name == "DiscreteResource";
        Ok(Fields { emit: self, map: Map::new(), capital, whole, always })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Unprintable> {
        unprintable("a variant with fields")
    }
}

struct Items {
    emit: Emit,
    list: Vec<Value>,
}

impl SerializeSeq for Items {
    type Ok = Out;
    type Error = Unprintable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Unprintable> {
        self.list.push(item.serialize(self.emit)?.value);
        Ok(())
    }

    fn end(self) -> Result<Out, Unprintable> {
        Ok(Value::Array(self.list).into())
    }
}

struct Entries {
    emit: Emit,
    map: Map<String, Value>,
    key: Option<String>,
}

impl SerializeMap for Entries {
    type Ok = Out;
    type Error = Unprintable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unprintable> {
        let Value::String(key) = key.serialize(self.emit)?.value else { return unprintable("a key that is no text") };
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        let key = self.key.take().expect("serde gives a key before its value");
        self.map.insert(key, value.serialize(self.emit)?.value);
        Ok(())
    }

    fn end(self) -> Result<Out, Unprintable> {
        Ok(Value::Object(self.map).into())
    }
}

struct Fields {
    emit: Emit,
    map: Map<String, Value>,
    capital: bool,
    /// Fields are printed though they are empty.
    whole: bool,
    /// Fields that are printed though they are empty, and as what.
    always: &'static [(&'static str, Empty)],
}

/// How Compose prints an empty field in JSON.
#[derive(Debug, Clone, Copy)]
enum Empty {
    Null,
    Object,
    Hook,
}

impl Empty {
    fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Object => Value::Object(Map::new()),
            Self::Hook => serde_json::json!({"command": null}),
        }
    }
}

/// The fields that Compose prints in JSON whether they are set or not, by the struct that they are in.
fn always(name: &str) -> &'static [(&'static str, Empty)] {
    match name {
        "Service" => &[("command", Empty::Null), ("entrypoint", Empty::Null)],
        "Deploy" => &[("resources", Empty::Object), ("placement", Empty::Object)],
        "Watch" => &[("exec", Empty::Hook)],
        "Hook" => &[("command", Empty::Null)],
        _ => &[],
    }
}

impl SerializeStruct for Fields {
    type Ok = Out;
    type Error = Unprintable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unprintable> {
        let Out { value, keep } = value.serialize(self.emit)?;
        if key.starts_with("x-") && self.emit.0 == Audience::Json {
            return Ok(());
        }
        match (key, value) {
            ("x-*", Value::Object(extensions)) => self.map.extend(extensions),
            (_, value) if keep || self.whole || !is_empty(&value) => {
                let key = if self.capital { key[..1].to_uppercase() + &key[1..] } else { key.to_owned() };
                self.map.insert(key, value);
            }
            (_, _) => {
                if let Some((_, empty)) = self.always.iter().find(|(always, _)| *always == key) {
                    self.map.insert(key.to_owned(), empty.value());
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Out, Unprintable> {
        Ok(Value::Object(self.map).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::types::{Healthcheck, Port, Service};
    use crate::spec::value::{Duration, Text};

    #[test]
    fn empty_fields_are_left_out_and_those_that_are_set_are_printed() {
        let service = Service {
            command: Some(Vec::new()),
            scale: Some(0),
            hostname: Some(String::new()),
            environment: [("A".to_owned(), None), ("B".to_owned(), Some(Text::default()))].into(),
            healthcheck: Some(Healthcheck { interval: Some(Duration(0)), ..Healthcheck::default() }),
            ports: vec![Port { target: 80, ..Port::default() }],
            ..Service::default()
        };
        let expected = serde_json::json!({
            "command": [], "scale": 0, "environment": {"A": null, "B": ""},
            "healthcheck": {"interval": "0s"}, "ports": [{"target": 80}],
        });
        assert_eq!(value(&service, Audience::Yaml), expected);
    }
}
