//! What is legal, but surely not meant.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::references::dependency_place;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::{Condition, Service};

pub(super) fn check(check: &mut Check<'_>) {
    unused(check);
    health(check);
    same_port(check);
}

/// Volumes that no service mounts, active or not; not asked while a mount is wrong, which may have meant one.
fn unused(check: &mut Check<'_>) {
    let spec = check.spec;
    let wrong = check.said.iter().any(|told| [code::UNDEFINED_VOLUME, code::MOUNT].contains(&told.code));
    if wrong || !check.broken.is_empty() {
        return;
    }
    let services = || spec.services.values().chain(spec.inactive.values());
    let mounted: BTreeSet<&str> =
        services().flat_map(|service| &service.volumes).filter_map(|mount| mount.source.as_deref()).collect();
    for key in spec.volumes.keys().filter(|key| !mounted.contains(key.as_str())) {
        let place = check.key(&["volumes"], key);
        let message = format!("the volume `{key}` is declared, and no service mounts it");
        check.warning(code::UNUSED, message, place, "mount it, or remove it");
    }
}

/// Waiting for health of a service that has no check in the spec.
fn health(check: &mut Check<'_>) {
    let spec = check.spec;
    let unchecked = |service: &Service| service.healthcheck.as_ref().is_none_or(|health| health.disable);
    for (name, service) in &spec.services {
        for (other, dependency) in &service.depends_on {
            let Some(target) = spec.services.get(other) else { continue };
            if dependency.condition == Condition::ServiceHealthy && unchecked(target) && target.provider.is_none() {
                let place = dependency_place(check, name, other);
                let message = format!("`{name}` waits until `{other}` is healthy, but `{other}` has no `healthcheck`");
                check.warning(
                    code::NO_HEALTHCHECK,
                    message,
                    place,
                    "add a `healthcheck` to it, unless its image has one",
                );
            }
        }
    }
}

/// Two services on one port of the host.
fn same_port(check: &mut Check<'_>) {
    let spec = check.spec;
    let mut taken: BTreeMap<(String, String, String), (&str, usize)> = BTreeMap::new();
    for (name, service) in &spec.services {
        for (index, port) in service.ports.iter().enumerate() {
            let Some(published) = port.published.as_ref().filter(|port| !port.0.is_empty() && !port.0.contains('-'))
            else {
                continue;
            };
            let address = port.host_ip.clone().unwrap_or_default();
            let protocol = port.protocol.clone().unwrap_or_default();
            let key = (address, published.0.clone(), protocol);
            match taken.get(&key) {
                None => {
                    taken.insert(key, (name, index));
                }
                Some((other, at)) => {
                    let place = check.place(&["services", name, "ports", &index.to_string()]);
                    let first = check.place(&["services", other, "ports", &at.to_string()]);
                    let message = format!("`{name}` and `{other}` both publish port {published} of the host");
                    let warning = Diagnostic::warning(code::SAME_PORT, message).at(place, "");
                    check.said.push(warning.related(first, "taken here").help("give one of them another port"));
                }
            }
        }
    }
}
