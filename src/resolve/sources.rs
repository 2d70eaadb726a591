//! Paths of the user's machine that the engine will miss.

use camino::Utf8Path;

use crate::diagnostic::Diagnostic;
use crate::model::{Address, MountKind, Origins, Project};
use crate::spec::Reader;
use crate::spec::code;

/// Binds whose source is not there and may not be made, or would be made as a folder where a file is meant. Right only where the engine's host is this one
/// ([`crate::rules::Rules::local`]), so the command asks; a warning, since the rest of the project comes up all the same.
pub fn missing_sources(project: &Project, origins: &Origins, reader: &dyn Reader) -> Vec<Diagnostic> {
    let mut missing = Vec::new();
    for (name, service) in &project.services {
        for (target, mount) in &service.fixed.mounts {
            let MountKind::Bind { source, create_host_path, .. } = &mount.kind else { continue };
            if reader.exists(Utf8Path::new(source)) || *create_host_path && !is_file(source, target) {
                continue;
            }
            let message = format!("service `{name}` mounts {source}, which is not there");
            let (label, help) = if *create_host_path {
                ("the engine makes a folder of this name", "make the file first; a folder is in its way later")
            } else {
                (
                    "its container cannot be created",
                    "make it, or let it be made as a folder by `create_host_path: true`",
                )
            };
            let finding = Diagnostic::warning(code::MISSING_SOURCE, message).help(help);
            missing.push(match origins.find(&Address::Service(name.clone()), &format!("mounts.{target}")) {
                Some(place) => finding.at(place.clone(), label),
                None => finding,
            });
        }
    }
    missing
}

/// Whether both ends of a bind have the name of a file: one with an extension. `conf.d` is a folder by custom.
fn is_file(source: &str, target: &str) -> bool {
    let named = |path: &str| Utf8Path::new(path).extension().is_some_and(|extension| extension != "d");
    named(source) && named(target)
}
