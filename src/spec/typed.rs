//! From the merged tree to the typed spec.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::told::Told;
use super::value::Extensions;
use super::{Spec, code, fault, name};
use crate::diagnostic::Diagnostic;
use crate::yaml::{MOST_ENTRIES, Node, Value, read, to_json};

/// Top-level keys; `include` and `version` are gone by now.
const KEYS: [&str; 10] =
    ["name", "services", "networks", "volumes", "secrets", "configs", "models", "include", "version", "x-dsenv"];

/// Most services, networks, volumes and so on of one spec.
const MOST: usize = 10_000;

/// Most entries below a top-level key, which a file is refused for while it is read.
pub fn most(key: &str) -> usize {
    match key {
        "services" | "networks" | "volumes" | "secrets" | "configs" | "models" => MOST,
        _ => MOST_ENTRIES,
    }
}

/// Reads the spec. What is wrong is told, and left out of it; `broken` are the services that lack something by that.
pub fn spec(tree: &mut Node, broken: &mut BTreeSet<String>, said: &mut Told) -> Spec {
    let mut spec = Spec::default();
    let Some(map) = tree.as_map_mut() else { return spec };
    for (key, node) in map.iter_mut() {
        match key.text.as_str() {
            "name" => check_name(node, said),
            "services" => spec.services = all(node, "service", broken, said),
            "networks" => spec.networks = all(node, "network", &mut BTreeSet::new(), said),
            "volumes" => spec.volumes = all(node, "volume", &mut BTreeSet::new(), said),
            "secrets" => spec.secrets = all(node, "secret", &mut BTreeSet::new(), said),
            "configs" => spec.configs = all(node, "config", &mut BTreeSet::new(), said),
            "models" => spec.models = all(node, "model", &mut BTreeSet::new(), said),
            "x-dsenv" => spec.dsenv = one(node, "x-dsenv", said).unwrap_or_default(),
            other if other.starts_with("x-") => {
                let Extensions(extensions) = &mut spec.extensions;
                extensions.insert(other.to_owned(), to_json(node));
            }
            other => {
                let unknown =
                    Diagnostic::error(code::UNKNOWN_KEY, format!("unknown key `{other}`")).at(key.place.clone(), "");
                let near = said.near(other, KEYS);
                let is_service = node.get("image").or_else(|| node.get("build")).is_some();
                said.push(if !near.is_empty() {
                    unknown.help(near)
                } else if is_service {
                    unknown.help(format!("services stand under `services`: indent `{other}` below it"))
                } else {
                    unknown.help("keys of your own begin with `x-`")
                });
            }
        }
    }
    spec
}

fn check_name(node: &Node, said: &mut Told) {
    if node.as_text().is_none() {
        let message = format!("expected a text, found {}", node.kind());
        said.push(Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), "name").help("quote it"));
    }
}

/// Reads a top-level map, each entry by itself: a mistake in one costs no second look at the others.
fn all<T: DeserializeOwned>(
    node: &mut Node,
    what: &str,
    broken: &mut BTreeSet<String>,
    said: &mut Told,
) -> BTreeMap<String, T> {
    let map = match &mut node.value {
        Value::Map(map) => map,
        _ => {
            let message = format!("expected a map, found {}", node.kind());
            let help = if node.is_null() { "write `{}`, or remove the key" } else { "write `NAME: …` below it" };
            said.push(
                Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), format!("{what}s")).help(help),
            );
            return BTreeMap::new();
        }
    };
    if let Some((key, _)) = map.get_index(MOST) {
        let message = format!("more than {MOST} {what}s");
        let help = "split the spec: an engine holds a few thousand containers at most";
        said.push(Diagnostic::error(code::TOO_MUCH, message).at(key.place.clone(), "").help(help));
        return BTreeMap::new();
    }
    let mut read = BTreeMap::new();
    for (key, node) in map.iter_mut() {
        if said.is_enough() {
            break;
        }
        if !name::is_key(&key.text) {
            let message = format!("`{}` cannot be the name of a {what}", key.text);
            said.push(
                Diagnostic::error(code::NAME, message)
                    .at(key.place.clone(), "")
                    .help("use letters, digits, `.`, `_` and `-`"),
            );
            continue;
        }
        // A map that is empty or nothing has no place of its own; its key has.
        if node.is_null() || node.as_map().is_some_and(|map| map.is_empty()) {
            node.place = key.place.clone();
        }
        if !matches!(node.value, Value::Map(_)) && what == "service" {
            said.push(no_service(&key.text, node));
            broken.insert(key.text.clone());
            continue;
        }
        let before = said.errors().len();
        let value = one(node, &key.text, said);
        if said.errors().len() > before {
            broken.insert(key.text.clone());
        }
        if let Some(value) = value {
            read.insert(key.text.clone(), value);
        }
    }
    read
}

fn no_service(name: &str, node: &Node) -> Diagnostic {
    let (message, help) = match node.as_text() {
        Some(image) if !image.contains(char::is_whitespace) => (
            format!("service `{name}` is a text, not a map"),
            format!("for an image write `{name}: {{image: {image}}}`"),
        ),
        _ if node.is_null() => (
            format!("service `{name}` has nothing in it"),
            "give it an `image` or a `build`, indented below it".to_owned(),
        ),
        _ => {
            let help = "write its keys below it, such as `image: nginx`".to_owned();
            (format!("service `{name}` is {}, not a map", node.kind()), help)
        }
    };
    Diagnostic::error(code::WRONG_TYPE, message).at(node.place.clone(), "").help(help)
}

fn one<T: DeserializeOwned>(node: &mut Node, name: &str, said: &mut Told) -> Option<T> {
    let mut faults = Vec::new();
    let value = read(node, &mut faults);
    for fault in faults {
        let mut diagnostic = fault::diagnostic(fault);
        if !diagnostic.label.is_empty() {
            // A short form became a key that nobody wrote.
            let label = diagnostic.label.trim_end_matches(".single");
            diagnostic.label = format!("{name}.{label}");
        }
        said.push(diagnostic);
    }
    value
}
