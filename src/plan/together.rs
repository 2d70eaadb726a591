//! Services that are replaced together, stop-first: all new containers are made, all old ones stop, then each service has
//! its turn in the order of the dependencies; and if one of the replacements does not hold, all of them go back. What
//! takes a port and is not replaced itself (it is new, or it starts) is planned like any other service in its turn, and
//! stops on the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Change;
use super::builder::{After, Chain, WayBack};
use super::member::{self, Member};
use super::outcome::{self, Outcome, Replica};
use super::planner::Planner;
use super::start::LOG_LINES;
use super::stop_first::{self, Begun, Prepared, Replaced, Replacement};
use super::swap::Named;
use super::{ContainerRef, NodeId, Step, create, drift, handover, limits, mark, remove, service, wanted};
use crate::model::{Address, ServiceName};

/// By service.
type Of<'a, T> = BTreeMap<&'a ServiceName, T>;

/// How far a replacement has come before the old ones stop.
enum Stage {
    /// The new one is made.
    Made(Begun),
    /// The new one is made in its turn.
    Late(Prepared),
}

impl Stage {
    fn chain(&mut self) -> (&mut Chain, &ContainerRef) {
        match self {
            Self::Made(Begun { chain, old_reference, .. }) | Self::Late(Prepared { chain, old_reference }) => {
                (chain, old_reference)
            }
        }
    }
}

/// Adds the steps for several at once. False: one that gives up a port is not one container that is replaced, so that
/// nothing was added.
pub(super) fn plan<'a>(p: &mut Planner<'a>, services: &[Named<'a>]) -> bool {
    let members = services.iter().filter_map(|named| Some((named.0, member::member(p, named, services)?)));
    let mut members: Of<Member> = members.collect();
    let takers = takers(p, services, &members);
    let address = members.values().next().map(|member| member.wanted.address(1));
    let (Some(takers), Some(address)) = (takers, address) else { return false };
    let pause = Step::Pause { duration: Duration::ZERO };

    let outside = outside(p, services, &members);
    let mut changes: Of<Change> = members.iter().map(|(name, member)| (*name, member.change.clone())).collect();
    let late: BTreeSet<_> = members.iter().filter(|(_, member)| member.late).map(|(name, _)| *name).collect();
    let replacements: Of<Replacement> =
        members.iter_mut().map(|(name, member)| (*name, replacement(p, member))).collect();
    let mut stages: Of<Stage> =
        replacements.iter().map(|(name, r)| (*name, begin(p, r, late.contains(name)))).collect();
    let made = stages.values().filter_map(|stage| match stage {
        Stage::Made(begun) => begun.created,
        Stage::Late(_) => None,
    });
    let go = p.nodes.add(&address, After::done(made).and(outside), pause.clone());
    let stopped = stop(p, &replacements, &mut stages, go);

    let first = p.nodes.last();
    let (mut woken, mut all) = (Vec::new(), BTreeMap::new());
    for (name, service) in services {
        match (replacements.get(name), stages.remove(name), changes.remove(name)) {
            (Some(r), Some(stage), Some(change)) => {
                all.insert(*name, turn(p, r, stage, &stopped, change));
            }
            (None, ..) | (_, None, _) | (.., None) => {
                let starting = member::unreplaced(p, name, service).filter(|_| takers.contains(name));
                woken.extend(starting.map(|number| (*name, number)));
                service::plan(p, name, service);
            }
        }
    }
    let lasts = After::done(all.values().map(|replaced: &Replaced| replaced.last));
    let holds = p.nodes.add(&address, lasts, pause);
    let settled = stopped.into_iter().chain(p.nodes.since(first));
    let mut back = WayBack::taking(&address, go, holds, BTreeSet::new(), 0, settled);
    go_back(p, &mut back, &replacements, &all, &woken);
    for (name, mut replaced) in all {
        replaced.chain.wait_for(After::done([holds]));
        stop_first::commit(p, &mut replaced);
        // For all others it is there when nothing goes back any more.
        let replica = Replica { started: Some(holds), ready: Some(holds), ..replaced.replica };
        p.outcomes.entry(name).or_default().insert(1, replica);
    }
    true
}

/// Who takes a port from one of the others, if all of those can come back.
fn takers<'a>(p: &Planner<'a>, services: &[Named<'a>], members: &Of<Member>) -> Option<BTreeSet<&'a ServiceName>> {
    let grouped = |name: &ServiceName| services.iter().any(|(other, _)| *other == name);
    let handed = handover::ports(p).into_iter().filter(|(giver, taker)| grouped(giver) && grouped(taker));
    handed.map(|(giver, taker)| members.contains_key(giver).then_some(taker)).collect()
}

/// What all of them need from outside, so that nothing stops in vain.
fn outside<'a>(p: &mut Planner<'a>, services: &[Named<'a>], members: &Of<Member>) -> After {
    let group: BTreeSet<&ServiceName> = services.iter().map(|(name, _)| *name).collect();
    services.iter().fold(After::default(), |after, (name, service)| {
        after.and(if members.contains_key(name) {
            outcome::gates(p, name, &service.depends_on, |needed| !group.contains(needed))
        } else {
            member::outside(p, name, service, &group)
        })
    })
}

fn replacement<'a, 'w>(p: &mut Planner<'a>, member: &'w mut Member<'a>) -> Replacement<'a, 'w> {
    let Member { wanted, old, next, leftover, change: _, late: _ } = member;
    limits::service(p, wanted);
    let mut after = create::needs(p, wanted);
    if let Some(leftover) = leftover {
        after = after.and(After::done([remove::container(p, leftover, After::default())]));
    }
    Replacement { wanted, number: 1, old, next: next.take(), after }
}

fn begin<'a>(p: &mut Planner<'a>, r: &Replacement<'a, '_>, late: bool) -> Stage {
    let prepared = stop_first::prepare(p, r);
    if late { Stage::Late(prepared) } else { Stage::Made(stop_first::make(p, r, prepared)) }
}

/// Stops all old ones, whose ports are free then.
fn stop<'a>(
    p: &mut Planner<'a>,
    replacements: &Of<'a, Replacement<'a, '_>>,
    stages: &mut Of<'a, Stage>,
    go: NodeId,
) -> BTreeSet<NodeId> {
    let mut stopped = BTreeSet::new();
    for (name, stage) in stages {
        let r = &replacements[name];
        let (chain, old_reference) = stage.chain();
        chain.wait_for(After::done([go]));
        let stop = stop_first::stop(p, chain, r.wanted, r.old, old_reference).unwrap_or(go);
        p.released.insert(&r.old.id, stop);
        stopped.insert(stop);
    }
    stopped
}

/// The new one starts, when what it depends on is there and who has its ports has given them up.
fn turn<'a>(
    p: &mut Planner<'a>,
    r: &Replacement<'a, '_>,
    stage: Stage,
    stopped: &BTreeSet<NodeId>,
    mut change: Change,
) -> Replaced<'a> {
    let Replacement { wanted, number, .. } = r;
    let mut begun = match stage {
        Stage::Made(begun) => begun,
        Stage::Late(mut prepared) => {
            prepared.chain.wait_for(create::needs(p, wanted));
            stop_first::make(p, r, prepared)
        }
    };
    let (freed, taken) = handover::wait(p, wanted, *number);
    let gates = outcome::gates(p, wanted.name, &wanted.service.depends_on, |_| true);
    begun.chain.wait_for(freed.and(gates).and(After::done(stopped.iter().copied())));
    let replaced = stop_first::finish(p, r, begun);
    let mut outcome = Outcome::default();
    outcome.insert(*number, replaced.replica.clone());
    p.outcomes.insert(wanted.name, outcome);
    change.hazards.extend(taken);
    p.changes.push(change);
    replaced
}

/// All that has a port stops before the first old one starts again, since the ports are theirs.
fn go_back(
    p: &mut Planner,
    back: &mut WayBack,
    replacements: &BTreeMap<&ServiceName, Replacement>,
    all: &BTreeMap<&ServiceName, Replaced>,
    woken: &[(&ServiceName, u32)],
) {
    for replaced in all.values() {
        back.go_on(replaced.chain.part_of());
        back.then(&mut p.nodes, Step::CollectLogs { container: replaced.new.clone(), lines: LOG_LINES });
        back.then(&mut p.nodes, Step::Stop { container: replaced.new.clone(), grace: None });
    }
    for (name, number) in woken {
        let (Some(outcome), Some(service)) = (p.outcomes.get(name), p.planned.get(name)) else { continue };
        let Some(Replica { container, live, .. }) = outcome.started(*number).cloned() else { continue };
        let tunable = wanted::effective(&service.tunable);
        let tunable = live.map_or(tunable.clone(), |live| drift::left_alone(service, &tunable, &live.tunable));
        back.go_on(&Address::Replica((*name).clone(), *number));
        if let Some(tunable) = mark::of(service, &tunable) {
            back.then(&mut p.nodes, Step::Update { container: container.clone(), tunable });
        }
        back.then(&mut p.nodes, Step::Stop { container, grace: None });
    }
    for (name, replaced) in all {
        let wanted = replacements[name].wanted;
        back.go_on(replaced.chain.part_of());
        stop_first::revive(p, back, wanted, replaced.old, &replaced.old_reference);
        if replaced.old.state.is_up() {
            stop_first::rejoin(p, back, name);
        }
        stop_first::give_up(p, back, wanted, &replaced.new);
    }
}
