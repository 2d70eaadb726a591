//! One service: the fate of each of its replicas, and what is told of it.

use super::decisions::{Needs, ProviderFate, ReplicaDecision, ReplicaFate, ServiceDecision};
use super::draft::Draft;
use super::relations::Relations;
use super::replica::{ComparedReplica, ComparedService, Fate};
use super::{dependencies, handover, images, needs, overlap};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, EnvironmentSource, UpdateOrder};
use crate::plan::compare::container::{Difference, Wake};
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::{anonymous, capabilities, injected, pre_start, provenance};
use crate::plan::vocabulary::{Action, Change, Hazard, Reason, code};
use crate::state::{Container, RunState, own};

/// Decides about a service.
pub fn decide<'a>(draft: &mut Draft<'a>, ComparedService { desired, replicas }: ComparedService<'a>) {
    let name = desired.name;
    tell(draft, &desired);
    let relations = Relations::of(draft, desired.service);
    let alone = overlap::alone(&draft.scope, &desired);
    let decide =
        |replica: ComparedReplica<'a>| (replica.number, replica.decide(draft, &desired, &relations, alone.as_ref()));
    let fates: Vec<(u32, Fate)> = replicas.into_iter().map(decide).collect();
    let makes = fates.iter().any(|(_, fate)| !matches!(fate.fate, ReplicaFate::Keep { .. }));
    if fates.iter().any(|(_, fate)| fate.fate.starts()) {
        dependencies::decide(draft, name, &desired.service.depends_on);
    }
    let needs = makes.then(|| needs::decide(draft, &desired));
    draft.kept_files.extend(desired.files.clone());
    let replicas: Vec<_> = fates.into_iter().map(|(number, fate)| settle(draft, &desired, number, fate)).collect();
    // Those that are replaced go in batches, after all of them are settled.
    for replica in &replicas {
        if let ReplicaFate::Replace { old, .. } = &replica.fate {
            draft.renamed.extend((old.name != desired.container_name(replica.number)).then_some(&old.id));
            draft.gone.insert(&old.id);
        }
    }
    let decision = complete(draft, desired, replicas, needs, alone);
    draft.decided.services.insert(name, decision);
}

/// Tells of a replica, and notes what it gives up and who gives up what it takes.
fn settle<'a>(draft: &mut Draft<'a>, desired: &DesiredService, number: u32, fate: Fate<'a>) -> ReplicaDecision<'a> {
    let Fate { fate, leftover, reasons, notes, stops_first } = fate;
    draft.gone.extend(leftover.map(|leftover| &leftover.id));
    let mut change = Change::new(desired.address(number), desired.container_name(number), Action::Keep);
    change.place = draft.sides.place(&change.address, "");
    let is_touched = match &fate {
        ReplicaFate::Keep { difference, .. } => difference.rename.is_some() || difference.wake.is_some(),
        ReplicaFate::Create { .. } | ReplicaFate::Replace { .. } => true,
    };
    let (takes, taken) = if is_touched { handover::decide(draft, desired, number) } else { Default::default() };
    change.hazards.extend(taken);
    change.reasons = reasons;
    change.notes = notes;
    match &fate {
        ReplicaFate::Create { .. } => {
            if change.reasons == [Reason::Missing] {
                change.action = Action::Create;
                change.notes.extend(provenance::removed_container(draft.sides, desired.name, number));
            } else {
                change.action = Action::Replace;
            }
            change.notes.extend(awaited(draft, desired));
        }
        ReplicaFate::Keep { live, difference } => {
            describe(&mut change, desired, live, difference, leftover.is_some());
            draft.renamed.extend(difference.rename.as_ref().map(|_| &live.id));
            leaves(draft, live, difference);
        }
        ReplicaFate::Replace { old, next: _, order } => {
            change.action = Action::Replace;
            change.notes.extend(anonymous::notes(draft.sides, desired, old, &change.reasons));
            change.notes.extend(awaited(draft, desired));
            change.notes.extend(stops_first.map(|reason| format!("stop-first: {reason}")));
            if *order == UpdateOrder::StopFirst && old.state.is_up() {
                change.hazards.push(Hazard::Downtime { service: desired.name.clone() });
            }
        }
    }
    draft.decided.changes.push(change);
    ReplicaDecision { number, fate, leftover, takes }
}

/// A decision, with the hooks before the first start, whose images are brought.
pub fn complete<'a>(
    draft: &mut Draft<'a>,
    desired: DesiredService<'a>,
    replicas: Vec<ReplicaDecision<'a>>,
    needs: Option<Needs>,
    alone: Option<String>,
) -> ServiceDecision<'a> {
    for replica in &replicas {
        if let ReplicaFate::Replace { next: Some((next, difference)), .. } = &replica.fate {
            leaves(draft, next, difference);
        }
    }
    let first = replicas.iter().any(|replica| replica.fate.starts_first());
    let pre_start = if first { pre_start::due(draft.sides, &desired) } else { Vec::new() };
    for index in &pre_start {
        if let Some(image) = &desired.service.hooks.pre_start[*index].image {
            images::need_other(draft, image);
        }
    }
    let is_borrowed = draft.scope.borrowers.contains_key(desired.name);
    ServiceDecision { desired, replicas, needs, pre_start, alone, is_borrowed }
}

/// What is told of a service whatever becomes of it.
pub fn tell(draft: &mut Draft, desired: &DesiredService) {
    let sides = draft.sides;
    draft.decided.diagnostics.extend(capabilities::service(sides, desired));
    draft.decided.diagnostics.extend(injected::hidden(sides, desired));
    lenders(draft, desired);
    draft.decided.diagnostics.extend(anonymous::nothing_to_renew(sides, desired));
}

/// A service cannot live in the namespace of one that is not there and is not planned either.
fn lenders(draft: &mut Draft, desired: &DesiredService) {
    for lender in desired.service.fixed.borrows() {
        let is_there = draft.sides.index.service(lender).any(|(_, slot)| slot.main.is_some());
        if draft.scope.planned.contains_key(lender) || is_there || desired.service.scale == 0 {
            continue;
        }
        let told =
            format!("service.{} shares what is {lender}'s, which is not there and left out of this plan", desired.name);
        let told = Diagnostic::error(code::EXCLUDED, told).help(format!("take `--exclude {lender}` away"));
        draft.tell(told, &Address::Service(desired.name.clone()), "network_mode", "shared with it");
    }
}

/// What is said of a container that is given what nobody knows yet.
fn awaited(draft: &Draft, desired: &DesiredService) -> Option<String> {
    let is_brought = |name| matches!(draft.decided.providers.get(name), Some(ProviderFate::BringUp { .. }));
    let open = desired.injected.iter().filter_map(|(source, variables)| match (source, variables) {
        (EnvironmentSource::Provider(name), None) if is_brought(name) => Some(name.to_string()),
        (EnvironmentSource::Provider(_) | EnvironmentSource::ModelRunner, _) => None,
    });
    let open: Vec<_> = open.collect();
    (!open.is_empty()).then(|| format!("what it is given by {} is known when that is up", open.join(", ")))
}

/// Notes the networks that a container leaves for good.
fn leaves<'a>(draft: &mut Draft<'a>, live: &'a Container, difference: &Difference<'a>) {
    let left = difference.endpoints.iter().filter(|endpoint| endpoint.join.is_none());
    draft.left.extend(left.filter_map(|endpoint| Some((&live.id, endpoint.leave?))));
}

/// Tells what is mended of a container that stays.
fn describe(change: &mut Change, desired: &DesiredService, live: &Container, found: &Difference, leftover: bool) {
    change.notes.extend(found.notes.iter().cloned());
    let mut changes = found.tunable.clone();
    changes.extend(found.endpoints.iter().flat_map(|endpoint| endpoint.changes.iter().cloned()));
    changes.extend(found.rename.clone());
    if let Some(reason) = provenance::changed(changes) {
        change.action = Action::Update;
        change.reasons.push(reason);
    }
    if let Some(wake) = &found.wake {
        let (action, reason) = match wake {
            Wake::Start(state) => (Action::Start, Reason::NotRunning(state.clone())),
            Wake::Unpause => (Action::Start, Reason::NotRunning(live.state.clone())),
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
        let ends = desired.service.tunable.restart.lets_success_be();
        if ends && matches!(wake, Wake::Start(RunState::Exited { code: 0, .. })) {
            change.notes.push("one that is done when it ends says `x-dsenv.job: true`".to_owned());
        }
        if matches!(wake, Wake::Restart(_) | Wake::Rejoin(_)) {
            change.hazards.push(Hazard::Downtime { service: desired.name.clone() });
        }
    }
    if leftover || own::is_next(&live.name) {
        if change.action == Action::Keep {
            change.action = Action::Update;
        }
        change.reasons.push(Reason::Repair);
    }
}
