//! Whether the old and the new container of a replica may run at once, as start-first wants it.

use super::scope::Scope;
use crate::model::{Attachment, MountKind, NetworkMode};
use crate::plan::compare::desired::DesiredService;
use crate::state::Container;

/// Why no two containers of this service can run at once.
pub fn alone(scope: &Scope, desired: &DesiredService) -> Option<String> {
    let fixed = &desired.service.fixed;
    let port = |published: &String| published.parse::<u16>().ok();
    if desired.service.job {
        return Some("runs to its end".to_owned());
    }
    if let Some(port) = fixed.ports.iter().find_map(|each| each.published.as_ref().and_then(port)) {
        return Some(format!("publishes host port {port}"));
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
