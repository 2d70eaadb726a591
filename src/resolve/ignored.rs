//! Keys that the specification has and one Docker engine alone gives no effect. Each is a warning by name, unless the
//! user lets it go.

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::{Deploy, Grant, Placement, Resource, RestartCondition, RestartPolicy, Service};
use crate::spec::value::PullPolicy;

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
    Ignored { key: "deploy.labels", why: SWARM, is_used: |service| deploy(service, |own| !own.labels.is_empty()) },
    Ignored {
        key: "deploy.placement",
        why: SWARM,
        is_used: |service| deploy(service, |own| own.placement != Placement::default()),
    },
    Ignored {
        key: "deploy.endpoint_mode",
        why: SWARM,
        is_used: |service| deploy(service, |own| own.endpoint_mode.is_some()),
    },
    Ignored {
        key: "deploy.resources.reservations.cpus",
        why: LIMITS,
        is_used: |service| reserved(service, |own| own.cpus.is_some()),
    },
    Ignored {
        key: "deploy.resources.reservations.pids",
        why: LIMITS,
        is_used: |service| reserved(service, |own| own.pids != 0),
    },
    Ignored {
        key: "deploy.resources.reservations.generic_resources",
        why: SWARM,
        is_used: |service| reserved(service, |own| !own.generic_resources.is_empty()),
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
        key: "deploy.restart_policy.delay",
        why: SWARM,
        is_used: |service| restarted(service, |own| own.delay.is_some_and(|span| span.0 > 0)),
    },
    Ignored {
        key: "deploy.restart_policy.window",
        why: SWARM,
        is_used: |service| restarted(service, |own| own.window.is_some_and(|span| span.0 > 0)),
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

/// Warns of each.
pub(super) fn warn(service: &Service, scope: &mut Scope<'_, '_>) {
    for Ignored { key, why, is_used } in IGNORED {
        if !is_used(service) || scope.lossy.contains(*key) {
            continue;
        }
        let message = format!("`{key}` of service `{}` has no effect: {why}", scope.name);
        let help = format!("remove it, or be silent about it by `x-dsenv.lossy: [{key}]`");
        let path: Vec<_> = key.split('.').collect();
        scope.report(Diagnostic::warning(code::NO_EFFECT, message).help(help), &path, "no effect");
    }
}
