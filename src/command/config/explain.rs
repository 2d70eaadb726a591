//! `config --explain PATH`: where a value was set, and what it overrode.

use std::fmt::Write;

use serde_json::Value;

use super::Format;
use crate::command::{Failure, Kind};
use crate::did_you_mean::did_you_mean;
use crate::place::Place;
use crate::spec::Loaded;
use crate::spec::emit::{self, Audience};
use crate::yaml::{Node, Path, to_json};

/// Says where a value was set, and what it overrode.
///
/// # Errors
/// When the spec has no such value.
pub fn explain(path: &str, loaded: &Loaded, format: Format) -> Result<String, Failure> {
    let canonical = emit::spec(&loaded.spec, Audience::Yaml);
    let printed = find(&canonical, path);
    let written = loaded.find(&Path::parse(path));
    let value = match (printed, written) {
        (Some(printed), _) => printed.clone(),
        (None, Some(written)) => to_json(written),
        (None, None) => return Err(unknown(path, &canonical)),
    };
    let overrode: Vec<&Node> =
        std::iter::successors(written.and_then(|node| node.replaced.as_deref()), |node| node.replaced.as_deref())
            .collect();
    Ok(match format {
        Format::Json => {
            let place = |place: &Place| serde_json::json!({"file": place.source.name, "line": place.line(), "column": place.column()});
            let overrode: Vec<_> = overrode
                .iter()
                .map(|node| serde_json::json!({"value": to_json(node), "place": place(&node.place)}))
                .collect();
            let set = written.map(|node| place(&node.place));
            format!("{:#}\n", serde_json::json!({"path": path, "value": value, "place": set, "overrode": overrode}))
        }
        Format::Yaml => human(path, &value, written, &overrode),
    })
}

fn human(path: &str, value: &Value, written: Option<&Node>, overrode: &[&Node]) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("a text can be written to");
    line(format!("{path}: {}", short(value)));
    match written {
        Some(node) => line(format!("  set at {}", node.place)),
        None => line(
            "  not written: it follows from the rest (a default, a file of variables, or an implied dependency)"
                .to_owned(),
        ),
    }
    for node in overrode {
        line(format!("  over {} at {}", short(&to_json(node)), node.place));
    }
    out
}

/// A scalar as it is, anything else as JSON on one line.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains('\n') => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a path; keys with dots in them are found too.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Value::Array(list) = value {
        let path = path.trim_start_matches('[');
        let end = path.find([']', '.']).unwrap_or(path.len());
        return find(list.get(path[..end].parse::<usize>().ok()?)?, path[end..].trim_start_matches([']', '.']));
    }
    let map = value.as_object()?;
    map.iter().find_map(|(key, below)| {
        let rest = path.strip_prefix(key.as_str())?;
        let ends = rest.is_empty() || rest.starts_with(['.', '[']);
        if ends { find(below, rest.strip_prefix('.').unwrap_or(rest)) } else { None }
    })
}

fn unknown(path: &str, canonical: &Value) -> Failure {
    let failure = Failure::new(Kind::Invalid, format!("the spec has no `{path}`"));
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let names = find(canonical, parent).and_then(Value::as_object);
    let near = names.map(|map| did_you_mean(last, map.keys().map(String::as_str))).unwrap_or_default();
    if near.is_empty() { failure } else { failure.hint(near) }
}
