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
    too_few_ports(check);
    unreadable(check);
}

/// Volumes that no service mounts, active or not; not asked while a mount is wrong, which may have meant one.
fn unused(check: &mut Check<'_>) {
    let spec = check.spec;
    let wrong = check.said.iter().any(|told| [code::UNDEFINED_VOLUME, code::MOUNT].contains(&told.code));
    if wrong || !check.broken.is_empty() {
        return;
    }
    let services = || spec.services.values().chain(spec.inactive.values()).chain(spec.left_out.values());
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

/// One port of the host that is published twice: two addresses are one if either stands for all.
fn same_port(check: &mut Check<'_>) {
    /// Who took a port, and at which place of its list, by address.
    type Taken<'a> = BTreeMap<&'a str, (&'a str, usize)>;
    let spec = check.spec;
    let mut taken: BTreeMap<(&str, &str), Taken<'_>> = BTreeMap::new();
    for (name, service) in &spec.services {
        for (index, port) in service.ports.iter().enumerate() {
            let Some(published) = port.published.as_ref().filter(|port| !port.0.is_empty() && !port.0.contains('-'))
            else {
                continue;
            };
            let address = port.host_ip.as_deref().unwrap_or_default();
            let protocol = port.protocol.as_deref().unwrap_or_default();
            let known = taken.entry((published.as_str(), protocol)).or_default();
            let Some((other, at)) = known.iter().find(|(other, _)| overlap(other, address)).map(|(_, first)| *first)
            else {
                known.insert(address, (name, index));
                continue;
            };
            let place = check.place(&["services", name, "ports", &index.to_string()]);
            let first = check.place(&["services", other, "ports", &at.to_string()]);
            let message = if other == name {
                format!("`{name}` publishes port {published} of the host twice")
            } else {
                format!("`{name}` and `{other}` both publish port {published} of the host")
            };
            let warning = Diagnostic::warning(code::SAME_PORT, message).at(place, "");
            check.said.push(warning.related(first, "taken here").help("give one of them another port"));
        }
    }
}

/// Whether two addresses of the host are the same, or one of them stands for all of its kind.
fn overlap(one: &str, other: &str) -> bool {
    let all = |address: &str, of: &str| match address {
        "" => true,
        "0.0.0.0" => !of.contains(':'),
        "::" => of.contains(':'),
        _ => false,
    };
    one == other || all(one, other) || all(other, one)
}

/// More replicas than ports of the host: one gets each, and the rest none.
fn too_few_ports(check: &mut Check<'_>) {
    let spec = check.spec;
    for (name, service) in spec.services.iter().filter(|(_, service)| service.replicas() > 1) {
        let replicas = service.replicas();
        for (index, port) in service.ports.iter().enumerate() {
            let Some(published) = port.published.as_ref().map(|port| port.as_str()).filter(|port| !port.is_empty())
            else {
                continue;
            };
            let number = |text: &str| text.parse::<u32>().ok();
            let count = match published.split_once('-') {
                None => Some(1),
                Some((from, to)) => {
                    number(to).zip(number(from)).and_then(|(to, from)| (to.checked_add(1)?).checked_sub(from))
                }
            };
            if count.is_some_and(|count| count < replicas) {
                let place = check.place(&["services", name, "ports", &index.to_string()]);
                let message = format!("service `{name}` has {replicas} replicas, and not as many ports of the host");
                let help = "give a range of ports, as in `8080-8089:80`, or leave the host's port out";
                check.warning(code::SAME_PORT, message, place, help);
            }
        }
    }
}

/// A secret or config whose permissions keep the service's own user out.
fn unreadable(check: &mut Check<'_>) {
    let spec = check.spec;
    for (name, service) in &spec.services {
        let Some(user) = service.user.as_deref().filter(|user| !user.is_empty()) else { continue };
        let (user, group) = user.split_once(':').unwrap_or((user, ""));
        if matches!(user, "0" | "root") {
            continue;
        }
        for (key, grants) in [("secrets", &service.secrets), ("configs", &service.configs)] {
            for (index, grant) in grants.iter().enumerate() {
                let Some(mode) = grant.mode.map(|mode| mode.0) else { continue };
                let owner = grant.uid.as_ref().map_or("0", |id| id.as_str());
                let of_group = grant.gid.as_ref().map_or("0", |id| id.as_str());
                let groups = || service.group_add.iter().map(|group| group.as_str()).chain([group]);
                // Which number a name has is known to the image alone.
                let is_number = |text: &str| text.parse::<u32>().is_ok();
                let may_own = owner == user || (!is_number(user) && owner != "0");
                let may_share = groups().any(|group| group == of_group)
                    || (of_group != "0"
                        && (!is_number(user) || groups().any(|group| !group.is_empty() && !is_number(group))));
                let readable = mode & 0o004 != 0 || (mode & 0o400 != 0 && may_own) || (mode & 0o040 != 0 && may_share);
                if !readable {
                    let place = check.place(&["services", name, key, &index.to_string(), "mode"]);
                    let message = format!("the user `{user}` of service `{name}` cannot read this file");
                    let help = "give it the user's number by `uid:`, or a mode such as \"0444\"";
                    check.warning(code::UNREADABLE, message, place, help);
                }
            }
        }
    }
}
