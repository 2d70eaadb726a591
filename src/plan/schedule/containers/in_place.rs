//! A container that stays: its name, limits, endpoints and state are mended where they differ.

use super::start::{self, LOG_LINES, Started};
use crate::model::Tunable;
use crate::plan::compare::container::{Difference, Wake};
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::ignore_changes::left_alone;
use crate::plan::compare::restart_marker;
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::{After, Chain};
use crate::plan::schedule::state::{ReplicaSteps, Schedule, known, reference};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle, NetworkRef};
use crate::state::{Container, NetworkId, RunState};

/// Adds the steps. `gates` are what a start waits for.
pub fn mend<'a>(
    s: &mut Schedule<'a>,
    service: &'a ServiceDecision<'a>,
    number: u32,
    container: &'a Container,
    found: &Difference<'a>,
    after: After,
    gates: After,
) -> ReplicaSteps<'a> {
    let desired = &service.desired;
    let after = after.and(s.after_busy(container));
    let mut chain = Chain::new(&desired.address(number), after);
    let mut named = reference(container);
    if found.rename.is_some() {
        let to = desired.container_name(number);
        let node = chain.then(&mut s.nodes, ContainerStep::Rename { container: named.clone(), to: to.clone() });
        s.renamed.insert(&container.id, node);
        named.name = to;
    }
    let tunable = left_alone(desired.service, &desired.tunable, &container.tunable);
    if !found.tunable.is_empty() && !is_marked(desired, found) {
        chain.then(&mut s.nodes, ContainerStep::Update { container: named.clone(), tunable: tunable.clone() });
    }
    endpoints(s, desired, &mut chain, container, &named, found);
    let started = wake(s, service, &mut chain, &named, found, gates, tunable);
    ReplicaSteps {
        live: Some(container),
        started: started.map(|started| started.start),
        ready: started.map(|started| started.ready),
        ..ReplicaSteps::new(named)
    }
}

/// Whether it is to start and has the mark that says so, which goes only when it runs.
fn is_marked(desired: &DesiredService, found: &Difference) -> bool {
    matches!(found.wake, Some(Wake::Start(RunState::Exited { code: 0, .. })))
        && !found.tunable.is_empty()
        && restart_marker::of(desired.service, &desired.tunable).is_some()
}

/// Leaves and joins networks.
pub fn endpoints<'a>(
    s: &mut Schedule<'a>,
    desired: &DesiredService,
    chain: &mut Chain,
    container: &'a Container,
    reference: &ContainerRef,
    found: &Difference<'a>,
) {
    if found.endpoints.iter().any(|endpoint| endpoint.join.is_some()) {
        chain.wait_for(After::settled(s.guard.enter(&desired.network_names)));
    }
    for endpoint in &found.endpoints {
        if let Some(id) = endpoint.leave {
            let network = left(s, container, id);
            let node = chain.then(&mut s.nodes, ContainerStep::Disconnect { container: reference.clone(), network });
            if endpoint.join.is_none() {
                s.left.insert((&container.id, id), node);
            }
        }
        if let Some((key, attachment)) = &endpoint.join
            && let Some(network) = s.networks.get(key)
        {
            // One that it was on is there already.
            let (network, ready) = (network.reference.clone(), network.ready.filter(|_| endpoint.leave.is_none()));
            let name = network.name.clone();
            chain.wait_for(After::done(ready));
            let attachment = attachment.clone();
            let node =
                chain.then(&mut s.nodes, ContainerStep::Connect { container: reference.clone(), network, attachment });
            s.guard.touch(std::slice::from_ref(&name), node);
        }
    }
}

/// A network that a container leaves; it may be gone.
fn left(s: &Schedule, container: &Container, id: &NetworkId) -> NetworkRef {
    match s.sides.index.network(id) {
        Some(network) => known(network),
        None => NetworkRef { name: container.endpoints[id].network.clone(), handle: Handle::Known(id.clone()) },
    }
}

fn wake<'a>(
    s: &mut Schedule<'a>,
    service: &'a ServiceDecision<'a>,
    chain: &mut Chain,
    container: &ContainerRef,
    found: &Difference,
    gates: After,
    tunable: Tunable,
) -> Option<Started> {
    let desired = &service.desired;
    let wake = found.wake.as_ref()?;
    chain.wait_for(gates.and(After::settled(s.guard.enter(&desired.network_names))));
    chain.mark();
    let started = match wake {
        Wake::Unpause => {
            let start = chain.then(&mut s.nodes, ContainerStep::Unpause { container: container.clone() });
            Started { start, ready: start::gate(s, desired, chain, container) }
        }
        Wake::Start(RunState::Restarting) => {
            chain.then(&mut s.nodes, ContainerStep::Stop { container: container.clone(), grace: None });
            start::start(s, desired, chain, container)
        }
        Wake::Restart(_) | Wake::Rejoin(_) => {
            for hook in &desired.service.hooks.pre_stop {
                chain.then(&mut s.nodes, ContainerStep::Hook { container: container.clone(), hook: hook.clone() });
            }
            chain.then(&mut s.nodes, ContainerStep::Stop { container: container.clone(), grace: None });
            start::start(s, desired, chain, container)
        }
        Wake::Start(RunState::Exited { .. }) if is_marked(desired, found) => {
            start::again(s, desired, chain, container, Some(tunable))
        }
        Wake::Start(RunState::Created) => start::first(s, service, chain, container),
        Wake::Start(_) | Wake::Run(_) => start::start(s, desired, chain, container),
    };
    start::excuse(s, desired, started.ready);
    let logs = ContainerStep::CollectLogs { container: container.clone(), lines: LOG_LINES };
    chain.way_back().then(&mut s.nodes, logs);
    Some(started)
}
