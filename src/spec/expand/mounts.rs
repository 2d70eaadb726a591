//! `volumes` of a service: `[SOURCE:]TARGET[:OPTIONS]`.

use super::Said;
use super::{map_at, text};
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Node, Value};

/// One mount, from its short form; a long one gets a clean target.
pub fn mount(node: &mut Node, said: &mut Said<'_>) {
    if let Value::Text(short) = &node.value {
        match parse(short) {
            Ok(parsed) => {
                let Parsed { source, target, options } = parsed;
                warn_of_drive(node, if source.is_empty() { target } else { source }, said);
                node.value = long(node, source, target, options, said);
            }
            Err(message) => {
                let help = "write `SOURCE:TARGET` or `SOURCE:TARGET:OPTIONS`, such as `./a:/a:ro`";
                said.push(Diagnostic::error(code::WRONG_VALUE, message).at(node.place.clone(), "").help(help));
                node.value = Value::Null;
            }
        }
        return;
    }
    let Value::Map(map) = &mut node.value else { return };
    if let Some(target) = map.get_mut("target")
        && let Value::Text(text) = &mut target.value
        && !text.is_empty()
    {
        *text = clean(text);
    }
}

/// `d:/data` names no volume `d`: Compose takes it for a drive of Windows, and so it is read here.
fn warn_of_drive(node: &Node, path: &str, said: &mut Said<'_>) {
    if matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic()) {
        let message = format!("`{path}` is taken for a path on a drive of Windows");
        let help = "for a volume of one letter, write a map with `type: volume`, `source` and `target`";
        said.push(Diagnostic::warning(code::MOUNT, message).at(node.place.clone(), "").help(help));
    }
}

struct Parsed<'a> {
    source: &'a str,
    target: &'a str,
    options: &'a str,
}

fn parse(short: &str) -> Result<Parsed<'_>, String> {
    if short.is_empty() {
        return Err("a mount is empty".to_owned());
    }
    if short.len() <= 2 {
        return Ok(Parsed { source: "", target: short, options: "" });
    }
    let parts = sections(short);
    if parts.iter().any(|part| part.is_empty()) {
        return Err(format!("`{short}` has nothing between two colons"));
    }
    match parts[..] {
        [target] => Ok(Parsed { source: "", target, options: "" }),
        [source, target] => Ok(Parsed { source, target, options: "" }),
        [source, target, options] => Ok(Parsed { source, target, options }),
        _ => Err(format!("`{short}` has too many colons")),
    }
}

/// The parts between colons. A single letter before a colon is a drive of Windows, as in Compose.
fn sections(short: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in short.match_indices(':') {
        let is_drive = at - start == 1 && short.as_bytes()[start].is_ascii_alphabetic();
        if !is_drive {
            parts.push(&short[start..at]);
            start = at + 1;
        }
    }
    parts.push(&short[start..]);
    parts
}

fn long(node: &Node, source: &str, target: &str, options: &str, said: &mut Said<'_>) -> Value {
    let place = &node.place;
    let is_bind = is_path(source);
    let (mut read_only, mut nocopy, mut propagation, mut selinux) = (false, false, None, None);
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            "nocopy" => nocopy = true,
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => propagation = text(option),
            "z" | "Z" => selinux = text(option),
            // For Docker Desktop; without effect elsewhere, and dropped by Compose.
            "cached" | "delegated" | "consistent" => {}
            _ => said.push(
                Diagnostic::warning(
                    code::WRONG_VALUE,
                    format!("the mount option `{option}` is not known; it has no effect"),
                )
                .at(place.clone(), "")
                .help("there is `ro`, `rw`, `z`, `Z`, `nocopy`, `[r]private`, `[r]shared` and `[r]slave`"),
            ),
        }
    }
    let mut map = map_at(
        place,
        [
            ("type", text(if is_bind { "bind" } else { "volume" })),
            ("source", text(source)),
            ("target", text(&clean(target))),
            ("read_only", read_only.then(|| true.into())),
        ],
    );
    let bind = map_at(
        place,
        [("selinux", selinux), ("propagation", propagation), ("create_host_path", is_bind.then(|| true.into()))],
    );
    if !bind.is_empty() {
        map.insert(Key::new("bind", place.clone()), Node::new(place.clone(), bind));
    }
    if !is_bind || nocopy {
        let volume = map_at(place, [("nocopy", nocopy.then(|| true.into()))]);
        map.insert(Key::new("volume", place.clone()), Node::new(place.clone(), volume));
    }
    Value::from(map)
}

/// Whether a source is a path of the host and not the name of a volume.
fn is_path(source: &str) -> bool {
    let is_drive = source.len() > 1 && source.as_bytes()[0].is_ascii_alphabetic() && source.as_bytes()[1] == b':';
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || is_drive
}

/// A path without `.`, `..`, doubled or trailing slashes.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, cleaned) in [("/a/b/../c/", "/a/c"), ("/..", "/"), ("a/./b", "a/b"), ("../a", "../a"), ("", ".")] {
            assert_eq!(clean(path), cleaned);
        }
    }

    #[test]
    fn colons_divide_except_behind_the_letter_of_a_drive() {
        assert_eq!(sections("data:/x:ro"), ["data", "/x", "ro"]);
        assert_eq!(sections("C:\\a:/x"), ["C:\\a", "/x"]);
    }
}
