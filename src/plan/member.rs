//! One service of a group that is planned [together](super::together): whether it is replaced with the others, and what
//! it needs from outside of the group.

use std::collections::BTreeSet;

use super::builder::After;
use super::compare::Found;
use super::planner::Planner;
use super::service::{self, Fate};
use super::swap::Named;
use super::wanted::Wanted;
use super::{Action, Change, Hazard, create, nameless, outcome};
use crate::model::{Service, ServiceName};
use crate::state::Container;

/// One that is replaced with the others.
pub(super) struct Member<'a> {
    /// What takes its place.
    pub wanted: Wanted<'a>,
    /// What goes.
    pub old: &'a Container,
    /// What an interrupted replacement made already and is as it should be.
    pub next: Option<(&'a Container, Found<'a>)>,
    /// What an interrupted replacement left and has to go.
    pub leftover: Option<&'a Container>,
    /// What is told of it.
    pub change: Change,
    /// Whether it is made in its turn, since it borrows from one of the others.
    pub late: bool,
}

/// `None` unless it is one container that is replaced, and keeps its name.
pub(super) fn member<'a>(p: &Planner<'a>, (name, service): &Named<'a>, group: &[Named<'a>]) -> Option<Member<'a>> {
    let lends = group.iter().any(|(_, other)| other.fixed.borrows().contains(name));
    let linked = group.iter().any(|(other, _)| service.fixed.links.values().any(|linked| linked == *other));
    if p.index.numbers(name, service.scale) != [1] || lends || linked {
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
    change.notes.extend(nameless::notes(p, &wanted, old, &change.reasons));
    change.notes.push("stop-first: host ports change hands".to_owned());
    if old.state.is_up() {
        change.hazards.push(Hazard::Downtime { service: (*name).clone() });
    }
    // What was made before borrows from what was there before.
    let (next, leftover) = if late { (None, leftover.or(next.map(|(next, _)| next))) } else { (next, leftover) };
    Some(Member { wanted, old, next, leftover, change, late })
}

/// What another service of the group needs from outside of it, so that nothing stops in vain.
pub(super) fn outside<'a>(
    p: &mut Planner<'a>,
    name: &'a ServiceName,
    service: &'a Service,
    group: &BTreeSet<&ServiceName>,
) -> After {
    let wanted = Wanted::new(p, name, service);
    let numbers = p.index.numbers(name, service.scale).into_iter();
    let fates: Vec<_> = numbers.map(|number| service::fate(p, &wanted, number).0).collect();
    let stays = |fate: &Fate| matches!(fate, Fate::Keep(_, found) if found.state.is_none());
    let gates = if fates.iter().all(stays) {
        After::default()
    } else {
        outcome::gates(p, name, &service.depends_on, |needed| !group.contains(needed))
    };
    let kept = fates.iter().all(|fate| matches!(fate, Fate::Keep(..)));
    if kept { gates } else { gates.and(create::needs(p, &wanted)) }
}

/// The replicas that are no replacements, which have ways back of their own.
pub(super) fn unreplaced<'a>(
    p: &Planner<'a>,
    name: &'a ServiceName,
    service: &'a Service,
) -> impl Iterator<Item = u32> {
    let wanted = Wanted::new(p, name, service);
    let numbers = p.index.numbers(name, service.scale).into_iter();
    numbers.filter(move |number| !matches!(service::fate(p, &wanted, *number).0, Fate::Replace { .. }))
}
