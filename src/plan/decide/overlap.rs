//! Whether the old and the new container of a replica may run at once, as start-first wants it.

use super::scope::Scope;
use crate::model::{Attachment, MountKind, NetworkMode, Service};
use crate::plan::compare::desired::DesiredService;
use crate::state::Container;

/// Why no two containers of this service can run at once.
pub fn alone(scope: &Scope, desired: &DesiredService) -> Option<String> {
    let fixed = &desired.service.fixed;
    if desired.service.job {
        return Some("runs to its end".to_owned());
    }
    let published = fixed.ports.iter().filter_map(|port| port.published.as_deref());
    if let Some(ports) = published.into_iter().find(|ports| host_ports(ports) < most_at_once(desired.service)) {
        return Some(if ports.contains('-') {
            format!("publishes one of the host ports {ports}, and none is free for another one")
        } else {
            format!("publishes host port {ports}")
        });
    }
    if fixed.network_mode == NetworkMode::Host {
        return Some("uses the host's network".to_owned());
    }
    if let Some(owner) = fixed.borrows().into_iter().next() {
        return Some(format!("borrows from {owner}"));
    }
    if let Some(borrower) = scope.borrowers.get(desired.name) {
        return Some(format!("{borrower} borrows from it"));
    }
    let fixed_address = |attachment: &Attachment| {
        attachment.ipv4_address.is_some()
            || attachment.ipv6_address.is_some()
            || attachment.mac_address.is_some()
            || !attachment.link_local_ips.is_empty()
    };
    if fixed.mac_address.is_some() || desired.networks.iter().any(|(_, attachment)| fixed_address(attachment)) {
        return Some("has a fixed address".to_owned());
    }
    fixed.mounts.values().find_map(|mount| match &mount.kind {
        MountKind::Volume { name, .. } if !mount.read_only && desired.service.scale == 1 => {
            let alone = scope.mounting.get(name).is_none_or(|services| services.len() < 2);
            alone.then(|| format!("is the only one that writes to volume {name}"))
        }
        MountKind::Anonymous { .. } => Some("has a volume of its own".to_owned()),
        MountKind::Volume { .. }
        | MountKind::Bind { .. }
        | MountKind::Tmpfs { .. }
        | MountKind::Image { .. }
        | MountKind::Npipe { .. }
        | MountKind::Cluster { .. } => None,
    })
}

/// How many host ports there are to publish on: `8080`, or a range such as `8080-8090`.
fn host_ports(published: &str) -> u32 {
    let range = published
        .split_once('-')
        .and_then(|(first, last)| Some(last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?)?.saturating_add(1)));
    range.unwrap_or(1)
}

/// How many containers of a service there are while a batch of them is replaced start-first.
fn most_at_once(service: &Service) -> u32 {
    let batch = match service.update.parallelism {
        0 => service.scale,
        parallelism => parallelism.min(service.scale),
    };
    service.scale.saturating_add(batch)
}

/// Why this one container and its successor, which an interrupted replacement may have made, cannot run at once.
pub fn alone_here(old: &Container, is_made: bool) -> Option<String> {
    if !old.state.is_up() {
        return Some("the old one does not run".to_owned());
    }
    if is_made {
        return Some("an interrupted replacement is finished".to_owned());
    }
    let anonymous = old.mounts.iter().any(|mount| mount.anonymous);
    anonymous.then(|| "has a volume of its own".to_owned())
}

#[cfg(test)]
mod tests {
    use super::host_ports;

    #[test]
    fn a_range_of_host_ports_has_as_many_as_it_says() {
        let sizes = ["8080", "8080-8080", "8080-8081", "8000-8999", "81-80", "x"].map(host_ports);
        assert_eq!(sizes, [1, 1, 2, 1000, 1, 1]);
    }
}
