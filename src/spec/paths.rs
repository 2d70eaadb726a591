//! Relative paths made absolute.

use camino::Utf8Path;

use super::Reader;
use super::expand::clean;
use super::rule::{Below, PathKind, Rule};
use crate::yaml::{Node, Value};

/// Where paths start.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// Folder of relative paths, absolute.
    pub folder: &'a Utf8Path,
    /// What `~` stands for.
    pub home: Option<&'a str>,
    /// Follows symbolic links.
    pub reader: &'a dyn Reader,
}

/// Makes every path in a tree absolute.
pub fn tree(node: &mut Node, rule: &Rule, base: Base<'_>) {
    if let Some(path) = rule.path {
        resolve(node, path, base);
    }
    match (rule.below, &mut node.value) {
        (Below::Keys(_), Value::Map(map)) => {
            for (key, value) in map.iter_mut() {
                tree(value, rule.at(&key.text), base);
            }
        }
        (Below::Each(rule), Value::Map(map)) => map.values_mut().for_each(|value| tree(value, rule, base)),
        (Below::Each(rule), Value::List(list)) => list.iter_mut().for_each(|item| tree(item, rule, base)),
        _ => {}
    }
}

fn resolve(node: &mut Node, kind: PathKind, base: Base<'_>) {
    match kind {
        PathKind::Local => edit(node, |path| absolute(path, base)),
        PathKind::Watched => edit(node, |path| {
            let path = absolute(path, base);
            base.reader.canonicalize(Utf8Path::new(&path)).map_or(path, |real| real.into_string())
        }),
        PathKind::Context => edit(node, |path| if is_remote(path) { path.to_owned() } else { absolute(path, base) }),
        PathKind::Mount => {
            if node.get("type").and_then(Node::as_text) == Some("bind")
                && let Some(source) = node.get_mut("source")
            {
                edit(source, |path| absolute(path, base));
            }
        }
        PathKind::Volume => {
            // Without a driver it is left to the engine, as in Compose.
            if node.get("driver").and_then(Node::as_text) == Some("local")
                && let Some(options) = node.get_mut("driver_opts")
                && options.get("o").and_then(Node::as_text) == Some("bind")
                && let Some(device) = options.get_mut("device")
            {
                // Nothing is the folder itself here, as in Compose.
                if let Value::Text(path) = &mut device.value {
                    *path = absolute(path, base);
                }
            }
        }
    }
}

fn edit(node: &mut Node, resolve: impl FnOnce(&str) -> String) {
    if let Value::Text(text) = &mut node.value
        && !text.is_empty()
    {
        *text = resolve(text);
    }
}

/// A path from the folder, clean; one of Windows as it is.
pub fn absolute(path: &str, base: Base<'_>) -> String {
    if let Some(rest) = path.strip_prefix('~')
        && let Some(home) = base.home
    {
        return clean(&format!("{home}/{rest}"));
    }
    let is_drive = matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    if path.starts_with('/') || is_drive || path.starts_with("\\\\") {
        return path.to_owned();
    }
    clean(&format!("{}/{path}", base.folder))
}

/// Whether a build context is no folder of the host.
pub fn is_remote(context: &str) -> bool {
    context.contains("://")
        || ["git@", "github.com/", "docker-image:", "oci-layout:", "service:", "target:"]
            .iter()
            .any(|prefix| context.starts_with(prefix))
}
