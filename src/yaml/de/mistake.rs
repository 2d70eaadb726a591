//! A mistake on its way from the value at fault to the reader: each level adds its step.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::super::{Fault, FaultKind, Node, Step};
use crate::did_you_mean::did_you_mean;

/// Why a value cannot be read, on its way out to the node that it stands on.
#[derive(Debug)]
pub(super) struct Mistake(pub Box<Fault>);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Mistake {}

impl Mistake {
    pub fn new(kind: FaultKind, message: String, help: String) -> Self {
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

    pub fn at(self, node: &Node) -> Self {
        Self(Box::new(self.0.at(&node.place)))
    }

    pub fn through(self, step: Step) -> Self {
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
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
