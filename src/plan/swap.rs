//! Services that change host ports with each other, or take one from a service that waits for them: no order of
//! replacements one after the other can do it. They are replaced together, stop-first: all new containers are made, all
//! old ones stop, the new ones start in the order of the services; and if one fails, all of them go back.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{After, WayBack};
use super::change::{Action, Change, Hazard};
use super::compare::Found;
use super::outcome::{self, Outcome};
use super::planner::Planner;
use super::service::{self, Fate};
use super::start::LOG_LINES;
use super::stop_first::{self, Begun, Replaced, Replacement};
use super::wanted::Wanted;
use super::{NodeId, Step, create, handover, limits};
use crate::graph::Graph;
use crate::model::{Service, ServiceName};
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
    change: Change,
}

/// Adds the steps for several at once. False: not each of them is one container that is replaced, so that nothing was
/// added.
pub(super) fn plan<'a>(p: &mut Planner<'a>, services: &[Named<'a>]) -> bool {
    let members = services.iter().map(|(name, service)| member(p, name, service));
    let Some(mut members) = members.collect::<Option<Vec<_>>>() else { return false };
    p.changes.extend(members.iter().map(|member| member.change.clone()));
    let mut replacements = Vec::new();
    for Member { wanted, old, next, .. } in &mut members {
        limits::service(p, wanted);
        let after = create::needs(p, wanted);
        replacements.push(Replacement { wanted, number: 1, old, next: next.take(), after });
    }
    let mut begun: Vec<_> = replacements.iter().map(|r| stop_first::begin(p, r)).collect();
    let made: BTreeSet<NodeId> = begun.iter().filter_map(|begun| begun.created).collect();
    let mut stopped = BTreeSet::new();
    for (r, Begun { chain, old_reference, .. }) in replacements.iter().zip(&mut begun) {
        chain.mark();
        chain.wait_for(After::done(made.iter().copied()));
        stopped.extend(stop_first::stop(p, chain, r.wanted, r.old, old_reference));
    }
    let mut all = Vec::new();
    for (r, mut begun) in replacements.iter().zip(begun) {
        let gates = outcome::gates(p, r.wanted.name, r.wanted.service);
        begun.chain.wait_for(gates.and(After::done(stopped.iter().copied())));
        let replaced = stop_first::finish(p, r, begun);
        let mut outcome = Outcome::default();
        outcome.insert(r.number, replaced.replica.clone());
        p.outcomes.insert(r.wanted.name, outcome);
        all.push(replaced);
    }
    back(p, &replacements, &all);
    let lasts: BTreeSet<NodeId> = all.iter().map(|replaced| replaced.last).collect();
    for mut replaced in all {
        replaced.chain.wait_for(After::done(lasts.iter().copied()));
        stop_first::commit(p, &mut replaced);
    }
    true
}

/// `None` unless it is one container that is replaced, and keeps its name.
fn member<'a>(p: &Planner<'a>, name: &'a ServiceName, service: &'a Service) -> Option<Member<'a>> {
    if service.scale != 1 || p.borrowers.contains_key(name) || !service.fixed.borrows().is_empty() {
        return None;
    }
    let wanted = Wanted::new(p, name, service);
    let (Fate::Replace { old, next, found }, None) = service::fate(p, &wanted, 1) else { return None };
    if p.index.named(&wanted.container_name(p, 1)).is_some_and(|holder| holder.id != old.id) {
        return None;
    }
    let mut change = Change::new(wanted.address(1), wanted.container_name(p, 1), Action::Replace);
    change.place = p.place(&change.address, "");
    change.reasons = service::reasons(*found, &mut change.notes);
    change.notes.push("stop-first: host ports change hands".to_owned());
    if old.state.is_up() {
        change.hazards.push(Hazard::Downtime { service: name.clone() });
    }
    Some(Member { wanted, old, next, change })
}

/// All new ones stop before the first old one starts again, since the ports are theirs.
fn back(p: &mut Planner, replacements: &[Replacement], all: &[Replaced]) {
    let failed: BTreeSet<NodeId> = all.iter().flat_map(|replaced| replaced.chain.begun().iter().copied()).collect();
    let Some(first) = all.first() else { return };
    let mut back = WayBack::from(first.chain.part_of(), failed);
    for replaced in all {
        back.go_on(replaced.chain.part_of());
        back.then(&mut p.nodes, Step::CollectLogs { container: replaced.new.clone(), lines: LOG_LINES });
        back.then(&mut p.nodes, Step::Stop { container: replaced.new.clone(), grace: None });
    }
    for (r, replaced) in replacements.iter().zip(all) {
        back.go_on(replaced.chain.part_of());
        stop_first::revive(p, &mut back, r.wanted, replaced.old, &replaced.old_reference);
        stop_first::give_up(p, &mut back, r.wanted, &replaced.new);
    }
}
