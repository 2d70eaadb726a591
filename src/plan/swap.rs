//! Services that change host ports with each other, or take one from a service that waits for them: no order of
//! replacements one after the other can do it. They are replaced together, stop-first: all new containers are made, all
//! old ones stop, then each service has its turn in the order of the dependencies; and if one of the replacements does
//! not hold, all of them go back. What takes a port and is not replaced itself (it is new, or it starts) is planned like
//! any other service in its turn, and stops on the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::builder::{After, WayBack};
use super::change::{Action, Change, Hazard};
use super::compare::Found;
use super::outcome::{self, Outcome, Replica};
use super::planner::Planner;
use super::service::{self, Fate};
use super::start::LOG_LINES;
use super::stop_first::{self, Begun, Prepared, Replaced, Replacement};
use super::wanted::{self, Wanted};
use super::{Step, create, drift, handover, limits, mark, remove};
use crate::graph::Graph;
use crate::model::{Address, Service, ServiceName};
use crate::state::Container;

type Named<'a> = (&'a ServiceName, &'a Service);

/// What is planned at once, in the order of the services: one, or several that change ports.
pub(super) fn units<'a>(p: &Planner<'a>, graph: &Graph<'a>, planned: Vec<Named<'a>>) -> Vec<Vec<Named<'a>>> {
    let groups = groups(p);
    let mut left = planned;
    let mut units = Vec::new();
    while !left.is_empty() {
        let (name, service) = left.remove(0);
        let Some(group) = groups.iter().find(|group| group.contains(name)) else {
            units.push(vec![(name, service)]);
            continue;
        };
        let closure = graph.closure(&group.iter().map(|name| (*name).clone()).collect());
        let (members, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(other, _)| group.contains(other));
        let (needed, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|(other, _)| closure.contains(other));
        units.extend(needed.into_iter().map(|needed| vec![needed]));
        units.push([(name, service)].into_iter().chain(members).collect());
        left = others;
    }
    units
}

/// The services that wait for each other in a circle which has a port in it.
fn groups<'a>(p: &Planner<'a>) -> Vec<BTreeSet<&'a ServiceName>> {
    let ports = handover::ports(p);
    if ports.is_empty() {
        return Vec::new();
    }
    let mut next: BTreeMap<&ServiceName, BTreeSet<&'a ServiceName>> = BTreeMap::new();
    for (holder, taker) in &ports {
        next.entry(holder).or_default().insert(taker);
    }
    for (name, service) in &p.planned {
        for needed in service.depends_on.keys() {
            next.entry(needed).or_default().insert(name);
        }
    }
    let reach = |from: &'a ServiceName| {
        let (mut open, mut found) = (vec![from], BTreeSet::new());
        while let Some(at) = open.pop() {
            open.extend(next.get(at).into_iter().flatten().filter(|to| found.insert(**to)));
        }
        found
    };
    let mut groups: Vec<BTreeSet<&'a ServiceName>> = Vec::new();
    for (holder, taker) in ports {
        let ahead = reach(holder);
        if ahead.contains(holder) && !groups.iter().any(|group| group.contains(taker)) {
            groups.push(ahead.into_iter().filter(|name| reach(name).contains(holder)).collect());
        }
    }
    groups
}

/// One of those that are replaced together.
struct Member<'a> {
    wanted: Wanted<'a>,
    old: &'a Container,
    next: Option<(&'a Container, Found<'a>)>,
    leftover: Option<&'a Container>,
    change: Change,
    /// Whether it is made in its turn, since it borrows from one of the others.
    late: bool,
}

/// Adds the steps for several at once. False: one that gives up a port is not one container that is replaced, so that
/// nothing was added.
pub(super) fn plan<'a>(p: &mut Planner<'a>, services: &[Named<'a>]) -> bool {
    let group: BTreeSet<&ServiceName> = services.iter().map(|(name, _)| *name).collect();
    let mut members: BTreeMap<&ServiceName, Member> =
        services.iter().filter_map(|named| Some((named.0, member(p, named, services)?))).collect();
    let handed = handover::ports(p).into_iter().filter(|(giver, taker)| group.contains(giver) && group.contains(taker));
    let handed: Vec<_> = handed.collect();
    let address = members.values().next().map(|member| member.wanted.address(1));
    let Some(address) = address.filter(|_| handed.iter().all(|(giver, _)| members.contains_key(giver))) else {
        return false;
    };
    let mut others = After::default();
    for (name, service) in services.iter().filter(|(name, _)| !members.contains_key(name)) {
        others = others.and(outside(p, name, service, &group));
    }
    let mut changes = BTreeMap::new();
    let mut replacements = BTreeMap::new();
    let late: BTreeSet<_> = members.iter().filter(|(_, member)| member.late).map(|(name, _)| *name).collect();
    for (name, Member { wanted, old, next, leftover, change, late: _ }) in &mut members {
        limits::service(p, wanted);
        let mut after = create::needs(p, wanted);
        if let Some(leftover) = leftover {
            after = after.and(After::done([remove::container(p, leftover, After::default())]));
        }
        others = others.and(outcome::gates(p, name, wanted.service, |needed| !group.contains(needed)));
        changes.insert(*name, change.clone());
        replacements.insert(*name, Replacement { wanted, number: 1, old, next: next.take(), after });
    }
    let (mut prepared, mut begun) = (BTreeMap::new(), BTreeMap::new());
    for (name, r) in &replacements {
        let one = stop_first::prepare(p, r);
        if late.contains(name) {
            prepared.insert(*name, one);
        } else {
            begun.insert(*name, stop_first::make(p, r, one));
        }
    }
    let made = After::done(begun.values().filter_map(|begun| begun.created));
    let go = p.nodes.add(&address, made.and(others), Step::Pause { duration: Duration::ZERO });
    let mut stopped = BTreeSet::new();
    let waiting = prepared.iter_mut().map(|(name, Prepared { chain, old_reference })| (name, chain, old_reference));
    let ready = begun.iter_mut().map(|(name, Begun { chain, old_reference, .. })| (name, chain, old_reference));
    for (name, chain, old_reference) in ready.chain(waiting) {
        let r = &replacements[name];
        chain.wait_for(After::done([go]));
        let stop = stop_first::stop(p, chain, r.wanted, r.old, old_reference).unwrap_or(go);
        p.released.insert(&r.old.id, stop);
        stopped.insert(stop);
    }
    let first = p.nodes.last();
    let mut woken = Vec::new();
    let mut all = BTreeMap::new();
    for (name, service) in services {
        let Some(r) = replacements.get(name) else {
            woken.extend(unreplaced(p, name, service).map(|number| (*name, number)));
            service::plan(p, name, service);
            continue;
        };
        let mut begun = match (begun.remove(name), prepared.remove(name)) {
            (Some(begun), _) => begun,
            (None, Some(mut prepared)) => {
                prepared.chain.wait_for(create::needs(p, r.wanted));
                stop_first::make(p, r, prepared)
            }
            (None, None) => continue,
        };
        let (freed, taken) = handover::wait(p, r.wanted, 1);
        let gates = outcome::gates(p, name, service, |_| true);
        begun.chain.wait_for(freed.and(gates).and(After::done(stopped.iter().copied())));
        let replaced = stop_first::finish(p, r, begun);
        let mut outcome = Outcome::default();
        outcome.insert(r.number, replaced.replica.clone());
        p.outcomes.insert(name, outcome);
        if let Some(mut change) = changes.remove(name) {
            change.hazards.extend(taken);
            p.changes.push(change);
        }
        all.insert(*name, replaced);
    }
    let lasts = After::done(all.values().map(|replaced| replaced.last));
    let holds = p.nodes.add(&address, lasts, Step::Pause { duration: Duration::ZERO });
    let settled = stopped.into_iter().chain(p.nodes.since(first));
    let mut back = WayBack::taking(&address, go, holds, BTreeSet::new(), 0, settled);
    woken.retain(|(name, _)| handed.iter().any(|(_, taker)| taker == name));
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

/// `None` unless it is one container that is replaced, and keeps its name.
fn member<'a>(p: &Planner<'a>, (name, service): &Named<'a>, group: &[Named<'a>]) -> Option<Member<'a>> {
    let lends = group.iter().any(|(_, other)| other.fixed.borrows().contains(name));
    let linked = group.iter().any(|(other, _)| service.fixed.links.values().any(|linked| linked == *other));
    if service.scale != 1 || lends || linked {
        return None;
    }
    let late = group.iter().any(|(other, _)| service.fixed.borrows().contains(*other));
    let wanted = Wanted::new(p, name, service);
    let (Fate::Replace { old, next, found }, leftover) = service::fate(p, &wanted, 1) else { return None };
    if p.index.named(&wanted.container_name(p, 1)).is_some_and(|holder| holder.id != old.id) {
        return None;
    }
    let mut change = Change::new(wanted.address(1), wanted.container_name(p, 1), Action::Replace);
    change.place = p.place(&change.address, "");
    change.reasons = service::reasons(*found, &mut change.notes);
    change.notes.push("stop-first: host ports change hands".to_owned());
    if old.state.is_up() {
        change.hazards.push(Hazard::Downtime { service: (*name).clone() });
    }
    // What was made before borrows from what was there before.
    let (next, leftover) = if late { (None, leftover.or(next.map(|(next, _)| next))) } else { (next, leftover) };
    Some(Member { wanted, old, next, leftover, change, late })
}

/// What another service of the group needs from outside of it, so that nothing stops in vain.
fn outside<'a>(
    p: &mut Planner<'a>,
    name: &'a ServiceName,
    service: &'a Service,
    group: &BTreeSet<&ServiceName>,
) -> After {
    let wanted = Wanted::new(p, name, service);
    let fates: Vec<_> = (1..=service.scale).map(|number| service::fate(p, &wanted, number).0).collect();
    let stays = |fate: &Fate| matches!(fate, Fate::Keep(_, found) if found.state.is_none());
    let gates = if fates.iter().all(stays) {
        After::default()
    } else {
        outcome::gates(p, name, service, |needed| !group.contains(needed))
    };
    let kept = fates.iter().all(|fate| matches!(fate, Fate::Keep(..)));
    if kept { gates } else { gates.and(create::needs(p, &wanted)) }
}

/// The replicas that are no replacements, which have ways back of their own.
fn unreplaced<'a>(p: &Planner<'a>, name: &'a ServiceName, service: &'a Service) -> impl Iterator<Item = u32> {
    let wanted = Wanted::new(p, name, service);
    (1..=service.scale).filter(move |number| !matches!(service::fate(p, &wanted, *number).0, Fate::Replace { .. }))
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
