//! Containers that carry our labels and have no place in the spec: always told, removed only when the user asks, but for
//! replicas too many and what an interrupted apply left.

use super::draft::Draft;
use super::profiles;
use crate::model::Address;
use crate::plan::vocabulary::{Action, Change, Hazard, Reason};
use crate::state::{Container, RunState};

/// Containers of dsenv's own that an interrupted apply left: they go, and what they were to fill is filled again.
pub fn helpers(draft: &mut Draft) {
    draft.decided.helpers = &draft.sides.request.observed.helpers;
    for helper in draft.decided.helpers {
        let change = Change::new(Address::Stray(helper.name.to_string()), &helper.name, Action::Delete);
        draft.decided.changes.push(Change { reasons: vec![Reason::Repair], ..change });
    }
}

/// Containers of services that are gone, of replicas too many, and of services whose profile is not active.
pub fn containers(draft: &mut Draft) {
    let sides = draft.sides;
    let project = sides.request.project;
    for (name, slots) in sides.index.services() {
        let numbers = draft.scope.planned.get(name).map(|service| sides.index.numbers(name, service.scale));
        let idle = project.idle.get(name);
        for (&number, slot) in slots {
            for container in slot.all() {
                let is = |other: Option<&Container>| other.is_some_and(|other| other.id == container.id);
                match &numbers {
                    Some(numbers) if !numbers.contains(&number) => scaled_down(draft, container),
                    Some(_) if is(slot.main) || is(slot.next) => {}
                    Some(_) => stray(draft, container),
                    None => {
                        let at = (name, number);
                        let is_idle =
                            idle.is_some_and(|idle| profiles::idle(draft, at, idle, container, is(slot.main)));
                        if !is_idle && !project.services.contains_key(name) {
                            stray(draft, container);
                        }
                    }
                }
            }
        }
    }
}

/// One-offs stand beside the services that they were made from. One that is up is somebody's work: nothing removes it
/// unasked. One that has ended is a stray.
pub fn one_offs(draft: &mut Draft) {
    if draft.scope.is_partial {
        return;
    }
    for container in draft.sides.request.observed.containers.iter().filter(|container| container.oneoff) {
        if container.state.is_up() {
            let mut change = Change::new(container.address(), &container.name, Action::Keep);
            change.notes.push(format!("{}; it is left alone", one_off(container)));
            draft.decided.changes.push(change);
        } else {
            stray(draft, container);
        }
    }
}

/// What a one-off is, in words.
pub fn one_off(container: &Container) -> String {
    format!("one-off of service {} (`run`), {}", container.service, container.state)
}

fn remove<'a>(draft: &mut Draft<'a>, container: &'a Container) {
    draft.decided.removed.push(container);
    draft.gone.insert(&container.id);
}

fn scaled_down<'a>(draft: &mut Draft<'a>, container: &'a Container) {
    remove(draft, container);
    let address = Address::Replica(container.service.clone(), container.replica);
    let mut change = Change::new(address, &container.name, Action::Delete);
    change.reasons.push(Reason::ScaledDown);
    if container.state == RunState::Running {
        change.hazards.push(Hazard::Downtime { service: container.service.clone() });
    }
    draft.decided.changes.push(change);
}

fn stray<'a>(draft: &mut Draft<'a>, container: &'a Container) {
    if draft.scope.is_partial {
        return;
    }
    let prune = draft.sides.request.options.prune;
    let address = Address::Stray(container.name.to_string());
    let mut change = Change::new(address, &container.name, if prune { Action::Delete } else { Action::Forget });
    change.reasons.push(Reason::Stray);
    if prune {
        remove(draft, container);
        if container.state.is_up() {
            change.hazards.push(Hazard::Downtime { service: container.service.clone() });
        }
    } else if container.oneoff {
        change.notes.push(one_off(container));
    } else {
        change.notes.push(format!("container of service {}, {}", container.service, container.state));
    }
    draft.decided.changes.push(change);
}
