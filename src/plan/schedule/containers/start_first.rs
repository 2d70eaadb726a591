//! A replacement without a failed request: the new container passes its gate under a temporary name and without the
//! service's names, takes the names, and only then does the old one give them up, run on for a while, and stop.
//!
//! An alias cannot be added to a live connection, so names move by disconnect and connect; while they move nothing
//! else happens on the networks (see [`network_guard`](crate::plan::schedule::network_guard)).

use super::create;
use super::names::{nameless, rejoin};
use super::start::{self, LOG_LINES};
use super::stop_first::{self, Replaced, Replacement};
use crate::model::Attachment;
use crate::plan::schedule::builder::{After, Chain};
use crate::plan::schedule::state::{ReplicaSteps, Schedule};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle, NetworkRef, NodeId, WaitStep};
use crate::state::own;

/// Adds the steps.
pub fn replace<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>) -> Replaced<'a> {
    let Replacement { service, number, old, next: _, after } = r;
    let desired = &service.desired;
    let name = desired.container_name(*number);
    let networks = &desired.network_names;
    let after = after.clone().and(s.after_busy(old)).and(After::settled(s.guard.enter(networks)));
    let mut chain = Chain::new(&desired.address(*number), after);
    let old_reference = stop_first::right_name(s, &mut chain, desired, *number, old);

    let temporary = own::next(&name);
    let named = create::networks(s, desired);
    let quiet = named.iter().map(|(network, attachment)| (network.clone(), nameless(attachment))).collect();
    let new = create::new(s, desired, *number, temporary.clone(), quiet, Some(old));
    let created = chain.then(&mut s.nodes, ContainerStep::Create(new));
    s.guard.touch(networks, created);
    let new = ContainerRef { name: temporary, handle: Handle::Made(created) };
    chain.mark();
    let started = start::first(s, service, &mut chain, &new);
    let watched = start::monitor(s, desired, &mut chain, &new);
    let mut back = chain.way_back();
    back.then(&mut s.nodes, ContainerStep::CollectLogs { container: new.clone(), lines: LOG_LINES });
    back.then(&mut s.nodes, ContainerStep::Stop { container: new.clone(), grace: None });
    stop_first::give_up(s, &mut back, desired, &new);

    chain.mark();
    chain.wait_for(After::settled(s.guard.clear(networks)));
    let mut steps = Vec::new();
    for (network, attachment) in &named {
        move_names(s, &mut chain, &mut steps, &new, network, attachment);
    }
    let left = old_endpoints(s, r);
    for (network, attachment) in &left {
        move_names(s, &mut chain, &mut steps, &old_reference, network, &nameless(attachment));
    }
    let pause = chain.then(&mut s.nodes, WaitStep::Pause { duration: desired.service.update.drain });
    let last = stop_first::stop(s, &mut chain, desired, old, &old_reference).unwrap_or(pause);

    let mut back = chain.way_back();
    for (network, attachment) in &left {
        steps.extend(rejoin(s, &mut back, &old_reference, network, attachment));
    }
    stop_first::revive(s, &mut back, desired, old, &old_reference);
    back.then(&mut s.nodes, ContainerStep::CollectLogs { container: new.clone(), lines: LOG_LINES });
    back.then(&mut s.nodes, ContainerStep::Stop { container: new.clone(), grace: None });
    stop_first::give_up(s, &mut back, desired, &new);
    s.guard.swapped(networks, &steps);

    let replica = ReplicaSteps {
        created: Some(created),
        started: Some(started.start),
        ready: Some(watched.unwrap_or(started.ready)),
        ..ReplicaSteps::new(ContainerRef { name, handle: new.handle.clone() })
    };
    Replaced { replica, last, old, old_reference, new, left, chain }
}

/// How the old one is on the networks that the new one is on, too.
fn old_endpoints(s: &Schedule, r: &Replacement) -> Vec<(NetworkRef, Attachment)> {
    let keys = r.service.desired.networks.iter().map(|(key, _)| *key);
    let on = keys.filter_map(|key| {
        // On a network that is made anew the old one is connected again before, and as it was.
        let endpoint = r.old.endpoints.get(s.decisions.networks.get(key)?.live()?)?;
        Some((s.networks.get(key)?.reference.clone(), endpoint.attachment.clone()))
    });
    on.collect()
}

fn move_names(
    s: &mut Schedule,
    chain: &mut Chain,
    steps: &mut Vec<NodeId>,
    container: &ContainerRef,
    network: &NetworkRef,
    attachment: &Attachment,
) {
    let leave = ContainerStep::Disconnect { container: container.clone(), network: network.clone() };
    steps.push(chain.then(&mut s.nodes, leave));
    let join = ContainerStep::Connect {
        container: container.clone(),
        network: network.clone(),
        attachment: attachment.clone(),
    };
    steps.push(chain.then(&mut s.nodes, join));
}
