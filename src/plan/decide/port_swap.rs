//! Services that change host ports with each other, or take one from a service that waits for them: no order of
//! replacements one after the other can do it, so they are replaced together, stop-first.

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::{PortSwap, ReplicaDecision, ReplicaFate, ServiceDecision, Unit};
use super::draft::Draft;
use super::relations::Relations;
use super::replica::{self, ComparedReplica, ComparedService, Fate};
use super::{dependencies, handover, needs, overlap, services};
use crate::graph::Graph;
use crate::model::{Service, ServiceName, UpdateOrder};
use crate::plan::compare::anonymous;
use crate::plan::compare::desired::DesiredService;
use crate::plan::vocabulary::{Action, Change, Hazard};

/// A service with its name.
pub type Named<'a> = (&'a ServiceName, &'a Service);

/// What is decided at once, in the order of the services: one, or several that change ports.
pub fn units<'a>(draft: &Draft<'a>, graph: &Graph<'a>, planned: Vec<Named<'a>>) -> Vec<Vec<Named<'a>>> {
    let groups = groups(draft);
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
fn groups<'a>(draft: &Draft<'a>) -> Vec<BTreeSet<&'a ServiceName>> {
    let ports = handover::ports(draft);
    if ports.is_empty() {
        return Vec::new();
    }
    let mut next: BTreeMap<&ServiceName, BTreeSet<&'a ServiceName>> = BTreeMap::new();
    for (holder, taker) in &ports {
        next.entry(holder).or_default().insert(taker);
    }
    for (name, service) in &draft.scope.planned {
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

/// One that is replaced with the others.
struct Member<'a> {
    compared: ComparedService<'a>,
    /// As it is decided before any of the others is.
    relations: Relations,
    /// Whether it is made in its turn, since it borrows from one of the others.
    late: bool,
}

/// The same, when its fate is decided.
struct Replaced<'a> {
    desired: DesiredService<'a>,
    fates: Vec<(u32, Fate<'a>)>,
    alone: Option<String>,
    late: bool,
}

impl<'a> Member<'a> {
    fn decide(self, draft: &Draft<'a>) -> Replaced<'a> {
        let Member { compared: ComparedService { desired, replicas }, relations, late } = self;
        let alone = overlap::alone(&draft.scope, &desired);
        let decide = |replica: ComparedReplica<'a>| {
            (replica.number, replica.decide(draft, &desired, &relations, alone.as_ref()))
        };
        let fates = replicas.into_iter().map(decide).collect();
        Replaced { desired, fates, alone, late }
    }
}

/// Decides about several at once. Where one that gives up a port is not one container that is replaced, they are
/// decided one after the other.
pub fn decide<'a>(draft: &mut Draft<'a>, group: &[Named<'a>]) {
    let (mut members, mut others) = (BTreeMap::new(), BTreeMap::new());
    for (name, service) in group {
        let compared = replica::compare(draft, name, service);
        match relations(draft, &compared, group) {
            Some(relations) => {
                drop(members.insert(*name, Member { late: borrows(service, group), relations, compared }))
            }
            None => drop(others.insert(*name, compared)),
        }
    }
    let takers = takers(draft, group, &members).filter(|_| !members.is_empty());
    let Some(takers) = takers else {
        for (name, _) in group {
            let compared = others.remove(name).or_else(|| members.remove(name).map(|member| member.compared));
            draft.decided.units.push(Unit::Service(name));
            compared.into_iter().for_each(|compared| services::decide(draft, compared));
        }
        return;
    };
    let order = group.iter().map(|(name, _)| *name).collect();
    let late = members.iter().map(|(name, member)| (*name, member.late)).collect();
    draft.decided.units.push(Unit::PortSwap(PortSwap { services: order, members: late, takers }));
    // The fate of each is decided before any of the others is.
    let mut members: BTreeMap<_, _> = members.into_iter().map(|(name, member)| (name, member.decide(draft))).collect();
    // All of these stop before the first new one starts.
    for Replaced { desired, fates, .. } in members.values() {
        for (number, fate) in fates {
            if let ReplicaFate::Replace { old, .. } = &fate.fate {
                draft.released.insert(&old.id);
                draft.renamed.extend((old.name != desired.container_name(*number)).then_some(&old.id));
            }
        }
    }
    let mut gone = Vec::new();
    for (name, _) in group {
        if let Some(member) = members.remove(name) {
            let decision = replaced(draft, member);
            gone.extend(decision.replicas.iter().filter_map(|replica| match replica.fate {
                ReplicaFate::Replace { old, .. } => Some(&old.id),
                ReplicaFate::Create { .. } | ReplicaFate::Keep { .. } => None,
            }));
            draft.decided.services.insert(name, decision);
        } else if let Some(compared) = others.remove(name) {
            services::decide(draft, compared);
        }
    }
    draft.gone.extend(gone);
}

/// What earlier decisions mean for a member. None for one that is no single container which is replaced and keeps its
/// name.
fn relations<'a>(draft: &Draft<'a>, compared: &ComparedService<'a>, group: &[Named<'a>]) -> Option<Relations> {
    let ComparedService { desired, replicas } = compared;
    let lends = group.iter().any(|(_, other)| other.fixed.borrows().contains(desired.name));
    let links = &desired.service.fixed.links;
    let linked = group.iter().any(|(other, _)| links.values().any(|linked| linked == *other));
    let [only] = &replicas[..] else { return None };
    let relations = Relations::of(draft, desired.service);
    let old = only.replaced(draft, desired, &relations)?;
    let holder = draft.sides.index.named(&desired.container_name(1));
    let is_taken = holder.is_some_and(|holder| holder.id != old.id);
    (only.number == 1 && !lends && !linked && !is_taken).then_some(relations)
}

fn borrows(service: &Service, group: &[Named]) -> bool {
    group.iter().any(|(other, _)| service.fixed.borrows().contains(*other))
}

/// Who takes a port from one of the others, if all of those can come back.
fn takers<'a>(
    draft: &Draft<'a>,
    group: &[Named<'a>],
    members: &BTreeMap<&'a ServiceName, Member>,
) -> Option<BTreeSet<&'a ServiceName>> {
    let grouped = |name: &ServiceName| group.iter().any(|(other, _)| *other == name);
    let handed = handover::ports(draft).into_iter().filter(|(giver, taker)| grouped(giver) && grouped(taker));
    handed.map(|(giver, taker)| members.contains_key(giver).then_some(taker)).collect()
}

/// Tells of a member, in its turn.
fn replaced<'a>(draft: &mut Draft<'a>, member: Replaced<'a>) -> ServiceDecision<'a> {
    let Replaced { desired, fates, alone, late } = member;
    services::tell(draft, &desired);
    dependencies::decide(draft, desired.name, &desired.service.depends_on);
    let needs = Some(needs::decide(draft, &desired));
    draft.kept_files.extend(desired.files.clone());
    let mut decisions = Vec::new();
    for (number, Fate { fate, leftover, reasons, notes, stops_first: _ }) in fates {
        let (fate, leftover) = match fate {
            ReplicaFate::Replace { old, next, order: _ } => {
                // What was made before borrows from what was there before.
                let (next, leftover) =
                    if late { (None, leftover.or(next.map(|(next, _)| next))) } else { (next, leftover) };
                (ReplicaFate::Replace { old, next, order: UpdateOrder::StopFirst }, leftover)
            }
            fate => (fate, leftover),
        };
        draft.gone.extend(leftover.map(|leftover| &leftover.id));
        let mut change = Change::new(desired.address(number), desired.container_name(number), Action::Replace);
        change.place = draft.sides.place(&change.address, "");
        change.reasons = reasons;
        change.notes = notes;
        if let ReplicaFate::Replace { old, .. } = &fate {
            change.notes.extend(anonymous::notes(draft.sides, &desired, old, &change.reasons));
            if old.state.is_up() {
                change.hazards.push(Hazard::Downtime { service: desired.name.clone() });
            }
        }
        change.notes.push("stop-first: host ports change hands".to_owned());
        let (takes, taken) = handover::decide(draft, &desired, number);
        change.hazards.extend(taken);
        draft.decided.changes.push(change);
        decisions.push(ReplicaDecision { number, fate, leftover, takes });
    }
    services::complete(draft, desired, decisions, needs, alone)
}
