//! A replacement, the old one stopping first. The old container stays until the new one has passed its gate, and comes
//! back if it does not.

use std::time::Duration;

use super::rollback::may_return_beside;
use super::start::{self, LOG_LINES};
use super::{create, in_place};
use crate::model::{Attachment, FailureAction, Restart, ServiceName, Tunable};
use crate::plan::compare::container::Difference;
use crate::plan::compare::desired::DesiredService;
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::{After, Chain, WayBack};
use crate::plan::schedule::state::{ReplicaSteps, Schedule, reference};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle, NetworkRef, NodeId, Until, WaitStep};
use crate::state::{Container, RunState, own};

/// One replacement.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// Of which service.
    pub service: &'a ServiceDecision<'a>,
    /// Which replica.
    pub number: u32,
    /// What goes.
    pub old: &'a Container,
    /// What an interrupted replacement made already and is as it should be, and how its endpoints differ.
    pub next: Option<(&'a Container, &'a Difference<'a>)>,
    /// What it comes after: all that the new one needs, so that nothing is left half done when that fails.
    pub after: After,
}

/// A replacement up to the point from which the old one could still come back.
#[derive(Debug)]
pub struct Replaced<'a> {
    /// The new container.
    pub replica: ReplicaSteps<'a>,
    /// The step after which the new one is good and the old one stopped.
    pub last: NodeId,
    /// What goes.
    pub old: &'a Container,
    /// For steps.
    pub old_reference: ContainerRef,
    /// The new one under its temporary name.
    pub new: ContainerRef,
    /// How the old one was on the networks on which it gave its names up.
    pub left: Vec<(NetworkRef, Attachment)>,
    /// Goes on with the end.
    pub chain: Chain,
}

/// Adds the steps.
pub fn replace<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>) -> Replaced<'a> {
    let prepared = prepare(s, r);
    let mut begun = make(s, r, prepared);
    begun.chain.mark();
    stop(s, &mut begun.chain, &r.service.desired, r.old, &begun.old_reference);
    let replaced = finish(s, r, begun);
    back(s, r, &replaced);
    replaced
}

/// A replacement whose new container is made.
#[derive(Debug)]
pub struct Begun {
    /// Goes on.
    pub chain: Chain,
    /// What goes.
    pub old_reference: ContainerRef,
    /// What takes its place, under its temporary name.
    pub new: ContainerRef,
    /// The step that makes it, unless it was there.
    pub created: Option<NodeId>,
}

/// A replacement that has done nothing yet but give the old one its right name.
#[derive(Debug)]
pub struct Prepared {
    /// Goes on.
    pub chain: Chain,
    /// What goes.
    pub old_reference: ContainerRef,
}

/// Prepares one.
pub fn prepare<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>) -> Prepared {
    let Replacement { service, number, old, next: _, after } = r;
    let desired = &service.desired;
    let mut chain = Chain::new(&desired.address(*number), after.clone().and(s.after_busy(old)));
    let old_reference = right_name(s, &mut chain, desired, *number, old);
    Prepared { chain, old_reference }
}

/// Makes the new container, unless an interrupted replacement did.
pub fn make<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>, prepared: Prepared) -> Begun {
    let Replacement { service, number, old, next, after: _ } = r;
    let desired = &service.desired;
    let Prepared { mut chain, old_reference } = prepared;
    if let Some((next, _)) = next {
        return Begun { chain, old_reference, new: reference(next), created: None };
    }
    chain.wait_for(After::settled(s.guard.enter(&desired.network_names)));
    let name = own::next(&desired.container_name(*number));
    let networks = create::networks(s, desired);
    let new = create::new(s, desired, *number, name.clone(), networks, Some(old));
    let created = chain.then(&mut s.nodes, ContainerStep::Create(new));
    s.guard.touch(&desired.network_names, created);
    Begun { chain, old_reference, new: ContainerRef { name, handle: Handle::Made(created) }, created: Some(created) }
}

/// Starts the new container and waits until it is good.
pub fn finish<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>, begun: Begun) -> Replaced<'a> {
    let Replacement { service, number, old, next, after: _ } = r;
    let desired = &service.desired;
    let Begun { mut chain, old_reference, new, created } = begun;
    if let Some((next, found)) = next {
        in_place::endpoints(s, desired, &mut chain, next, &new, found);
    }
    let started = match next {
        Some((next, _)) if next.state != RunState::Created => start::start(s, desired, &mut chain, &new),
        Some(_) | None => start::first(s, service, &mut chain, &new),
    };
    let watched = start::monitor(s, desired, &mut chain, &new);
    let last = watched.unwrap_or(started.ready);
    let name = desired.container_name(*number);
    let replica = ReplicaSteps {
        // A reused one is new to those that borrow from it, too.
        created: created.or(Some(started.start)),
        started: Some(started.start),
        ready: Some(last),
        ..ReplicaSteps::new(ContainerRef { name, handle: new.handle.clone() })
    };
    Replaced { replica, last, old, old_reference, new, left: Vec::new(), chain }
}

/// Gives the old one its right name first, if it has another, so that temporary names always follow from right ones.
pub fn right_name<'a>(
    s: &mut Schedule<'a>,
    chain: &mut Chain,
    desired: &DesiredService,
    number: u32,
    old: &'a Container,
) -> ContainerRef {
    let mut named = reference(old);
    let name = desired.container_name(number);
    if old.name != name {
        let node = chain.then(&mut s.nodes, ContainerStep::Rename { container: named.clone(), to: name.clone() });
        s.renamed.insert(&old.id, node);
        named.name = name;
    }
    named
}

/// Stops the old one. Its restart policy is set to `no` before, so that it does not come back when the engine
/// restarts meanwhile: two writers would share one volume. Answers with the last of the steps, if there are any.
pub fn stop(
    s: &mut Schedule,
    chain: &mut Chain,
    desired: &DesiredService,
    old: &Container,
    reference: &ContainerRef,
) -> Option<NodeId> {
    let mut last = None;
    if old.state == RunState::Running {
        for hook in &desired.service.hooks.pre_stop {
            last = Some(
                chain.then(&mut s.nodes, ContainerStep::Hook { container: reference.clone(), hook: hook.clone() }),
            );
        }
    }
    if comes_back(s, old) {
        let tunable = Tunable { restart: Restart::No, ..old.tunable.clone() };
        last = Some(chain.then(&mut s.nodes, ContainerStep::Update { container: reference.clone(), tunable }));
    }
    if old.state.is_up() {
        last = Some(chain.then(&mut s.nodes, ContainerStep::Stop { container: reference.clone(), grace: None }));
    }
    last
}

/// Whether the engine would start it by itself, and can be told not to.
fn comes_back(s: &Schedule, old: &Container) -> bool {
    let alterable = s.request().rules.dialect.capabilities().updates
        && (old.state.is_up() || matches!(old.state, RunState::Exited { .. }));
    !old.tunable.restart.is_no() && alterable
}

/// Gives the old one its restart policy back and starts it, if it ran. Answers with the step after which it is good.
pub fn revive(
    s: &mut Schedule,
    back: &mut WayBack,
    desired: &DesiredService,
    old: &Container,
    reference: &ContainerRef,
) -> Option<NodeId> {
    if comes_back(s, old) {
        let step = ContainerStep::Update { container: reference.clone(), tunable: old.tunable.clone() };
        back.then(&mut s.nodes, step);
    }
    if !old.state.is_up() {
        return None;
    }
    let start = back.then(&mut s.nodes, ContainerStep::Start { container: reference.clone() });
    s.guard.touch(&desired.network_names, start);
    let ready = wait(s, back, desired, reference, desired.service.gate.settle);
    let monitor = desired.service.rollback.monitor;
    if monitor.is_zero() || desired.service.job {
        return Some(ready);
    }
    back.then(&mut s.nodes, WaitStep::Pause { duration: monitor });
    Some(wait(s, back, desired, reference, monitor))
}

fn wait(
    s: &mut Schedule,
    back: &mut WayBack,
    desired: &DesiredService,
    container: &ContainerRef,
    settle: Duration,
) -> NodeId {
    let limit = s.request().options.timeout.unwrap_or(desired.service.gate.limit);
    back.then(&mut s.nodes, WaitStep::Until { container: container.clone(), until: Until::Ready { settle }, limit })
}

/// The new one goes only after the old one is back: until then its name says that a replacement was under way.
fn back(s: &mut Schedule, r: &Replacement, replaced: &Replaced) {
    let Replacement { service, number, old, .. } = r;
    let desired = &service.desired;
    let Replaced { chain, old_reference, new, .. } = replaced;
    let mut back = chain.way_back();
    back.then(&mut s.nodes, ContainerStep::CollectLogs { container: new.clone(), lines: LOG_LINES });
    let beside = may_return_beside(service, old);
    if beside {
        revive(s, &mut back, desired, old, old_reference);
    }
    back.then(&mut s.nodes, ContainerStep::Stop { container: new.clone(), grace: None });
    if !beside {
        revive(s, &mut back, desired, old, old_reference);
    }
    if *number == 1 && old.state.is_up() {
        rejoin(s, &mut back, desired.name);
    }
    give_up(s, &mut back, desired, new);
}

/// What shares a namespace has lost it when its owner stopped, so it starts again when the owner is back.
pub fn rejoin(s: &mut Schedule, back: &mut WayBack, owner: &ServiceName) {
    let index = &s.sides.index;
    let services = s.project().services.iter().filter(|(_, service)| service.fixed.shares().contains(owner));
    let sharers: Vec<_> = services
        .flat_map(|(name, service)| index.service(name).filter_map(move |(_, slot)| Some((service, slot.main?))))
        .filter(|(_, sharer)| sharer.state.is_up() && !s.gone.contains_key(&sharer.id))
        .collect();
    for (service, sharer) in sharers {
        let container = reference(sharer);
        back.then(&mut s.nodes, ContainerStep::Stop { container: container.clone(), grace: None });
        back.then(&mut s.nodes, ContainerStep::Start { container: container.clone() });
        let until = Until::Ready { settle: service.gate.settle };
        let limit = s.request().options.timeout.unwrap_or(service.gate.limit);
        back.then(&mut s.nodes, WaitStep::Until { container, until, limit });
    }
}

/// Removes the new one, unless it should stay for a look.
pub fn give_up(s: &mut Schedule, back: &mut WayBack, desired: &DesiredService, new: &ContainerRef) {
    match desired.service.update.failure_action {
        FailureAction::Rollback => drop(back.then(&mut s.nodes, ContainerStep::Remove { container: new.clone() })),
        FailureAction::Pause | FailureAction::Continue => {}
    }
}

/// Burns the bridge: removes the old one and gives the new one its name.
pub fn commit<'a>(s: &mut Schedule<'a>, replaced: &mut Replaced<'a>) -> NodeId {
    let Replaced { replica, old, old_reference, new, chain, .. } = replaced;
    let removed = chain.then(&mut s.nodes, ContainerStep::Remove { container: old_reference.clone() });
    s.gone.insert(&old.id, removed);
    chain.then(&mut s.nodes, ContainerStep::Rename { container: new.clone(), to: replica.container.name.clone() })
}
