//! A network whose definition changed: nothing of it can be changed in place, so its containers are disconnected, it
//! is removed and made anew, and they are connected again with all that an endpoint has: names resolve afterwards.

use super::builder::{After, WayBack};
use super::networks::{self, Link, known, made};
use super::planner::Planner;
use super::wanted::attachments;
use super::{Change, ContainerRef, Handle, Hazard, NetworkRef, NodeId, Step, code, drift, labels};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Attachment, NetworkDefinition, NetworkKey, NetworkName};
use crate::state::{Container, Network, record};

/// Adds the steps.
pub(super) fn plan<'a>(
    p: &mut Planner<'a>,
    key: &'a NetworkKey,
    definition: &'a NetworkDefinition,
    old: &'a Network,
    mut change: Change,
) {
    let address = Address::Network(key.clone());
    if let Some(guest) = p.request.observed.guests_on(&old.id).next() {
        let told = format!("network {key}: {} cannot be made anew, since container {} is on it", old.name, guest.name);
        let told = Diagnostic::error(code::IN_USE, told).help(format!(
            "it is not of this environment; take it off with `docker network disconnect {} {}`",
            old.name, guest.name
        ));
        p.tell(told, &address, "", "cannot be made anew");
        p.networks.insert(key, Link::kept(old));
        p.changes.push(change);
        return;
    }
    let attached: Vec<&'a Container> = p.index.attached(&old.id).to_vec();
    let (gone, staying): (Vec<_>, Vec<_>) = attached.into_iter().partition(|user| p.gone.contains_key(&user.id));
    let mut before: Vec<NodeId> = gone.iter().map(|user| p.gone[&user.id]).chain(p.cleared.iter().copied()).collect();

    for user in &staying {
        let step = Step::Disconnect { container: p.reference(user), network: known(old) };
        let node = p.nodes.add(&address, After::default(), step);
        before.push(node);
        if wanted(p, key, user) == Wanted::Away {
            p.parted.insert((&user.id, &old.id));
            p.busy.insert(&user.id, node);
            p.left.insert((&user.id, &old.id), node);
        }
        let hazard = Hazard::Downtime { service: user.service.clone() };
        if user.state.is_up() && !change.hazards.contains(&hazard) {
            change.hazards.push(hazard);
        }
    }
    let remove = p.nodes.add(&address, After::done(before.clone()), Step::RemoveNetwork { network: known(old) });
    connect_back(p, &address, &staying, known(old), before.into_iter().chain([remove]).collect(), old);
    let create = networks::create(p, key, definition, After::done([remove]));
    restore(p, &address, key, &staying, old, create);

    let link = made(p, key, create, Some(&old.id));
    for user in staying {
        let attachment = match wanted(p, key, user) {
            Wanted::So(attachment) => attachment,
            Wanted::AsBefore => user.endpoints[&old.id].attachment.clone(),
            Wanted::Away => continue,
        };
        let step = Step::Connect { container: p.reference(user), network: link.reference.clone(), attachment };
        let node = p.nodes.add(&address, After::done([create]), step);
        p.traffic.touch(std::slice::from_ref(&old.name), node);
        p.busy.insert(&user.id, node);
        p.left.insert((&user.id, &old.id), node);
    }
    p.networks.insert(key, link);
    p.changes.push(change);
}

/// How a container is to be on the new network.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// As the file says.
    So(Attachment),
    /// The file says nothing of this container.
    AsBefore,
    /// The file takes it off the network.
    Away,
}

fn wanted(p: &Planner, key: &NetworkKey, user: &Container) -> Wanted {
    let main = p.index.slot(&user.service, user.replica).and_then(|slot| slot.main);
    let Some(service) = p.planned.get(&user.service).filter(|_| main.is_some_and(|main| main.id == user.id)) else {
        return Wanted::AsBefore;
    };
    if drift::ignored(service, &format!("networks.{key}")) {
        return Wanted::AsBefore;
    }
    let joined = attachments(&user.service, service);
    match joined.iter().find(|(name, _)| *name == key) {
        Some((_, attachment)) => Wanted::So(attachment.clone()),
        // One that shares a namespace is about to be replaced.
        None if joined.is_empty() => Wanted::AsBefore,
        None => Wanted::Away,
    }
}

/// The old network could not be removed: its containers go back on it.
fn connect_back(
    p: &mut Planner,
    address: &Address,
    users: &[&Container],
    network: NetworkRef,
    failed: Vec<NodeId>,
    old: &Network,
) {
    for user in users {
        let attachment = user.endpoints[&old.id].attachment.clone();
        let step = Step::Connect { container: p.reference(user), network: network.clone(), attachment };
        let node = WayBack::from(address, failed.iter().copied()).then(&mut p.nodes, step);
        touch(p, &old.name, node);
    }
}

/// The new network could not be made: the old one is made again.
fn restore(p: &mut Planner, address: &Address, key: &NetworkKey, users: &[&Container], old: &Network, create: NodeId) {
    // What a record hides the engine shows.
    let whole = |record: &&NetworkDefinition| {
        !record::holds_hidden(&serde_json::to_value(record).expect("a model of plain data has a JSON form"))
    };
    let definition = old.record.as_ref().filter(whole).unwrap_or(&old.live).clone();
    let step = Step::CreateNetwork {
        key: key.clone(),
        name: old.name.clone(),
        labels: labels::network(p.request.project, key, &definition, p.request.key),
        definition,
    };
    let mut back = WayBack::from(address, [create]);
    let again = back.then(&mut p.nodes, step);
    let network = NetworkRef { name: old.name.clone(), handle: Handle::Made(again) };
    for user in users {
        let attachment = user.endpoints[&old.id].attachment.clone();
        let step = Step::Connect { container: p.reference(user), network: network.clone(), attachment };
        let node = back.then(&mut p.nodes, step);
        touch(p, &old.name, node);
    }
}

fn touch(p: &mut Planner, network: &NetworkName, node: NodeId) {
    p.traffic.touch(std::slice::from_ref(network), node);
}

impl Planner<'_> {
    /// Names a container that is there.
    pub fn reference(&self, container: &Container) -> ContainerRef {
        ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) }
    }
}
