//! Configs and secrets as files in the container, by target.

use std::collections::BTreeMap;

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::model::{FileKind, FileMount};
use crate::spec::code;
use crate::spec::expand::clean;
use crate::spec::types::{Grant, Service};
use crate::spec::value::{FileMode, Text};

/// Permissions when nothing is said: readable for all.
const MODE: u32 = 0o444;

/// The `configs` and `secrets` of a service.
pub(super) fn files(service: &Service, scope: &mut Scope<'_, '_>) -> BTreeMap<String, FileMount> {
    let mut files = BTreeMap::new();
    for (kind, list) in [(FileKind::Config, &service.configs), (FileKind::Secret, &service.secrets)] {
        for (at, grant) in list.iter().enumerate() {
            let Some((target, file)) = file(kind, at, grant, scope) else { continue };
            // What leads to the root is a mistake of its own.
            let path = clean(&target);
            if path != "/" && files.keys().any(|known: &String| clean(known) == path) {
                let message = format!("service `{}` has two files at {target}", scope.name);
                let finding = Diagnostic::error(code::OVERLAP, message).help("give one of them another target");
                scope.report(finding, &[section(kind), &at.to_string(), "target"], "the same path");
            }
            files.insert(target, file);
        }
    }
    files
}

fn file(kind: FileKind, at: usize, grant: &Grant, scope: &mut Scope<'_, '_>) -> Option<(String, FileMount)> {
    let Grant { source, target: _, uid, gid, mode, extensions: _ } = grant;
    let source = source.clone()?;
    let uid = owner(kind, at, "uid", uid.as_ref(), scope)?;
    let gid = owner(kind, at, "gid", gid.as_ref(), scope)?;
    let content = scope.contents.id(kind, &source)?.clone();
    let mode = mode.map_or(MODE, |FileMode(bits)| bits);
    Some((target(kind, grant), FileMount { kind, source, content, uid, gid, mode }))
}

/// Where a grant stands in the container: `/<name>` for a config, `/run/secrets/<name>` for a secret.
pub(super) fn target(kind: FileKind, grant: &Grant) -> String {
    let name = grant.target.as_deref().filter(|target| !target.is_empty()).or(grant.source.as_deref());
    match (kind, name.unwrap_or_default()) {
        (_, absolute) if absolute.starts_with('/') => absolute.to_owned(),
        (FileKind::Config, name) => format!("/{name}"),
        (FileKind::Secret, name) => format!("/run/secrets/{name}"),
    }
}

/// The key of a service that a file stands under.
fn section(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Config => "configs",
        FileKind::Secret => "secrets",
    }
}

fn owner(kind: FileKind, at: usize, key: &str, id: Option<&Text>, scope: &mut Scope<'_, '_>) -> Option<u32> {
    let Some(id) = id else { return Some(0) };
    if let Ok(number) = id.0.parse() {
        return Some(number);
    }
    let message = format!("service `{}` gives a file the {key} `{id}`, which is not a number", scope.name);
    let help = "names are known only inside the image; write the number, as in `1000`";
    let finding = Diagnostic::error(code::FILE_OWNER, message).help(help);
    scope.report(finding, &[section(kind), &at.to_string(), key], "not a number");
    None
}
