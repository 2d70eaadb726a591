//! References of images that no engine takes (the grammar of the OCI distribution's references, as Engine 20.10 to 29
//! read them), each an error at its line.

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::{MountKind, Service};

/// Longest name of an image in bytes, registry included, tag and digest apart.
const LONGEST_NAME: usize = 255;
/// Longest tag in bytes.
const LONGEST_TAG: usize = 128;

/// Reports each reference of a service that is none.
pub(super) fn report(own: &Service, scope: &mut Scope<'_, '_>) {
    let image = own.image.as_deref().map(|image| (image, vec!["image".to_owned()]));
    let tags = own.build.iter().flat_map(|build| build.tags.iter().enumerate());
    let tags = tags.map(|(at, tag)| (tag.as_str(), vec!["build".to_owned(), "tags".to_owned(), at.to_string()]));
    let mounts = own.volumes.iter().enumerate().filter(|(_, mount)| mount.kind == MountKind::Image);
    let mounts = mounts.filter_map(|(at, mount)| {
        Some((mount.source.as_deref()?, vec!["volumes".to_owned(), at.to_string(), "source".to_owned()]))
    });
    for (text, path) in image.into_iter().chain(tags).chain(mounts).filter(|(text, _)| !text.is_empty()) {
        let Err(mistake) = check(text) else { continue };
        let (name, _, _) = parts(text);
        let lower = text.replacen(name, &name.to_ascii_lowercase(), 1);
        let help = match check(&lower) {
            Ok(()) => format!("write `{lower}`"),
            Err(_) => "such as postgres:17 or ghcr.io/owner/name:1.2".to_owned(),
        };
        let finding = Diagnostic::error(code::WRONG_VALUE, format!("`{text}` names no image: {mistake}"));
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        scope.report(finding.help(help), &path, "no engine takes this");
    }
}

/// What is wrong with a reference: `[REGISTRY/]NAME[:TAG][@DIGEST]`, or an image's own id.
fn check(text: &str) -> Result<(), String> {
    if is_id(text) {
        return Ok(());
    }
    let (name, tag, digest) = parts(text);
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return Err("what follows the @ is no digest".to_owned());
    }
    match tag {
        Some("") => return Err("nothing follows the colon, where its tag belongs".to_owned()),
        Some(tag) if !is_tag(tag) => return Err(format!("`{tag}` is no tag")),
        Some(_) | None => {}
    }
    let path = match name.split_once('/') {
        Some((registry, path)) if is_registry(registry) => path,
        _ => name,
    };
    match path.split('/').find(|part| !is_part(part)) {
        Some("") => Err("a part of its name is empty".to_owned()),
        Some(part) if part.chars().any(|c| c.is_ascii_uppercase()) && is_part(&part.to_ascii_lowercase()) => {
            Err("its name must be in lower case".to_owned())
        }
        Some(part) => Err(format!("`{part}` cannot be part of its name")),
        None if name.len() > LONGEST_NAME => Err(format!("its name is longer than {LONGEST_NAME} bytes")),
        None => Ok(()),
    }
}

/// Name, tag and digest.
fn parts(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (text, None),
    };
    match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (named, None, digest),
    }
}

/// An image's own id, whole.
fn is_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    hex.len() == 64 && is_hex(hex)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
            && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= LONGEST_TAG && text.starts_with(word) && text.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// Whether the first part of a name is a registry: it looks like a host.
fn is_registry(text: &str) -> bool {
    let looks = text == "localhost" || text.contains(['.', ':']) || text.chars().any(|c| c.is_ascii_uppercase());
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => host.split('.').all(is_label),
    };
    looks && is_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One part of a name: words of small letters and digits, with `.`, `_`, `__` or any number of `-` between two.
fn is_part(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let between = |run: &[u8]| matches!(run, b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-');
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| is_word(*byte))
        && bytes.last().is_some_and(|byte| is_word(*byte))
        && bytes.split(|byte| is_word(*byte)).all(|run| run.is_empty() || between(run))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_engines_take_is_taken() {
        let long = format!("{}:{}", "a".repeat(255), "b".repeat(128));
        let id = "0123456789abcdef".repeat(4);
        let digest = format!("busybox:1.36@sha256:{id}");
        for text in [
            "busybox",
            "busybox:latest",
            "library/busybox:1.36-glibc_x",
            "ghcr.io/owner/a__b.c-d---e:V1.2",
            "localhost/a",
            "localhost:5000/a/b",
            "Registry.Example/a",
            "HOST/a",
            "[2001:db8::1]:5000/a",
            "10.0.0.1:5000/a:_x",
            &format!("sha256:{id}"),
            &id,
            &digest,
            &format!("a@sha512:{id}{id}"),
            &long,
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_no_engine_takes_is_a_mistake_with_its_reason() {
        let long = format!("a:{}", "b".repeat(129));
        let longer = "a".repeat(256);
        for (text, why) in [
            ("busybox:", "nothing follows the colon"),
            (":latest", "a part of its name is empty"),
            ("BusyBox", "lower case"),
            ("library/Busybox", "lower case"),
            ("a b", "`a b` cannot"),
            ("a//b", "empty"),
            ("a/", "empty"),
            ("-a", "`-a` cannot"),
            ("a..b", "cannot"),
            ("a___b", "cannot"),
            ("a:x:y", "cannot"),
            ("a:-x", "`-x` is no tag"),
            ("a:é", "no tag"),
            ("ü", "cannot"),
            ("a@sha256:12", "no digest"),
            ("a@", "no digest"),
            ("https://ghcr.io/a", "cannot"),
            (&long, "no tag"),
            (&longer, "longer than 255"),
        ] {
            let mistake = check(text).expect_err(text);
            assert!(mistake.contains(why), "{text}: {mistake}");
        }
    }
}
