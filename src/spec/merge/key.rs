//! What tells the items of a list apart.

use crate::yaml::{Node, Value};

fn plain(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        // No key: it stays beside all others, and the typed reader tells what is wrong with it.
        Value::Null | Value::List(_) | Value::Map(_) => format!("at {}", node.place.span.start()),
    }
}

fn part(node: &Node, key: &str) -> String {
    node.get(key).map(plain).unwrap_or_default()
}

/// The text before the first `=`.
pub fn text(node: &Node) -> String {
    let mut text = plain(node);
    if let Some(at) = text.find('=') {
        text.truncate(at);
    }
    text
}

/// The text as a whole: `label=user:a` and `label=role:b` are two.
pub fn whole(node: &Node) -> String {
    plain(node)
}

/// The path of an env file.
pub fn path(node: &Node) -> String {
    part(node, "path")
}

/// The target of a mount or a device; of a device without one, its source.
pub fn target(node: &Node) -> String {
    match node.get("target") {
        Some(target) => plain(target),
        // As long as its variables are not replaced it is a text, and like no other.
        None if node.as_text().is_some() => plain(node),
        None => part(node, "source"),
    }
}

/// The target of a secret.
pub fn secret(node: &Node) -> String {
    grant(node, "/run/secrets/")
}

/// The target of a config.
pub fn config(node: &Node) -> String {
    grant(node, "/")
}

fn grant(node: &Node, folder: &str) -> String {
    match node.get("target") {
        Some(target) => plain(target),
        None => format!("{folder}{}", part(node, "source")),
    }
}

/// Address, every one where none is said; port of the host, port of the container and protocol.
pub fn port(node: &Node) -> String {
    if node.as_text().is_some() {
        return plain(node);
    }
    let part = |key| part(node, key);
    let address = node.get("host_ip").map_or_else(|| "0.0.0.0".to_owned(), plain);
    format!("{address}:{}:{}/{}", part("published"), part("target"), part("protocol"))
}
