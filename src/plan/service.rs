//! One service: the fate of each of its replicas, then the steps: what is new or mended at once, what is replaced in
//! batches.

use super::builder::After;
use super::code;
use super::compare::{self, Found, Wake};
use super::outcome::{self, Outcome};
use super::planner::Planner;
use super::stop_first::Replacement;
use super::wanted::Wanted;
use super::{Action, Change, Hazard, Reason};
use super::{batches, create, drift, fresh, given, handover, in_place, limits, mark, nameless, remove};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Service, ServiceName};
use crate::state::{Container, RunState, own};

/// What becomes of one replica.
#[derive(Debug)]
pub(super) enum Fate<'a> {
    /// There is none; this is why.
    Create(Reason),
    /// It stays.
    Keep(&'a Container, Found<'a>),
    /// Another takes its place, possibly one that an interrupted replacement made.
    Replace { old: &'a Container, next: Option<(&'a Container, Found<'a>)>, found: Box<Found<'a>> },
}

/// Adds a service's changes and steps.
pub(super) fn plan<'a>(p: &mut Planner<'a>, name: &'a ServiceName, service: &'a Service) {
    let wanted = Wanted::new(p, name, service);
    limits::service(p, &wanted);
    given::warn(p, &wanted);
    lenders(p, &wanted);
    nameless::warn(p, &wanted);
    let mut outcome = Outcome::default();
    let mut replacements = Vec::new();
    let numbers = p.index.numbers(name, service.scale);
    let fates: Vec<_> = numbers.into_iter().map(|number| (number, fate(p, &wanted, number))).collect();
    let makes = fates.iter().any(|(_, (fate, _))| !matches!(fate, Fate::Keep(..)));
    let starts = fates.iter().any(|(_, (fate, _))| match fate {
        Fate::Keep(_, found) => found.state.is_some(),
        Fate::Create(_) | Fate::Replace { .. } => true,
    });
    let gates = if starts { outcome::gates(p, name, &service.depends_on, |_| true) } else { After::default() };
    let needs = if makes { create::needs(p, &wanted) } else { After::default() };
    if let Some(volume) = &wanted.files {
        p.kept_files.insert(volume.clone());
    }

    for (number, (fate, leftover)) in fates {
        let after = match leftover {
            Some(leftover) => After::done([remove::container(p, leftover, After::default())]),
            None => After::default(),
        };
        let mut change = Change::new(wanted.address(number), wanted.container_name(p, number), Action::Keep);
        change.place = p.place(&change.address, "");
        let (freed, taken) = match &fate {
            Fate::Keep(_, found) if found.rename.is_none() && found.state.is_none() => Default::default(),
            Fate::Create(_) | Fate::Keep(..) | Fate::Replace { .. } => handover::wait(p, &wanted, number),
        };
        let after = after.and(freed);
        change.hazards.extend(taken);
        match fate {
            Fate::Create(reason) => {
                change.action = if reason == Reason::Missing { Action::Create } else { Action::Replace };
                if reason == Reason::Missing {
                    change.notes.extend(drift::removed_container(p, name, number));
                }
                change.reasons.push(reason);
                change.notes.extend(given::note(p, &wanted));
                let after = needs.clone().and(after).and(p.after_gone(name, number));
                outcome.insert(number, fresh::create(p, &wanted, number, after, gates.clone()));
            }
            Fate::Keep(container, found) => {
                tell(&mut change, &wanted, container, &found, leftover.is_some());
                let replica = in_place::mend(p, &wanted, number, container, &found, after, gates.clone());
                outcome.insert(number, replica);
            }
            Fate::Replace { old, next, found } => {
                change.action = Action::Replace;
                change.reasons = reasons(*found, &mut change.notes);
                change.notes.extend(nameless::notes(p, &wanted, old, &change.reasons));
                change.notes.extend(given::note(p, &wanted));
                let after = after.and(needs.clone()).and(gates.clone());
                replacements.push((Replacement { wanted: &wanted, number, old, next, after }, change));
                continue;
            }
        }
        p.changes.push(change);
    }
    batches::replace(p, &wanted, replacements, &mut outcome);
    p.outcomes.insert(name, outcome);
}

/// A service cannot live in the namespace of one that is not there and is not planned either.
fn lenders(p: &mut Planner, wanted: &Wanted) {
    for lender in wanted.service.fixed.borrows() {
        let is_there = p.index.service(lender).any(|(_, slot)| slot.main.is_some());
        if p.planned.contains_key(lender) || is_there || wanted.service.scale == 0 {
            continue;
        }
        let told =
            format!("service.{} shares what is {lender}'s, which is not there and left out of this plan", wanted.name);
        let told = Diagnostic::error(code::EXCLUDED, told).help(format!("take `--exclude {lender}` away"));
        p.tell(told, &Address::Service(wanted.name.clone()), "network_mode", "shared with it");
    }
}

/// Decides one replica's fate, and what an interrupted replacement left that has to go.
pub(super) fn fate<'a>(p: &Planner<'a>, wanted: &Wanted<'a>, number: u32) -> (Fate<'a>, Option<&'a Container>) {
    let slot = p.index.slot(wanted.name, number);
    let next = slot.and_then(|slot| slot.next).filter(|next| !p.gone.contains_key(&next.id));
    let Some(main) = slot.and_then(|slot| slot.main) else {
        return (Fate::Create(Reason::Missing), None);
    };
    if let Some(reason) = p.remade.get(&main.id) {
        return (Fate::Create(reason.clone()), next);
    }
    let name = wanted.container_name(p, number);
    let found = compare::compare(p, wanted, main, &name, next.is_some());
    if found.replace.is_empty() {
        return (Fate::Keep(main, found), next);
    }
    let reusable = next.map(|next| (next, compare::compare(p, wanted, next, &next.name, true)));
    match reusable {
        Some((next, other)) if other.replace.is_empty() => {
            (Fate::Replace { old: main, next: Some((next, other)), found: found.into() }, None)
        }
        Some((next, _)) => (Fate::Replace { old: main, next: None, found: found.into() }, Some(next)),
        None => (Fate::Replace { old: main, next: None, found: found.into() }, None),
    }
}

/// All that differs, as reasons for a replacement.
pub(super) fn reasons(found: Found, notes: &mut Vec<String>) -> Vec<Reason> {
    let Found { replace, tunable, endpoints, rename, state, notes: told } = found;
    notes.extend(told);
    let mut reasons = replace;
    let mut rest = tunable;
    rest.extend(endpoints.into_iter().flat_map(|mend| mend.changes));
    rest.extend(rename);
    match reasons.iter_mut().find_map(|reason| match reason {
        Reason::Changed(changes) => Some(changes),
        _ => None,
    }) {
        Some(changes) => changes.extend(rest),
        None => reasons.extend(drift::changed(rest)),
    }
    if let Some(Wake::Start(state) | Wake::Run(Some(state))) = state
        && !reasons.iter().any(|reason| matches!(reason, Reason::NotRunning(_)))
    {
        reasons.push(Reason::NotRunning(state));
    }
    reasons
}

/// Tells what is mended of a container that stays.
fn tell(change: &mut Change, wanted: &Wanted, container: &Container, found: &Found, leftover: bool) {
    change.notes.extend(found.notes.iter().cloned());
    let mut changes = found.tunable.clone();
    changes.extend(found.endpoints.iter().flat_map(|mend| mend.changes.iter().cloned()));
    changes.extend(found.rename.clone());
    if let Some(reason) = drift::changed(changes) {
        change.action = Action::Update;
        change.reasons.push(reason);
    }
    if let Some(wake) = &found.state {
        let (action, reason) = match wake {
            Wake::Start(state) => (Action::Start, Reason::NotRunning(state.clone())),
            Wake::Unpause => (Action::Start, Reason::NotRunning(container.state.clone())),
            Wake::Run(Some(state)) => (Action::Run, Reason::NotRunning(state.clone())),
            Wake::Run(None) => (Action::Run, Reason::Asked),
            Wake::Restart(service) => (Action::Start, Reason::DependencyReplaced(service.clone())),
            Wake::Rejoin(service) => (Action::Start, Reason::LeftBehind(service.clone())),
        };
        if change.action == Action::Keep {
            change.action = action;
        }
        change.reasons.push(reason);
        if *wake == Wake::Unpause {
            change.notes.push("changed by hand: paused".to_owned());
        }
        let ends = mark::finishes(wanted.service.tunable.restart);
        if ends && matches!(wake, Wake::Start(RunState::Exited { code: 0, .. })) {
            change.notes.push("one that is done when it ends says `x-dsenv.job: true`".to_owned());
        }
        if matches!(wake, Wake::Restart(_) | Wake::Rejoin(_)) {
            change.hazards.push(Hazard::Downtime { service: wanted.name.clone() });
        }
    }
    if leftover || own::is_next(&container.name) {
        if change.action == Action::Keep {
            change.action = Action::Update;
        }
        change.reasons.push(Reason::Repair);
    }
}
