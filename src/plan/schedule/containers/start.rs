//! A container starts and passes its gate: start, hooks, wait, and a second look after the time that it is watched.

use super::pre_start;
use crate::model::Tunable;
use crate::plan::compare::desired::DesiredService;
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::Chain;
use crate::plan::schedule::gates::is_optional;
use crate::plan::schedule::state::Schedule;
use crate::plan::vocabulary::{ContainerRef, ContainerStep, NodeId, Until, WaitStep};

/// Lines of a failed container's log that the message shows.
pub const LOG_LINES: usize = 20;

/// The steps of a start.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// It runs.
    pub start: NodeId,
    /// It has passed its gate.
    pub ready: NodeId,
}

/// Adds the steps to the chain of a container that has never started.
pub fn first<'a>(
    s: &mut Schedule<'a>,
    service: &'a ServiceDecision<'a>,
    chain: &mut Chain,
    container: &ContainerRef,
) -> Started {
    pre_start::run(s, service, chain, container);
    start(s, &service.desired, chain, container)
}

/// Adds the steps to a chain.
pub fn start(s: &mut Schedule, desired: &DesiredService, chain: &mut Chain, container: &ContainerRef) -> Started {
    again(s, desired, chain, container, None)
}

/// The same, and sets limits as soon as it runs.
pub fn again(
    s: &mut Schedule,
    desired: &DesiredService,
    chain: &mut Chain,
    container: &ContainerRef,
    tunable: Option<Tunable>,
) -> Started {
    let start = chain.then(&mut s.nodes, ContainerStep::Start { container: container.clone() });
    s.guard.touch(&desired.network_names, start);
    if let Some(tunable) = tunable {
        chain.then(&mut s.nodes, ContainerStep::Update { container: container.clone(), tunable });
    }
    for hook in &desired.service.hooks.post_start {
        chain.then(&mut s.nodes, ContainerStep::Hook { container: container.clone(), hook: hook.clone() });
    }
    Started { start, ready: gate(s, desired, chain, container) }
}

/// Adds the wait for the gate to a chain.
pub fn gate(s: &mut Schedule, desired: &DesiredService, chain: &mut Chain, container: &ContainerRef) -> NodeId {
    let until =
        if desired.service.job { Until::Completed } else { Until::Ready { settle: desired.service.gate.settle } };
    wait(s, desired, chain, container, until)
}

/// Where all that depend on the service could do without it, its gate is told and decides nothing. Not so the gate of
/// a replacement, which decides which of two containers stays.
pub fn excuse(s: &mut Schedule, desired: &DesiredService, gate: NodeId) {
    if is_optional(s.project(), desired.name) {
        s.nodes.excuse(gate);
    }
}

/// Adds what a replacement is watched for after its gate.
pub fn monitor(
    s: &mut Schedule,
    desired: &DesiredService,
    chain: &mut Chain,
    container: &ContainerRef,
) -> Option<NodeId> {
    let duration = desired.service.update.monitor;
    if duration.is_zero() || desired.service.job {
        return None;
    }
    chain.then(&mut s.nodes, WaitStep::Pause { duration });
    // One that was restarted meanwhile must live as long again.
    Some(wait(s, desired, chain, container, Until::Ready { settle: duration }))
}

fn wait(
    s: &mut Schedule,
    desired: &DesiredService,
    chain: &mut Chain,
    container: &ContainerRef,
    until: Until,
) -> NodeId {
    let limit = s.request().options.timeout.unwrap_or(desired.service.gate.limit);
    chain.then(&mut s.nodes, WaitStep::Until { container: container.clone(), until, limit })
}
