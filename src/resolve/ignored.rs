//! Keys that the specification has and one Docker engine alone gives no effect. Each is a warning by name, unless the
//! user lets it go.

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::{Deploy, Grant, Mount, MountKind, Resource, RestartCondition, RestartPolicy, Service};
use crate::spec::value::{Duration, PullPolicy};

/// A key without effect.
struct Ignored {
    /// The key, as `x-dsenv.lossy` and `--allow-lossy` name it.
    key: &'static str,
    /// Why.
    why: &'static str,
    /// Whether it is there.
    is_used: fn(&Service) -> bool,
}

/// The keys without effect, each with the reason.
pub fn ignored_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    IGNORED.iter().map(|ignored| (ignored.key, ignored.why))
}

const SWARM: &str = "only Swarm gives it a meaning";
const WINDOWS: &str = "only a Windows engine gives it a meaning";
const MOUNT: &str = "the Dockerfile says it, at `RUN --mount=type=secret,uid=…,gid=…,mode=…`";
const LIMITS: &str = "Docker reserves memory and devices, and limits the rest";

const IGNORED: &[Ignored] = &[
    Ignored { key: "cpu_count", why: WINDOWS, is_used: |service| service.cpu_count > 0 },
    Ignored { key: "cpu_percent", why: WINDOWS, is_used: |service| service.cpu_percent > 0.0 },
    Ignored {
        key: "pull_refresh_after",
        why: "it belongs to `pull_policy: refresh`",
        is_used: |service| service.pull_refresh_after.is_some() && service.pull_policy != Some(PullPolicy::Refresh),
    },
    Ignored { key: "build.secrets.uid", why: MOUNT, is_used: |service| lent(service, |grant| grant.uid.is_some()) },
    Ignored { key: "build.secrets.gid", why: MOUNT, is_used: |service| lent(service, |grant| grant.gid.is_some()) },
    Ignored { key: "build.secrets.mode", why: MOUNT, is_used: |service| lent(service, |grant| grant.mode.is_some()) },
    Ignored {
        key: "deploy.resources.reservations.pids",
        why: LIMITS,
        is_used: |service| reserved(service, |own| own.pids != 0),
    },
    Ignored {
        key: "deploy.resources.limits.generic_resources",
        why: SWARM,
        is_used: |service| limited(service, |own| !own.generic_resources.is_empty()),
    },
    Ignored {
        key: "deploy.resources.limits.devices",
        why: "devices are reserved, under `reservations`",
        is_used: |service| limited(service, |own| !own.devices.is_empty()),
    },
    Ignored {
        key: "deploy.restart_policy.max_attempts",
        why: "Docker counts attempts only with `condition: on-failure`",
        is_used: |service| {
            restarted(service, |own| own.max_attempts.is_some() && own.condition != Some(RestartCondition::OnFailure))
        },
    },
];

fn lent(service: &Service, test: impl FnMut(&Grant) -> bool) -> bool {
    service.build.iter().flat_map(|build| &build.secrets).any(test)
}

fn deploy(service: &Service, test: impl FnOnce(&Deploy) -> bool) -> bool {
    service.deploy.as_ref().is_some_and(test)
}

fn reserved(service: &Service, test: impl FnOnce(&Resource) -> bool) -> bool {
    deploy(service, |own| own.resources.reservations.as_ref().is_some_and(test))
}

fn limited(service: &Service, test: impl FnOnce(&Resource) -> bool) -> bool {
    deploy(service, |own| own.resources.limits.as_ref().is_some_and(test))
}

fn restarted(service: &Service, test: impl FnOnce(&RestartPolicy) -> bool) -> bool {
    deploy(service, |own| own.restart_policy.as_ref().is_some_and(test))
}

/// Ports of a service that nothing outside can reach.
fn unreachable_ports(service: &Service, scope: &mut Scope<'_, '_>) {
    let networks = &scope.context.spec.networks;
    let internal = |key: &String| networks.get(key).is_some_and(|network| network.internal);
    let why = match service.network_mode.as_deref() {
        _ if service.ports.is_empty() => return,
        Some("host" | "none") => "its `network_mode` gives it no network of its own",
        None if !service.networks.is_empty() && service.networks.keys().all(internal) => {
            "its networks are internal, and reach no port of the host"
        }
        _ => return,
    };
    without_effect("ports", &["ports"], why, scope);
}

/// The pace of checks during a start that takes no time.
fn start_interval(service: &Service, scope: &mut Scope<'_, '_>) {
    let Some(own) = service.healthcheck.as_ref().filter(|own| !own.disable) else { return };
    let set = |span: Option<Duration>| span.is_some_and(|span| !span.is_zero());
    if set(own.start_interval) && !set(own.start_period) {
        let why = "it holds during `healthcheck.start_period`, which is not set";
        without_effect("healthcheck.start_interval", &["healthcheck", "start_interval"], why, scope);
    }
}

/// Labels for SELinux on what is no bind: dsenv puts them on binds alone.
fn labels_of_volumes(service: &Service, scope: &mut Scope<'_, '_>) {
    let labelled =
        |mount: &&Mount| mount.kind != MountKind::Bind && mount.bind.as_ref().is_some_and(|own| own.selinux.is_some());
    for (at, _) in service.volumes.iter().enumerate().filter(|(_, mount)| labelled(mount)) {
        let path = ["volumes", &at.to_string(), "bind", "selinux"];
        without_effect("volumes.bind.selinux", &path, "only binds are labelled", scope);
    }
}

/// Warns of a key, unless the user lets it go.
fn without_effect(key: &str, path: &[&str], why: &str, scope: &mut Scope<'_, '_>) {
    if scope.lossy.contains(key) {
        return;
    }
    let message = format!("`{key}` of service `{}` has no effect: {why}", scope.name);
    let help = format!("remove it, or be silent about it by `x-dsenv.lossy: [{key}]`");
    scope.report(Diagnostic::warning(code::NO_EFFECT, message).help(help), path, "no effect");
}

/// Warns of each.
pub(super) fn warn(service: &Service, scope: &mut Scope<'_, '_>) {
    labels_of_volumes(service, scope);
    unreachable_ports(service, scope);
    start_interval(service, scope);
    for Ignored { key, why, is_used } in IGNORED {
        if is_used(service) {
            without_effect(key, &key.split('.').collect::<Vec<_>>(), why, scope);
        }
    }
}
