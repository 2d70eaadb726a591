//! A container that stays: its name, limits, endpoints and state are mended where they differ.

use super::builder::{After, Chain};
use super::compare::{Found, Wake};
use super::outcome::Replica;
use super::planner::Planner;
use super::start::{self, LOG_LINES, Started};
use super::wanted::Wanted;
use super::{ContainerRef, Step, drift, mark};
use crate::model::Tunable;
use crate::state::{Container, RunState};

/// Adds the steps. `gates` are what a start waits for.
pub(super) fn mend<'a>(
    p: &mut Planner<'a>,
    wanted: &Wanted<'a>,
    number: u32,
    container: &'a Container,
    found: &Found<'a>,
    after: After,
    gates: After,
) -> Replica<'a> {
    let after = after.and(p.after_busy(container));
    let mut chain = Chain::new(&wanted.address(number), after);
    let mut reference = p.reference(container);
    if found.rename.is_some() {
        let to = wanted.container_name(p, number);
        let node = chain.then(&mut p.nodes, Step::Rename { container: reference.clone(), to: to.clone() });
        p.renamed.insert(&container.id, node);
        reference.name = to;
    }
    let tunable = drift::left_alone(wanted.service, &wanted.tunable, &container.tunable);
    if !found.tunable.is_empty() && !is_marked(wanted, found) {
        chain.then(&mut p.nodes, Step::Update { container: reference.clone(), tunable: tunable.clone() });
    }
    endpoints(p, wanted, &mut chain, container, &reference, found);
    let started = wake(p, wanted, &mut chain, &reference, found, gates, tunable);
    Replica {
        live: Some(container),
        started: started.map(|started| started.start),
        ready: started.map(|started| started.ready),
        ..Replica::new(reference)
    }
}

/// Whether it is to start and has the mark that says so, which goes only when it runs.
fn is_marked(wanted: &Wanted, found: &Found) -> bool {
    matches!(found.state, Some(Wake::Start(RunState::Exited { code: 0, .. })))
        && !found.tunable.is_empty()
        && mark::of(wanted.service, &wanted.tunable).is_some()
}

/// Leaves and joins networks.
pub(super) fn endpoints<'a>(
    p: &mut Planner<'a>,
    wanted: &Wanted,
    chain: &mut Chain,
    container: &'a Container,
    reference: &ContainerRef,
    found: &Found<'a>,
) {
    if found.endpoints.iter().any(|mend| mend.join.is_some()) {
        chain.wait_for(After::settled(p.traffic.enter(&wanted.network_names)));
    }
    for mend in &found.endpoints {
        if let Some((network, id)) = &mend.leave {
            let step = Step::Disconnect { container: reference.clone(), network: network.clone() };
            let node = chain.then(&mut p.nodes, step);
            if mend.join.is_none() {
                p.left.insert((&container.id, id), node);
            }
        }
        if let Some((network, attachment, ready)) = &mend.join {
            chain.wait_for(After::done(*ready));
            let step = Step::Connect {
                container: reference.clone(),
                network: network.clone(),
                attachment: attachment.clone(),
            };
            let node = chain.then(&mut p.nodes, step);
            p.traffic.touch(std::slice::from_ref(&network.name), node);
        }
    }
}

fn wake(
    p: &mut Planner,
    wanted: &Wanted,
    chain: &mut Chain,
    container: &ContainerRef,
    found: &Found,
    gates: After,
    tunable: Tunable,
) -> Option<Started> {
    let wake = found.state.as_ref()?;
    chain.wait_for(gates.and(After::settled(p.traffic.enter(&wanted.network_names))));
    chain.mark();
    let started = match wake {
        Wake::Unpause => {
            let start = chain.then(&mut p.nodes, Step::Unpause { container: container.clone() });
            Started { start, ready: start::gate(p, wanted, chain, container) }
        }
        Wake::Start(RunState::Restarting) => {
            chain.then(&mut p.nodes, Step::Stop { container: container.clone(), grace: None });
            start::start(p, wanted, chain, container)
        }
        Wake::Restart(_) | Wake::Rejoin(_) => {
            for hook in &wanted.service.hooks.pre_stop {
                chain.then(&mut p.nodes, Step::Hook { container: container.clone(), hook: hook.clone() });
            }
            chain.then(&mut p.nodes, Step::Stop { container: container.clone(), grace: None });
            start::start(p, wanted, chain, container)
        }
        Wake::Start(RunState::Exited { .. }) if is_marked(wanted, found) => {
            start::again(p, wanted, chain, container, Some(tunable))
        }
        Wake::Start(RunState::Created) => start::first(p, wanted, chain, container),
        Wake::Start(_) | Wake::Run(_) => start::start(p, wanted, chain, container),
    };
    start::excuse(p, wanted, started.ready);
    let logs = Step::CollectLogs { container: container.clone(), lines: LOG_LINES };
    chain.way_back().then(&mut p.nodes, logs);
    Some(started)
}
