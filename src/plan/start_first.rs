//! A replacement without a failed request: the new container passes its gate under a temporary name and without the
//! service's names, takes the names, and only then does the old one give them up, run on for a while, and stop.
//!
//! An alias cannot be added to a live connection, so names move by disconnect and connect; while they move nothing
//! else happens on the networks (see [`super::traffic`]).

use super::builder::{After, Chain, WayBack};
use super::outcome::Replica;
use super::planner::Planner;
use super::start::{self, LOG_LINES};
use super::stop_first::{self, Replaced, Replacement};
use super::wanted::Wanted;
use super::{ContainerRef, Handle, NetworkRef, NodeId, Step, create};
use crate::model::{Attachment, MountKind, NetworkMode, UpdateOrder};
use crate::state::{Container, own};

/// Why no two containers of this service can run at once.
pub(super) fn forbidden(p: &Planner, wanted: &Wanted) -> Option<String> {
    let fixed = &wanted.service.fixed;
    let port = |published: &String| published.parse::<u16>().ok();
    if wanted.service.job {
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
    if let Some(borrower) = p.borrowers.get(wanted.name) {
        return Some(format!("{borrower} borrows from it"));
    }
    let fixed_address = |attachment: &Attachment| {
        attachment.ipv4_address.is_some()
            || attachment.ipv6_address.is_some()
            || attachment.mac_address.is_some()
            || !attachment.link_local_ips.is_empty()
    };
    if fixed.mac_address.is_some() || wanted.networks.iter().any(|(_, attachment)| fixed_address(attachment)) {
        return Some("has a fixed address".to_owned());
    }
    fixed.mounts.values().find_map(|mount| match &mount.kind {
        MountKind::Volume { name, .. } if !mount.read_only && wanted.service.scale == 1 => {
            let alone = p.mounting.get(name).is_none_or(|services| services.len() < 2);
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

/// Why this one container and its successor cannot run at once.
pub(super) fn forbidden_here(r: &Replacement) -> Option<String> {
    if !r.old.state.is_up() {
        return Some("the old one does not run".to_owned());
    }
    if r.next.is_some() {
        return Some("an interrupted replacement is finished".to_owned());
    }
    let anonymous = r.old.mounts.iter().any(|mount| mount.anonymous);
    anonymous.then(|| "has a volume of its own".to_owned())
}

/// Whether the old one may come back while the new one still runs, and should (`deploy.rollback_config.order`).
pub(super) fn may_return_beside(p: &Planner, wanted: &Wanted, old: &Container) -> bool {
    wanted.service.rollback.order == UpdateOrder::StartFirst
        && forbidden(p, wanted).is_none()
        && !old.mounts.iter().any(|mount| mount.anonymous)
}

/// Adds the steps.
pub(super) fn replace<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>) -> Replaced<'a> {
    let Replacement { wanted, number, old, next: _, after } = r;
    let name = wanted.container_name(p, *number);
    let networks = &wanted.network_names;
    let after = after.clone().and(p.after_busy(old)).and(After::settled(p.traffic.enter(networks)));
    let mut chain = Chain::new(&wanted.address(*number), after);
    let old_reference = stop_first::right_name(p, &mut chain, wanted, *number, old);

    let temporary = own::next(&name);
    let named = create::networks(p, wanted);
    let quiet = named.iter().map(|(network, attachment)| (network.clone(), nameless(attachment))).collect();
    let new = create::new(p, wanted, *number, temporary.clone(), quiet, Some(old));
    let created = chain.then(&mut p.nodes, Step::CreateContainer(new));
    p.traffic.touch(networks, created);
    let new = ContainerRef { name: temporary, handle: Handle::Made(created) };
    chain.mark();
    let started = start::first(p, wanted, &mut chain, &new);
    let watched = start::monitor(p, wanted, &mut chain, &new);
    let mut back = chain.way_back();
    back.then(&mut p.nodes, Step::CollectLogs { container: new.clone(), lines: LOG_LINES });
    back.then(&mut p.nodes, Step::Stop { container: new.clone(), grace: None });
    stop_first::give_up(p, &mut back, wanted, &new);

    chain.mark();
    chain.wait_for(After::settled(p.traffic.clear(networks)));
    let mut steps = Vec::new();
    for (network, attachment) in &named {
        move_names(p, &mut chain, &mut steps, &new, network, attachment);
    }
    let left = old_endpoints(p, r);
    for (network, attachment) in &left {
        move_names(p, &mut chain, &mut steps, &old_reference, network, &nameless(attachment));
    }
    let pause = chain.then(&mut p.nodes, Step::Pause { duration: wanted.service.update.drain });
    let last = stop_first::stop(p, &mut chain, wanted, old, &old_reference).unwrap_or(pause);

    let mut back = chain.way_back();
    for (network, attachment) in &left {
        steps.extend(rejoin(p, &mut back, &old_reference, network, attachment));
    }
    stop_first::revive(p, &mut back, wanted, old, &old_reference);
    back.then(&mut p.nodes, Step::CollectLogs { container: new.clone(), lines: LOG_LINES });
    back.then(&mut p.nodes, Step::Stop { container: new.clone(), grace: None });
    stop_first::give_up(p, &mut back, wanted, &new);
    p.traffic.swapped(networks, &steps);

    let replica = Replica {
        created: Some(created),
        started: Some(started.start),
        ready: Some(watched.unwrap_or(started.ready)),
        ..Replica::new(ContainerRef { name, handle: new.handle.clone() })
    };
    Replaced { replica, last, old, old_reference, new, left, chain }
}

/// How the old one is on the networks that the new one is on, too.
fn old_endpoints(p: &Planner, r: &Replacement) -> Vec<(NetworkRef, Attachment)> {
    let links = r.wanted.networks.iter().filter_map(|(key, _)| p.networks.get(*key));
    links
        .filter_map(|link| {
            // On a network that is made anew the old one is connected again before, and as it was.
            let endpoint = r.old.endpoints.get(link.id.or(link.replaced)?)?;
            Some((link.reference.clone(), endpoint.attachment.clone()))
        })
        .collect()
}

fn move_names(
    p: &mut Planner,
    chain: &mut Chain,
    steps: &mut Vec<NodeId>,
    container: &ContainerRef,
    network: &NetworkRef,
    attachment: &Attachment,
) {
    let leave = Step::Disconnect { container: container.clone(), network: network.clone() };
    steps.push(chain.then(&mut p.nodes, leave));
    let join = Step::Connect { container: container.clone(), network: network.clone(), attachment: attachment.clone() };
    steps.push(chain.then(&mut p.nodes, join));
}

/// Gives a container other names on a network, on a way back.
pub(super) fn rejoin(
    p: &mut Planner,
    back: &mut WayBack,
    container: &ContainerRef,
    network: &NetworkRef,
    attachment: &Attachment,
) -> [NodeId; 2] {
    let leave = Step::Disconnect { container: container.clone(), network: network.clone() };
    let join = Step::Connect { container: container.clone(), network: network.clone(), attachment: attachment.clone() };
    [leave, join].map(|step| back.then(&mut p.nodes, step))
}

/// How it is on a network for as long as another one has the names.
pub(super) fn nameless(attachment: &Attachment) -> Attachment {
    Attachment { aliases: Default::default(), ..attachment.clone() }
}
