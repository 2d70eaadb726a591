//! The record of a container's birth: its canonical [`Fixed`] as JSON in a label, compared with the desired one.
//!
//! Labels are copied by log and metric agents, so a record holds only the *names* of environment variables (their
//! values cannot change after birth, and the container itself shows them), and keyed digests of files and of every text
//! that looks secret. A record of an earlier release holds such texts as they are: it is read all the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::applied::{hidden, is_hidden};
use crate::diff;
use crate::model::{EnvironmentSource, FileMount, Fixed, Key, Variables};

/// What a container was born as.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The shape of the record.
    pub schema: u32,
    /// The object.
    pub fixed: Map<String, Value>,
    /// Names of variables that others than the file gave it.
    pub given: BTreeMap<EnvironmentSource, BTreeSet<String>>,
}

/// The shape that this version writes.
pub const SCHEMA: u32 = 1;

/// The desired side of a comparison: everything, contents as keyed digests.
pub fn desired(fixed: &Fixed, key: &Key) -> Value {
    let mut desired = serde_json::to_value(fixed).expect("a model of plain data has a JSON form");
    for (target, file) in &fixed.files {
        desired["files"][target]["content"] = file.content.keyed(key).as_str().into();
    }
    desired
}

/// What the label holds.
pub fn encode(fixed: &Fixed, key: &Key) -> String {
    encode_desired(&desired(fixed, key), key)
}

/// The same, from the desired side of a comparison.
pub fn encode_desired(desired: &Value, key: &Key) -> String {
    serde_json::to_string(&Encoded(&veiled(desired, key))).expect("JSON has a text")
}

/// A definition as a record holds it: keyed digests in the place of what looks secret.
pub fn veiled(definition: &Value, key: &Key) -> Value {
    let mut veiled = definition.clone();
    diff::veil("", &mut veiled, &|text| hidden(text, key));
    veiled
}

/// A definition from a record as it was, as far as the desired one has the texts that its digests stand for. So a
/// difference is found where there is one, whatever the release that wrote the record hid.
pub fn unveiled(mut recorded: Value, desired: &Value, key: &Key) -> Value {
    if holds_hidden(&recorded) {
        let known = RefCell::new(BTreeMap::new());
        diff::veil("", &mut desired.clone(), &|text| {
            let digest = hidden(text, key);
            known.borrow_mut().insert(digest.clone(), text.to_owned());
            digest
        });
        diff::unveil(&mut recorded, &known.into_inner());
    }
    recorded
}

/// Whether a definition from a record is not whole.
pub fn holds_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => is_hidden(text),
        Value::Array(items) => items.iter().any(holds_hidden),
        Value::Object(fields) => fields.values().any(holds_hidden),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A desired side as it is written: of the environment the names only.
struct Encoded<'v>(&'v Value);

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(fields) = self.0 else { return self.0.serialize(serializer) };
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (name, value) in fields {
            match value {
                Value::Object(variables) if name == "environment" => {
                    map.serialize_entry(name, &variables.keys().collect::<Vec<_>>())?;
                }
                value => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// What the label of given variables holds.
pub fn encode_given(given: &BTreeMap<EnvironmentSource, Variables>) -> String {
    let names: BTreeMap<_, Vec<_>> = given.iter().map(|(giver, given)| (giver, given.keys().collect())).collect();
    serde_json::to_string(&names).expect("JSON has a text")
}

/// Reads the labels. `None` if they hold no record.
pub fn decode(labels: &super::label::Labels) -> Option<Record> {
    let fixed = serde_json::from_str(labels.get(super::label::APPLIED)?).ok()?;
    let schema = labels.get(super::label::SCHEMA)?.parse().ok()?;
    let given = labels.get(super::label::GIVEN).and_then(|given| serde_json::from_str(given).ok()).unwrap_or_default();
    Some(Record { schema, fixed, given })
}

/// Configs and secrets of a definition by target; contents are keyed digests. What is of another shape is left out.
pub(super) fn files(files: &Value) -> BTreeMap<String, FileMount> {
    let read = |(target, file): (&String, &Value)| Some((target.clone(), serde_json::from_value(file.clone()).ok()?));
    files.as_object().into_iter().flatten().filter_map(read).collect()
}

impl Record {
    /// Configs and secrets in the container, by target; contents are keyed digests.
    pub fn files(&self) -> BTreeMap<String, FileMount> {
        self.fixed.get("files").map(files).unwrap_or_default()
    }

    /// The host name that the file gave it.
    pub fn hostname(&self) -> Option<&str> {
        self.fixed.get("hostname")?.as_str()
    }

    /// Whether the file spoke of a variable.
    pub fn names_variable(&self, name: &str) -> bool {
        match self.fixed.get("environment") {
            Some(Value::Array(names)) => names.iter().any(|recorded| recorded == name),
            _ => false,
        }
    }

    /// Links by their aliases.
    pub fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        let links = self.fixed.get("links").and_then(Value::as_object);
        links.into_iter().flatten().filter_map(|(alias, service)| Some((alias.as_str(), service.as_str()?)))
    }

    /// Whether this is exactly what is desired: the common case, told without making either side.
    pub fn is(&self, desired: &Value, environment: &BTreeMap<String, Option<String>>) -> bool {
        let Value::Object(desired) = desired else { return false };
        let same_variables = |recorded: &Value, desired: &Value| match (recorded, desired) {
            (Value::Array(names), Value::Object(desired)) => {
                let live = |name: &String| environment.get(name).cloned().flatten().map_or(Value::Null, Value::String);
                names.len() == desired.len()
                    && names
                        .iter()
                        .zip(desired)
                        .all(|(recorded, (name, value))| recorded == name && live(name) == *value)
            }
            _ => false,
        };
        self.fixed.len() == desired.len()
            && desired.iter().all(|(field, desired)| match self.fixed.get(field) {
                Some(recorded) if field == "environment" => same_variables(recorded, desired),
                recorded => recorded == Some(desired),
            })
    }

    /// The recorded side of a comparison: values of variables taken from the container itself, hidden texts from the
    /// other side where they are the same.
    pub fn recorded(&self, environment: &BTreeMap<String, Option<String>>, desired: &Value, key: &Key) -> Value {
        let Value::Object(mut fixed) = unveiled(Value::Object(self.fixed.clone()), desired, key) else {
            unreachable!("an object stays one")
        };
        if let Some(Value::Array(names)) = fixed.get("environment") {
            let values = names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| {
                    (name.to_owned(), environment.get(name).cloned().flatten().map_or(Value::Null, Value::String))
                })
                .collect();
            fixed.insert("environment".to_owned(), Value::Object(values));
        }
        Value::Object(fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(pairs: &[(&str, &str)]) -> Fixed {
        let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect();
        Fixed { environment, ..Fixed::of("busybox".into()) }
    }

    fn round(fixed: &Fixed, key: &Key) -> Record {
        let labels =
            [(super::super::label::APPLIED, encode(fixed, key)), (super::super::label::SCHEMA, "1".to_owned())]
                .map(|(k, v)| (k.to_owned(), v));
        decode(&labels.into()).expect("what was written can be read")
    }

    #[test]
    fn a_record_holds_no_value_and_still_tells_old_from_new() {
        let key = Key::new([7; 32]);
        let old = fixed(&[("DEBUG", "1"), ("GONE", "x")]);
        assert!(!encode(&old, &key).contains("\"1\""));
        let record = round(&old, &key);
        let against = |record: &Record, new: &Value| diff::fields(&record.recorded(&old.environment, new, &key), new);
        let changes = against(&record, &desired(&fixed(&[("DEBUG", "0")]), &key));
        let told: Vec<_> = changes.iter().map(|c| format!("{} {:?} {:?}", c.path, c.before, c.after)).collect();
        assert_eq!(
            told,
            ["environment.DEBUG Some(String(\"1\")) Some(String(\"0\"))", "environment.GONE Some(String(\"x\")) None"]
        );
        assert_eq!(against(&record, &desired(&old, &key)), []);
        assert!(record.is(&desired(&old, &key), &old.environment));
        assert!(!record.is(&desired(&fixed(&[("DEBUG", "0")]), &key), &old.environment));
    }

    #[test]
    fn what_looks_secret_is_a_digest_and_a_record_that_has_it_in_clear_is_read() {
        let key = Key::new([7; 32]);
        let labels = [("dsn", "Host=db;Password=hunter2"), ("team", "blue")];
        let with = |secret: &str| Fixed {
            labels: labels.map(|(name, value)| (name.to_owned(), value.replace("hunter2", secret))).into(),
            command: Some(["redis-server", "--requirepass", secret].map(str::to_owned).into()),
            ..fixed(&[])
        };
        let (old, new) = (with("hunter2"), with("hunter3"));
        let text = encode(&old, &key);
        assert!(!text.contains("hunter2") && text.contains("blue") && text.contains("--requirepass"), "{text}");
        let earlier = Record {
            fixed: serde_json::from_str(&serde_json::to_string(&Encoded(&desired(&old, &key))).unwrap()).unwrap(),
            ..round(&old, &key)
        };
        for record in [round(&old, &key), earlier] {
            let against = |wanted: &Fixed| {
                let wanted = desired(wanted, &key);
                diff::fields(&record.recorded(&BTreeMap::new(), &wanted, &key), &wanted)
            };
            assert_eq!(against(&old), []);
            let changes = against(&new);
            let told: Vec<_> = changes.iter().map(|it| (it.path.as_str(), it.sensitive)).collect();
            assert_eq!(told, [("command", true), ("labels.dsn", true)]);
            let shown: Vec<_> = changes.iter().flat_map(|it| [it.shown_before(), it.shown_after()]).collect();
            assert!(!format!("{shown:?}").contains("hunter"), "{shown:?}");
        }
    }
}
