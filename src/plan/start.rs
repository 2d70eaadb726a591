//! A container starts and passes its gate: start, hooks, wait, and a second look after the time that it is watched.

use super::builder::Chain;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{ContainerRef, NodeId, Step, Until, outcome, pre_start};
use crate::model::Tunable;

/// Lines of a failed container's log that the message shows.
pub(super) const LOG_LINES: usize = 20;

/// The steps of a start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    /// It runs.
    pub start: NodeId,
    /// It has passed its gate.
    pub ready: NodeId,
}

/// Adds the steps to the chain of a container that has never started.
pub(super) fn first(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) -> Started {
    pre_start::run(p, wanted, chain, container);
    start(p, wanted, chain, container)
}

/// Adds the steps to a chain.
pub(super) fn start(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) -> Started {
    again(p, wanted, chain, container, None)
}

/// The same, and sets limits as soon as it runs.
pub(super) fn again(
    p: &mut Planner,
    wanted: &Wanted,
    chain: &mut Chain,
    container: &ContainerRef,
    tunable: Option<Tunable>,
) -> Started {
    let start = chain.then(&mut p.nodes, Step::Start { container: container.clone() });
    p.traffic.touch(&wanted.network_names, start);
    if let Some(tunable) = tunable {
        chain.then(&mut p.nodes, Step::Update { container: container.clone(), tunable });
    }
    for hook in &wanted.service.hooks.post_start {
        chain.then(&mut p.nodes, Step::Hook { container: container.clone(), hook: hook.clone() });
    }
    Started { start, ready: gate(p, wanted, chain, container) }
}

/// Adds the wait for the gate to a chain.
pub(super) fn gate(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) -> NodeId {
    let until = if wanted.service.job { Until::Completed } else { Until::Ready { settle: wanted.service.gate.settle } };
    wait(p, wanted, chain, container, until)
}

/// Where all that depend on the service could do without it, its gate is told and decides nothing. Not so the gate of
/// a replacement, which decides which of two containers stays.
pub(super) fn excuse(p: &mut Planner, wanted: &Wanted, gate: NodeId) {
    if outcome::is_optional(p, wanted.name) {
        p.nodes.excuse(gate);
    }
}

/// Adds what a replacement is watched for after its gate.
pub(super) fn monitor(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) -> Option<NodeId> {
    let duration = wanted.service.update.monitor;
    if duration.is_zero() || wanted.service.job {
        return None;
    }
    chain.then(&mut p.nodes, Step::Pause { duration });
    // One that was restarted meanwhile must live as long again.
    Some(wait(p, wanted, chain, container, Until::Ready { settle: duration }))
}

fn wait(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef, until: Until) -> NodeId {
    let limit = p.request.options.timeout.unwrap_or(wanted.service.gate.limit);
    chain.then(&mut p.nodes, Step::Wait { container: container.clone(), until, limit })
}
