//! Items that may be written as one text.

use super::Said;
use super::{default, map_at, text};
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Node, Value};

/// An item of `configs` or `secrets`: a text is the source.
pub fn grant(node: &mut Node, _: &mut Said<'_>) {
    if let Value::Text(source) = &node.value {
        node.value = Value::from(map_at(&node.place, [("source", text(source))]));
    }
}

/// An item of `env_file`: a text is the path, and it must be there.
pub fn env_file(node: &mut Node, _: &mut Said<'_>) {
    if let Value::Text(path) = &node.value {
        node.value = Value::from(map_at(&node.place, [("path", text(path))]));
    }
    let place = node.place.clone();
    if let Value::Map(map) = &mut node.value {
        default(map, "required", &place, true);
    }
}

/// `extends`: a text is the service.
pub fn extends(node: &mut Node, _: &mut Said<'_>) {
    if let Value::Text(service) = &node.value {
        node.value = Value::from(map_at(&node.place, [("service", text(service))]));
    }
}

/// An item of `ulimits`: a number is both limits; a map names both. One without any is how a 0 is printed.
pub fn ulimit(node: &mut Node, said: &mut Said<'_>) {
    if let Value::Map(map) = &node.value
        && !map.is_empty()
    {
        for key in ["soft", "hard"].into_iter().filter(|key| !map.contains_key(*key)) {
            let told = Diagnostic::error(code::MISSING_KEY, format!("`{key}` is missing: a limit has both"));
            said.push(told.at(node.place.clone(), "").help("add it, or write one number for both"));
        }
    }
    if matches!(node.value, Value::Int(_) | Value::Text(_)) {
        let number = std::mem::replace(&mut node.value, Value::Null);
        node.value = Value::from(map_at(&node.place, [("single", Some(number))]));
    }
}

/// `gpus`, and requested devices: `all` is every one; without number or ids, every one too.
pub fn requests(node: &mut Node, _: &mut Said<'_>) {
    if node.as_text() == Some("all") {
        let all = Node::new(node.place.clone(), map_at(&node.place, [("count", Some((-1_i64).into()))]));
        node.value = Value::List(vec![all]);
    }
    let Value::List(list) = &mut node.value else { return };
    for item in list {
        let place = item.place.clone();
        if let Value::Map(map) = &mut item.value
            && !map.contains_key("device_ids")
        {
            default(map, "count", &place, -1_i64);
        }
    }
}

/// An item of `devices`: `SOURCE[:TARGET[:PERMISSIONS]]`.
pub fn device(node: &mut Node, said: &mut Said<'_>) {
    let Value::Text(short) = &node.value else { return };
    let parts: Vec<&str> = short.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source] => (source, source, "rwm"),
        [source, target] => (source, target, "rwm"),
        [source, target, permissions] => (source, target, permissions),
        _ => {
            let message = format!("`{short}` has too many colons for a device");
            let help = "write `SOURCE:TARGET:PERMISSIONS`, or a map with `source`, `target` and `permissions`";
            said.push(Diagnostic::error(code::WRONG_VALUE, message).at(node.place.clone(), "").help(help));
            node.value = Value::Null;
            return;
        }
    };
    let entries = [("source", text(source)), ("target", text(target)), ("permissions", text(permissions))];
    node.value = Value::from(map_at(&node.place, entries));
}
