//! Keys that the specification has and dsenv cannot do. Each is an error by name, unless the user lets it go.

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::{Build, Mount, MountKind, Service};

/// A key that dsenv cannot do.
struct Refusal {
    /// The key, as `x-dsenv.lossy` and `--allow-lossy` name it.
    key: &'static str,
    /// Why, as the end of "… has `key`, and ".
    why: &'static str,
    /// Takes the key out; whether it was there.
    take: fn(&mut Service) -> bool,
}

/// The keys that are refused, each with the end of "the service has it, and ".
pub fn refused_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSALS.iter().map(|refusal| (refusal.key, refusal.why))
}

const WINDOWS: &str = "only a Windows engine knows it";

const NO_LINKS: &str = "dsenv links services on networks of the project, and not where `network_mode` puts them";

const REFUSALS: &[Refusal] = &[
    Refusal { key: "credential_spec", why: WINDOWS, take: |service| taken(&mut service.credential_spec) },
    Refusal {
        key: "isolation",
        why: WINDOWS,
        take: |service| service.isolation.take_if(|mode| mode != "default").is_some(),
    },
    Refusal {
        key: "links",
        why: NO_LINKS,
        take: |service| service.network_mode.is_some() && taken(&mut service.links),
    },
    Refusal {
        key: "external_links",
        why: NO_LINKS,
        take: |service| service.network_mode.is_some() && taken(&mut service.external_links),
    },
    Refusal {
        key: "build.isolation",
        why: WINDOWS,
        take: |service| built(service, |build| build.isolation.take_if(|mode| mode != "default").is_some()),
    },
];

fn taken<T: Default + PartialEq>(field: &mut T) -> bool {
    std::mem::take(field) != T::default()
}

fn built(service: &mut Service, take: impl FnOnce(&mut Build) -> bool) -> bool {
    service.build.as_mut().is_some_and(take)
}

/// The service without what dsenv cannot do. What is not let go is reported.
pub(super) fn admit(service: &Service, scope: &mut Scope<'_, '_>) -> Service {
    let mut service = service.clone();
    for Refusal { key, why, take } in REFUSALS {
        if take(&mut service) {
            refuse(key, why, &key.split('.').collect::<Vec<_>>(), scope);
        }
    }
    service
}

/// Whether a mount can be made; if not, it is left out or reported.
pub(super) fn mount(mount: &Mount, at: usize, scope: &mut Scope<'_, '_>) -> bool {
    let labelled = mount.volume.as_ref().is_some_and(|options| !options.labels.is_empty());
    let part_of_none = mount.source.is_none() && mount.volume.as_ref().is_some_and(|options| options.subpath.is_some());
    let at = at.to_string();
    let at = ["volumes", at.as_str()];
    match mount.kind {
        MountKind::Npipe => refuse("volumes.npipe", WINDOWS, &at, scope),
        MountKind::Cluster => refuse("volumes.cluster", "only Swarm has cluster volumes", &at, scope),
        MountKind::Volume if labelled => {
            let why = "labels belong to the volume itself, under the top-level `volumes:`";
            refuse("volumes.volume.labels", why, &[at[0], at[1], "volume", "labels"], scope);
            return true;
        }
        MountKind::Volume if part_of_none => {
            let why = "a volume without a name is empty and has no folders";
            refuse("volumes.volume.subpath", why, &[at[0], at[1], "volume", "subpath"], scope);
            return true;
        }
        MountKind::Volume | MountKind::Bind | MountKind::Tmpfs | MountKind::Image => return true,
    }
    false
}

/// Reports a key, unless the user lets it go.
fn refuse(key: &str, why: &str, path: &[&str], scope: &mut Scope<'_, '_>) {
    if scope.lossy.contains(key) {
        return;
    }
    let message = format!("service `{}` has `{key}`, and {why}", scope.name);
    let help = format!("remove it, or go on without it by `x-dsenv.lossy: [{key}]` or `--allow-lossy {key}`");
    scope.report(Diagnostic::error(code::UNSUPPORTED, message).help(help), path, "cannot be done");
}
