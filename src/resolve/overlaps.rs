//! Two things mounted at one path: the engine would refuse the container.

use std::collections::BTreeMap;

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::model::{FileKind, Fixed};
use crate::spec::code;
use crate::spec::expand::clean;

/// Reports each path that a volume, a memory file system, a config or a secret shares with another of them.
pub(super) fn report(fixed: &Fixed, scope: &mut Scope<'_, '_>) {
    let volumes = fixed.mounts.keys().map(|target| ("volumes", target));
    let memory = fixed.tmpfs.keys().map(|target| ("tmpfs", target));
    let files = fixed.files.iter().map(|(target, file)| match file.kind {
        FileKind::Config => ("configs", target),
        FileKind::Secret => ("secrets", target),
    });
    let mut first = BTreeMap::new();
    for (key, target) in volumes.chain(memory).chain(files) {
        // `/a/` and `/a/./` are one path. What leads to the root is a mistake of its own.
        let path = clean(target);
        let is_root = path == "/";
        let other = *first.entry(path).or_insert(key);
        if other == key || is_root {
            continue;
        }
        let message = format!("service `{}` mounts two things at {target}: under `{other}` and `{key}`", scope.name);
        let finding = Diagnostic::error(code::OVERLAP, message).help("give one of them another target");
        scope.report(finding, &[key], "the same path");
    }
}
