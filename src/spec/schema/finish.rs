//! From the schema of the types to that of what people write: short forms, variables, keys of their own.

use std::collections::BTreeSet;
use std::mem;

use serde_json::{Map, Value, json};

use super::{examples, short};
use crate::spec::rule::Rule;

/// The key that stands for all those beginning with `x-`.
const EXTENSIONS: &str = "x-*";

/// Finishes a root schema.
pub fn all(schema: &mut Value, rule: &Rule) {
    let definitions = mem::take(&mut schema["definitions"]);
    let Value::Object(definitions) = definitions else { return };
    let mut walk = Walk { definitions, done: BTreeSet::new() };
    walk.node(schema, rule);
    // The old form, by which Compose still reads the name.
    for definition in ["Network", "Volume", "FileObject"] {
        let named =
            json!({"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": false});
        or(&mut walk.definitions[definition]["properties"]["external"], named);
    }
    schema["definitions"] = Value::Object(walk.definitions);
    schema["title"] = "dsenv environment".into();
    schema["properties"]["name"]["pattern"] = r"^[a-zA-Z0-9_.-]+$|\$".into();
    for key in ["services", "networks", "volumes", "secrets", "configs", "models"] {
        schema["properties"][key]["propertyNames"] = json!({"pattern": "^[a-zA-Z0-9._-]+$"});
    }
    schema["properties"]["include"]["items"] =
        json!({"anyOf": [{"type": "string"}, schema["properties"]["include"]["items"]]});
    examples::add(schema);
}

struct Walk {
    definitions: Map<String, Value>,
    /// Definitions that are finished: one that several keys share has the same rules under each.
    done: BTreeSet<String>,
}

impl Walk {
    fn node(&mut self, node: &mut Value, rule: &Rule) {
        let Value::Object(map) = node else { return };
        map.remove("default");
        map.remove("format");
        if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
            let name = name.to_owned();
            if self.done.insert(name.clone())
                && let Some(mut definition) = self.definitions.remove(&name)
            {
                self.inside(&mut definition, rule);
                self.definitions.insert(name, definition);
            }
        } else {
            self.inside(node, rule);
        }
        if let Some(short) = rule.short.and_then(short::schema) {
            or(node, short);
        }
    }

    fn inside(&mut self, node: &mut Value, rule: &Rule) {
        let Value::Object(map) = node else { return };
        for key in ["anyOf", "oneOf", "allOf"] {
            for branch in map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                self.node(branch, &Rule { short: None, ..*rule });
            }
        }
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            let extensible = properties.remove(EXTENSIONS).is_some();
            for (key, value) in properties.iter_mut() {
                let below = rule.at(key);
                self.node(value, below);
                present(value);
                if below.nothing_is_absent {
                    or(value, json!({"type": "null"}));
                }
            }
            map.insert("additionalProperties".to_owned(), false.into());
            if extensible {
                map.insert("patternProperties".to_owned(), json!({"^x-": {}}));
            }
        }
        if let Some(items) = map.get_mut("items") {
            self.node(items, rule.at(""));
            if let Some(item) = rule.short.and_then(short::item) {
                or(items, item);
            }
        }
        if let Some(values) = map.get_mut("additionalProperties").filter(|values| values.is_object()) {
            self.node(values, rule.at(""));
        }
        if let Some(Value::Array(required)) = map.get_mut("required") {
            required.retain(|key| key != EXTENSIONS);
            if required.is_empty() {
                map.remove("required");
            }
        }
        variables(node);
    }
}

/// A key of a struct that is given has a value: the `null` of an `Option` goes.
fn present(node: &mut Value) {
    let Value::Object(map) = node else { return };
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
        branches.retain(|branch| branch["type"] != "null");
    }
}

/// A number, a truth value or a word of a set may be a variable, and a number or truth value may be in quotes.
fn variables(node: &mut Value) {
    let Value::Object(map) = node else { return };
    let kinds: Vec<&str> = match map.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let pattern = match kinds.iter().find(|kind| **kind != "null") {
        Some(&"boolean") if !kinds.contains(&"string") => {
            r"^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[YyNn])$|\$"
        }
        Some(&"integer") => r"^-?[0-9]+$|\$",
        Some(&"number") if !kinds.contains(&"string") => r"^-?[0-9.]+$|\$",
        Some(&"string") if map.contains_key("enum") => r"\$",
        _ if map.get("oneOf").is_some_and(|branches| is_set(branches)) => r"\$",
        _ => return,
    };
    or(node, json!({"type": "string", "pattern": pattern}));
}

/// An enum whose variants have descriptions: a choice of constants.
fn is_set(branches: &Value) -> bool {
    branches.as_array().is_some_and(|branches| branches.iter().all(|branch| branch.get("const").is_some()))
}

/// Lets another schema stand for a node; what describes the node stays outside.
fn or(node: &mut Value, other: Value) {
    let mut inner = mem::take(node);
    let mut outer = Map::new();
    if let Value::Object(map) = &mut inner {
        for key in ["$schema", "title", "description", "deprecated"] {
            if let Some(value) = map.shift_remove(key) {
                outer.insert(key.to_owned(), value);
            }
        }
        // A choice that is one already takes another branch.
        if let (1, Some(Value::Array(branches))) = (map.len(), map.get_mut("anyOf")) {
            branches.push(other);
            outer.insert("anyOf".to_owned(), mem::take(&mut map["anyOf"]));
            *node = Value::Object(outer);
            return;
        }
    }
    outer.insert("anyOf".to_owned(), json!([inner, other]));
    *node = Value::Object(outer);
}
