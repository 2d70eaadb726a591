//! The steps when a project goes: containers in reverse order, then networks, then what programs run, then volumes, then
//! what is dsenv's own.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{After, Builder, Chain};
use super::providers;
use super::state::{known, reference};
use crate::model::{Address, Hook, ServiceName};
use crate::plan::decide::destroy::{EndedProvider, EndedService, Teardown, address};
use crate::plan::vocabulary::{
    ContainerRef, ContainerStep, DestroyOptions, Handle, NetworkStep, Node, NodeId, NoteStep, ProviderAction,
    VolumeStep,
};
use crate::state::{Container, ContainerId, Observed};

/// The steps for all decisions.
pub fn teardown(observed: &Observed, options: &DestroyOptions, decided: &Teardown) -> Vec<Node> {
    let mut nodes = Builder::default();
    let mut gone: BTreeMap<&ContainerId, NodeId> = BTreeMap::new();
    for helper in &observed.helpers {
        let container = ContainerRef { name: helper.name.clone(), handle: Handle::Known(helper.id.clone()) };
        let chain = Chain::new(&Address::Stray(helper.name.to_string()), After::default());
        gone.insert(&helper.id, remove(&mut nodes, options, chain, &container, helper.up, &[]).1);
    }
    let mut stops: BTreeMap<&ServiceName, BTreeSet<NodeId>> = BTreeMap::new();
    for EndedService { name, needs, containers } in &decided.services {
        let after = After::settled(stops.remove(name).unwrap_or_default());
        for (container, hooks) in containers {
            let chain = Chain::new(&container.address(), after.clone());
            let up = container.state.is_up();
            let (stopped, removed) = remove(&mut nodes, options, chain, &reference(container), up, hooks);
            for needed in needs {
                stops.entry(needed).or_default().insert(stopped);
            }
            gone.insert(&container.id, removed);
        }
    }
    let after = |users: &[&Container]| After::done(users.iter().filter_map(|user| gone.get(&user.id).copied()));
    for (network, users) in &decided.networks {
        let Some(key) = &network.key else { continue };
        let step = NetworkStep::Remove { network: known(network) };
        nodes.add(&Address::Network(key.clone()), after(users), step);
    }
    let (mut ended, mut last): (BTreeMap<&ServiceName, NodeId>, Vec<NodeId>) = Default::default();
    for EndedProvider { service, provider, call, action, dependents } in &decided.providers {
        let dependents = dependents.iter().filter_map(|other| ended.get(other).copied());
        let after = After::done(gone.values().copied()).and(After::settled(dependents));
        let step = providers::step(service, provider, call, *action);
        let node = nodes.add(&Address::Service(service.clone()), after, step);
        ended.insert(service, node);
        last.extend((*action == ProviderAction::Down).then_some(node));
    }
    for (volume, users) in &decided.volumes {
        nodes.add(&address(volume), after(users), VolumeStep::Remove { name: volume.name.clone() });
    }
    let after = After::done(gone.values().copied().chain(last));
    for name in &decided.own {
        nodes.add(&Address::Project, after.clone(), NoteStep::Forget { name: name.clone() });
    }
    nodes.finish()
}

/// The steps after which a container has stopped, and after which it is gone.
fn remove(
    nodes: &mut Builder,
    options: &DestroyOptions,
    mut chain: Chain,
    container: &ContainerRef,
    up: bool,
    hooks: &[Hook],
) -> (NodeId, NodeId) {
    for hook in hooks {
        chain.then(nodes, ContainerStep::Hook { container: container.clone(), hook: hook.clone() });
    }
    let stopped = up.then(|| {
        let grace = options.grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX));
        chain.then(nodes, ContainerStep::Stop { container: container.clone(), grace })
    });
    let gone = chain.then(nodes, ContainerStep::Remove { container: container.clone() });
    (stopped.unwrap_or(gone), gone)
}
