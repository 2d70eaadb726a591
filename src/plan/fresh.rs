//! A container that is not there: created at once, started when what it depends on is up.

use super::builder::{After, Chain};
use super::outcome::Replica;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{ContainerRef, Handle, Step, create, start};

/// Adds the steps.
pub(super) fn create<'a>(
    p: &mut Planner<'a>,
    wanted: &Wanted<'a>,
    number: u32,
    needs: After,
    gates: After,
) -> Replica<'a> {
    let name = wanted.container_name(p, number);
    let needs = needs.and(After::settled(p.traffic.enter(&wanted.network_names)));
    let mut chain = Chain::new(&wanted.address(number), needs);
    let networks = create::networks(p, wanted);
    let new = create::new(p, wanted, number, name.clone(), networks, None);
    let created = chain.then(&mut p.nodes, Step::CreateContainer(new));
    p.traffic.touch(&wanted.network_names, created);
    let container = ContainerRef { name, handle: Handle::Made(created) };
    chain.wait_for(gates);
    chain.mark();
    let started = start::first(p, wanted, &mut chain, &container);
    start::excuse(p, wanted, started.ready);
    let logs = Step::CollectLogs { container: container.clone(), lines: start::LOG_LINES };
    chain.way_back().then(&mut p.nodes, logs);
    Replica {
        created: Some(created),
        started: Some(started.start),
        ready: Some(started.ready),
        ..Replica::new(container)
    }
}
