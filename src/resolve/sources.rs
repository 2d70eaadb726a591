//! Paths of the user's machine that the engine will miss.

use camino::Utf8Path;

use crate::diagnostic::Diagnostic;
use crate::model::{Address, MountKind, Origins, Project};
use crate::spec::Reader;
use crate::spec::code;

/// Binds whose source is not there and may not be made. Right only where the engine's host is this one
/// ([`crate::rules::Rules::local`]), so the command asks; a warning, since the rest of the project comes up all the same.
pub fn missing_sources(project: &Project, origins: &Origins, reader: &dyn Reader) -> Vec<Diagnostic> {
    let mut missing = Vec::new();
    for (name, service) in &project.services {
        for (target, mount) in &service.fixed.mounts {
            let MountKind::Bind { source, create_host_path: false, .. } = &mount.kind else { continue };
            if reader.exists(Utf8Path::new(source)) {
                continue;
            }
            let message = format!("service `{name}` mounts {source}, which is not there");
            let help = "make it, or let it be made as a folder by `create_host_path: true`";
            let finding = Diagnostic::warning(code::MISSING_SOURCE, message).help(help);
            missing.push(match origins.find(&Address::Service(name.clone()), &format!("mounts.{target}")) {
                Some(place) => finding.at(place.clone(), "its container cannot be created"),
                None => finding,
            });
        }
    }
    missing
}
