//! A replacement, the old one stopping first. The old container stays until the new one has passed its gate, and comes
//! back if it does not.

use std::time::Duration;

use super::builder::{After, Chain, WayBack};
use super::outcome::Replica;
use super::planner::Planner;
use super::start::{self, LOG_LINES};
use super::wanted::Wanted;
use super::{ContainerRef, Handle, NetworkRef, NodeId, Step, Until, create, in_place, start_first};
use crate::model::{Attachment, FailureAction, Restart, ServiceName, Tunable};
use crate::plan::compare::Found;
use crate::state::{Container, RunState, own};

/// One replacement.
#[derive(Debug)]
pub(super) struct Replacement<'a, 'w> {
    /// What takes its place.
    pub wanted: &'w Wanted<'a>,
    /// Which replica.
    pub number: u32,
    /// What goes.
    pub old: &'a Container,
    /// What an interrupted replacement made already and is as it should be, and how its endpoints differ.
    pub next: Option<(&'a Container, Found<'a>)>,
    /// What it comes after: all that the new one needs, so that nothing is left half done when that fails.
    pub after: After,
}

/// A replacement up to the point from which the old one could still come back.
#[derive(Debug)]
pub(super) struct Replaced<'a> {
    /// The new container.
    pub replica: Replica<'a>,
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
pub(super) fn replace<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>) -> Replaced<'a> {
    let prepared = prepare(p, r);
    let mut begun = make(p, r, prepared);
    begun.chain.mark();
    stop(p, &mut begun.chain, r.wanted, r.old, &begun.old_reference);
    let replaced = finish(p, r, begun);
    back(p, r, &replaced);
    replaced
}

/// A replacement whose new container is made.
#[derive(Debug)]
pub(super) struct Begun {
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
pub(super) struct Prepared {
    /// Goes on.
    pub chain: Chain,
    /// What goes.
    pub old_reference: ContainerRef,
}

/// Prepares one.
pub(super) fn prepare<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>) -> Prepared {
    let Replacement { wanted, number, old, next: _, after } = r;
    let mut chain = Chain::new(&wanted.address(*number), after.clone().and(p.after_busy(old)));
    let old_reference = right_name(p, &mut chain, wanted, *number, old);
    Prepared { chain, old_reference }
}

/// Makes the new container, unless an interrupted replacement did.
pub(super) fn make<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>, prepared: Prepared) -> Begun {
    let Replacement { wanted, number, old, next, after: _ } = r;
    let Prepared { mut chain, old_reference } = prepared;
    if let Some((next, _)) = next {
        return Begun { chain, old_reference, new: p.reference(next), created: None };
    }
    chain.wait_for(After::settled(p.traffic.enter(&wanted.network_names)));
    let name = own::next(&wanted.container_name(p, *number));
    let networks = create::networks(p, wanted);
    let new = create::new(p, wanted, *number, name.clone(), networks, Some(old));
    let created = chain.then(&mut p.nodes, Step::CreateContainer(new));
    p.traffic.touch(&wanted.network_names, created);
    Begun { chain, old_reference, new: ContainerRef { name, handle: Handle::Made(created) }, created: Some(created) }
}

/// Starts the new container and waits until it is good.
pub(super) fn finish<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>, begun: Begun) -> Replaced<'a> {
    let Replacement { wanted, number, old, next, after: _ } = r;
    let Begun { mut chain, old_reference, new, created } = begun;
    if let Some((next, found)) = next {
        in_place::endpoints(p, wanted, &mut chain, next, &new, found);
    }
    let started = match next {
        Some((next, _)) if next.state != RunState::Created => start::start(p, wanted, &mut chain, &new),
        Some(_) | None => start::first(p, wanted, &mut chain, &new),
    };
    let watched = start::monitor(p, wanted, &mut chain, &new);
    let last = watched.unwrap_or(started.ready);
    let name = wanted.container_name(p, *number);
    let replica = Replica {
        // A reused one is new to those that borrow from it, too.
        created: created.or(Some(started.start)),
        started: Some(started.start),
        ready: Some(last),
        ..Replica::new(ContainerRef { name, handle: new.handle.clone() })
    };
    Replaced { replica, last, old, old_reference, new, left: Vec::new(), chain }
}

/// Gives the old one its right name first, if it has another, so that temporary names always follow from right ones.
pub(super) fn right_name<'a>(
    p: &mut Planner<'a>,
    chain: &mut Chain,
    wanted: &Wanted,
    number: u32,
    old: &'a Container,
) -> ContainerRef {
    let mut reference = p.reference(old);
    let name = wanted.container_name(p, number);
    if old.name != name {
        let node = chain.then(&mut p.nodes, Step::Rename { container: reference.clone(), to: name.clone() });
        p.renamed.insert(&old.id, node);
        reference.name = name;
    }
    reference
}

/// Stops the old one. Its restart policy is set to `no` before, so that it does not come back when the engine
/// restarts meanwhile: two writers would share one volume. Answers with the last of the steps, if there are any.
pub(super) fn stop(
    p: &mut Planner,
    chain: &mut Chain,
    wanted: &Wanted,
    old: &Container,
    reference: &ContainerRef,
) -> Option<NodeId> {
    let mut last = None;
    if old.state == RunState::Running {
        for hook in &wanted.service.hooks.pre_stop {
            last = Some(chain.then(&mut p.nodes, Step::Hook { container: reference.clone(), hook: hook.clone() }));
        }
    }
    if comes_back(p, old) {
        let tunable = Tunable { restart: Restart::No, ..old.tunable.clone() };
        last = Some(chain.then(&mut p.nodes, Step::Update { container: reference.clone(), tunable }));
    }
    if old.state.is_up() {
        last = Some(chain.then(&mut p.nodes, Step::Stop { container: reference.clone(), grace: None }));
    }
    last
}

/// Whether the engine would start it by itself, and can be told not to.
fn comes_back(p: &Planner, old: &Container) -> bool {
    let alterable =
        p.request.rules.dialect.updates() && (old.state.is_up() || matches!(old.state, RunState::Exited { .. }));
    !old.tunable.restart.is_no() && alterable
}

/// Gives the old one its restart policy back and starts it, if it ran. Answers with the step after which it is good.
pub(super) fn revive(
    p: &mut Planner,
    back: &mut WayBack,
    wanted: &Wanted,
    old: &Container,
    reference: &ContainerRef,
) -> Option<NodeId> {
    if comes_back(p, old) {
        let step = Step::Update { container: reference.clone(), tunable: old.tunable.clone() };
        back.then(&mut p.nodes, step);
    }
    if !old.state.is_up() {
        return None;
    }
    let start = back.then(&mut p.nodes, Step::Start { container: reference.clone() });
    p.traffic.touch(&wanted.network_names, start);
    let ready = wait(p, back, wanted, reference, wanted.service.gate.settle);
    let monitor = wanted.service.rollback.monitor;
    if monitor.is_zero() || wanted.service.job {
        return Some(ready);
    }
    back.then(&mut p.nodes, Step::Pause { duration: monitor });
    Some(wait(p, back, wanted, reference, monitor))
}

fn wait(p: &mut Planner, back: &mut WayBack, wanted: &Wanted, container: &ContainerRef, settle: Duration) -> NodeId {
    let limit = p.request.options.timeout.unwrap_or(wanted.service.gate.limit);
    back.then(&mut p.nodes, Step::Wait { container: container.clone(), until: Until::Ready { settle }, limit })
}

/// The new one goes only after the old one is back: until then its name says that a replacement was under way.
fn back(p: &mut Planner, r: &Replacement, replaced: &Replaced) {
    let Replacement { wanted, number, old, .. } = r;
    let Replaced { chain, old_reference, new, .. } = replaced;
    let mut back = chain.way_back();
    back.then(&mut p.nodes, Step::CollectLogs { container: new.clone(), lines: LOG_LINES });
    let beside = start_first::may_return_beside(p, wanted, old);
    if beside {
        revive(p, &mut back, wanted, old, old_reference);
    }
    back.then(&mut p.nodes, Step::Stop { container: new.clone(), grace: None });
    if !beside {
        revive(p, &mut back, wanted, old, old_reference);
    }
    if *number == 1 && old.state.is_up() {
        rejoin(p, &mut back, wanted.name);
    }
    give_up(p, &mut back, wanted, new);
}

/// What shares a namespace has lost it when its owner stopped, so it starts again when the owner is back.
pub(super) fn rejoin(p: &mut Planner, back: &mut WayBack, owner: &ServiceName) {
    let services = p.request.project.services.iter().filter(|(_, service)| service.fixed.shares().contains(owner));
    let sharers: Vec<_> = services
        .flat_map(|(name, service)| p.index.service(name).filter_map(move |(_, slot)| Some((service, slot.main?))))
        .filter(|(_, sharer)| sharer.state.is_up() && !p.gone.contains_key(&sharer.id))
        .collect();
    for (service, sharer) in sharers {
        let container = p.reference(sharer);
        back.then(&mut p.nodes, Step::Stop { container: container.clone(), grace: None });
        back.then(&mut p.nodes, Step::Start { container: container.clone() });
        let until = Until::Ready { settle: service.gate.settle };
        let limit = p.request.options.timeout.unwrap_or(service.gate.limit);
        back.then(&mut p.nodes, Step::Wait { container, until, limit });
    }
}

/// Removes the new one, unless it should stay for a look.
pub(super) fn give_up(p: &mut Planner, back: &mut WayBack, wanted: &Wanted, new: &ContainerRef) {
    match wanted.service.update.failure_action {
        FailureAction::Rollback => drop(back.then(&mut p.nodes, Step::Remove { container: new.clone() })),
        FailureAction::Pause | FailureAction::Continue => {}
    }
}

/// Burns the bridge: removes the old one and gives the new one its name.
pub(super) fn commit<'a>(p: &mut Planner<'a>, replaced: &mut Replaced<'a>) -> NodeId {
    let Replaced { replica, old, old_reference, new, chain, .. } = replaced;
    let removed = chain.then(&mut p.nodes, Step::Remove { container: old_reference.clone() });
    p.gone.insert(&old.id, removed);
    chain.then(&mut p.nodes, Step::Rename { container: new.clone(), to: replica.container.name.clone() })
}
