//! Networks of the spec: made, or made anew with the containers on them.

use std::slice::from_ref;

use super::builder::{After, WayBack};
use super::labels;
use super::state::{NetworkSteps, Schedule, known, reference};
use crate::model::{Address, NetworkDefinition, NetworkKey};
use crate::plan::decide::decisions::{NetworkDecision, NetworkFate, Reconnection};
use crate::plan::vocabulary::{ContainerStep, Handle, NetworkRef, NetworkStep, NodeId};
use crate::state::{Container, Network, record};

/// Adds the steps.
pub fn plan(s: &mut Schedule) {
    for (key, NetworkDecision { fate, twins }) in &s.decisions.networks {
        let last = remove_twins(s, twins);
        let step = match fate {
            NetworkFate::Keep(network) => {
                // What is to start on the first finds it by its name.
                if let Some(last) = last {
                    s.busy.extend(s.sides.index.attached(&network.id).iter().map(|user| (&user.id, last)));
                }
                NetworkSteps { reference: known(network), ready: last }
            }
            NetworkFate::Create => {
                let node = create(s, key, After::default());
                made(s, key, node)
            }
            NetworkFate::Recreate { old, gone, users } => {
                if let Some(last) = last {
                    s.busy.extend(s.sides.index.attached(&old.id).iter().map(|user| (&user.id, last)));
                }
                recreate(s, key, old, gone, users)
            }
        };
        s.networks.insert(key, step);
    }
}

/// Removes second networks of a name. Gives the last step.
fn remove_twins(s: &mut Schedule, twins: &[&Network]) -> Option<NodeId> {
    let mut last = None;
    for twin in twins {
        let after = After::done(last).and(s.after_cleared());
        let address = Address::Stray(twin.name.to_string());
        last = Some(s.nodes.add(&address, after, NetworkStep::Remove { network: known(twin) }));
    }
    last
}

fn create(s: &mut Schedule, key: &NetworkKey, after: After) -> NodeId {
    let network = &s.project().networks[key];
    let definition = network.definition.clone().unwrap_or_default();
    let step = created(s, key, network.name.clone(), definition);
    s.nodes.add(&Address::Network(key.clone()), after, step)
}

fn created(
    s: &Schedule,
    key: &NetworkKey,
    name: crate::model::NetworkName,
    definition: NetworkDefinition,
) -> NetworkStep {
    let labels = labels::network(s.project(), key, &definition, s.request().key);
    NetworkStep::Create { key: key.clone(), name, definition, labels }
}

fn made(s: &Schedule, key: &NetworkKey, node: NodeId) -> NetworkSteps {
    let name = s.project().networks[key].name.clone();
    NetworkSteps { reference: NetworkRef { name, handle: Handle::Made(node) }, ready: Some(node) }
}

/// Its containers are disconnected, it is removed and made anew, and they are connected again.
fn recreate<'a>(
    s: &mut Schedule<'a>,
    key: &NetworkKey,
    old: &'a Network,
    gone: &[&'a Container],
    users: &'a [(&'a Container, Reconnection)],
) -> NetworkSteps {
    let address = Address::Network(key.clone());
    let mut before: Vec<NodeId> = gone.iter().filter_map(|user| s.gone.get(&user.id).copied()).collect();
    before.extend(&s.cleared);
    for (user, how) in users {
        let step = ContainerStep::Disconnect { container: reference(user), network: known(old) };
        let node = s.nodes.add(&address, After::default(), step);
        before.push(node);
        match how {
            Reconnection::Connect(_) => {}
            Reconnection::Away => {
                s.busy.insert(&user.id, node);
                s.left.insert((&user.id, &old.id), node);
            }
        }
    }
    let remove = s.nodes.add(&address, After::done(before.clone()), NetworkStep::Remove { network: known(old) });
    let staying: Vec<&Container> = users.iter().map(|(user, _)| *user).collect();
    connect_back(s, &address, &staying, before.into_iter().chain([remove]).collect(), old);
    let create = create(s, key, After::done([remove]));
    restore(s, &address, key, &staying, old, create);

    let step = made(s, key, create);
    for (user, how) in users {
        let Reconnection::Connect(attachment) = how else { continue };
        let (network, attachment) = (step.reference.clone(), attachment.clone());
        let connect = ContainerStep::Connect { container: reference(user), network, attachment };
        let node = s.nodes.add(&address, After::done([create]), connect);
        s.guard.touch(from_ref(&old.name), node);
        s.busy.insert(&user.id, node);
        s.left.insert((&user.id, &old.id), node);
    }
    step
}

/// The old network could not be removed: its containers go back on it.
fn connect_back(s: &mut Schedule, address: &Address, users: &[&Container], failed: Vec<NodeId>, old: &Network) {
    for user in users {
        let attachment = user.endpoints[&old.id].attachment.clone();
        let step = ContainerStep::Connect { container: reference(user), network: known(old), attachment };
        let node = WayBack::from(address, failed.iter().copied()).then(&mut s.nodes, step);
        s.guard.touch(from_ref(&old.name), node);
    }
}

/// The new network could not be made: the old one is made again.
fn restore(s: &mut Schedule, address: &Address, key: &NetworkKey, users: &[&Container], old: &Network, create: NodeId) {
    // What a record hides the engine shows.
    let whole = |record: &&NetworkDefinition| {
        !record::holds_hidden(&serde_json::to_value(record).expect("a model of plain data has a JSON form"))
    };
    let definition = old.record.as_ref().filter(whole).unwrap_or(&old.live).clone();
    let step = created(s, key, old.name.clone(), definition);
    let mut back = WayBack::from(address, [create]);
    let again = back.then(&mut s.nodes, step);
    let network = NetworkRef { name: old.name.clone(), handle: Handle::Made(again) };
    for user in users {
        let attachment = user.endpoints[&old.id].attachment.clone();
        let step = ContainerStep::Connect { container: reference(user), network: network.clone(), attachment };
        let node = back.then(&mut s.nodes, step);
        s.guard.touch(from_ref(&old.name), node);
    }
}
