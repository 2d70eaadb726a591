//! A replica that is not there: created at once, started when what it depends on is up.

use super::{create, start};
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::{After, Chain};
use crate::plan::schedule::state::{ReplicaSteps, Schedule};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle};

/// Adds the steps.
pub fn create<'a>(
    s: &mut Schedule<'a>,
    service: &'a ServiceDecision<'a>,
    number: u32,
    needs: After,
    gates: After,
) -> ReplicaSteps<'a> {
    let desired = &service.desired;
    let name = desired.container_name(number);
    let needs = needs.and(After::settled(s.guard.enter(&desired.network_names)));
    let mut chain = Chain::new(&desired.address(number), needs);
    let networks = create::networks(s, desired);
    let new = create::new(s, desired, number, name.clone(), networks, None);
    let created = chain.then(&mut s.nodes, ContainerStep::Create(new));
    s.guard.touch(&desired.network_names, created);
    let container = ContainerRef { name, handle: Handle::Made(created) };
    chain.wait_for(gates);
    chain.mark();
    let started = start::first(s, service, &mut chain, &container);
    start::excuse(s, desired, started.ready);
    let logs = ContainerStep::CollectLogs { container: container.clone(), lines: start::LOG_LINES };
    chain.way_back().then(&mut s.nodes, logs);
    ReplicaSteps {
        created: Some(created),
        started: Some(started.start),
        ready: Some(started.ready),
        ..ReplicaSteps::new(container)
    }
}
