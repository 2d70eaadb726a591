//! One container against what it should be: what can be mended in place, and what replaces it.

use std::time::Duration;

use serde_json::Value;

use super::desired::DesiredService;
use super::endpoint::{self, EndpointDifference, EndpointDifferences};
use super::ignore_changes::ignored;
use super::image::ImageStanding;
use super::network::NetworkTargets;
use super::sides::Sides;
use super::{adopted, anonymous, injected, pre_start, provenance};
use crate::diff::{self, FieldChange};
use crate::model::{ContainerName, Healthcheck, Restart, Service, ServiceName, Tunable};
use crate::plan::vocabulary::{PlacedChange, Reason};
use crate::rules::{self, Capabilities};
use crate::state::record::Record;
use crate::state::{Container, Ended, Health, RunState};

/// What is not as it should be, of one container alone. What follows from other services is not in it.
#[derive(Debug, Default)]
pub struct Difference<'a> {
    /// What only a replacement mends; then the rest is told, and goes with it.
    pub replace: Vec<Reason>,
    /// Limits and restart policy.
    pub tunable: Vec<PlacedChange>,
    /// Endpoints.
    pub endpoints: Vec<EndpointDifference<'a>>,
    /// Its name.
    pub rename: Option<PlacedChange>,
    /// How it comes to do what it should.
    pub wake: Option<Wake>,
    /// What is worth a line and no change.
    pub notes: Vec<String>,
}

/// How a container comes to do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// It does not run.
    Start(RunState),
    /// It is frozen.
    Unpause,
    /// A one-shot that failed, or that the user wants again.
    Run(Option<RunState>),
    /// It runs, and restarts with another.
    Restart(ServiceName),
    /// It runs in a namespace that is gone: whose it was has started since.
    Rejoin(String),
}

/// Compares one container. `interrupted` says that a replacement of it was begun and not ended.
pub fn compare<'a>(
    sides: &Sides<'a>,
    targets: &NetworkTargets<'a>,
    desired: &DesiredService<'a>,
    container: &'a Container,
    name: &ContainerName,
    interrupted: bool,
) -> Difference<'a> {
    let mut found = Difference::default();
    found.replace.extend(adopted::adopted(sides, desired, container));
    let mut changes = fixed(sides, desired, container);
    if container.record.is_some() {
        changes.extend(pre_start::changed(sides, desired.name, desired.service));
    }
    if let Some((removed, kept)) = tunable(sides, desired, container) {
        changes.extend(removed);
        found.tunable = kept;
    }
    match endpoint::compare(sides, targets, desired, container) {
        EndpointDifferences::Mendable(endpoints) => found.endpoints = endpoints,
        EndpointDifferences::Lost(change) => changes.push(change),
    }
    found.rename = rename(sides, desired, container, name);
    found.wake = wake(sides, desired, container, interrupted);
    if let Some(Health::Unhealthy { output }) = &container.health {
        let output = diff::masked(output.trim());
        found.notes.push(if output.is_empty() { "unhealthy".to_owned() } else { format!("unhealthy: {output}") });
    }

    found.replace.extend(provenance::changed(changes));
    match &desired.image {
        ImageStanding::Here(id) if !sides.request.observed.is_one_image(id, &container.image) => {
            found.replace.push(Reason::ImageMoved { from: container.image.clone(), to: Some(id.clone()) });
        }
        ImageStanding::Outdated => found.replace.push(Reason::InputsChanged),
        ImageStanding::Here(_) | ImageStanding::Absent => {}
    }
    if sides.request.options.replace.contains(desired.name) || anonymous::is_renewed(sides, desired, container) {
        found.replace.push(Reason::Asked);
    }
    if matches!(container.state, RunState::Dead | RunState::Removing) {
        found.replace.push(Reason::NotRunning(container.state.clone()));
    }
    found
}

/// What an external actor can change of a container: limits, endpoints, name.
pub fn external_changes<'a>(
    sides: &Sides<'a>,
    targets: &NetworkTargets<'a>,
    desired: &DesiredService<'a>,
    container: &'a Container,
    name: &ContainerName,
) -> Vec<PlacedChange> {
    let (removed, kept) = tunable(sides, desired, container).unwrap_or_default();
    let mut changes = [removed, kept].concat();
    match endpoint::compare(sides, targets, desired, container) {
        EndpointDifferences::Mendable(found) => changes.extend(found.into_iter().flat_map(|one| one.changes)),
        EndpointDifferences::Lost(change) => changes.push(change),
    }
    changes.extend(rename(sides, desired, container, name));
    changes
}

/// What differs from the record. Without one, another tool made the container.
fn fixed(sides: &Sides, desired: &DesiredService, container: &Container) -> Vec<PlacedChange> {
    let Some(record) = &container.record else { return Vec::new() };
    let mut changes = injected::differences(record, desired, container);
    if !record.is(&desired.fixed, &container.environment) {
        let recorded = record.recorded(&container.environment, &desired.fixed, sides.request.key);
        let recorded = diff::fields(&recorded, &desired.fixed);
        let recorded = recorded.into_iter().chain(taken_away(record, desired, container));
        changes.extend(recorded.filter(|change| !injected::is_injected(record, &change.path)));
    }
    changes.retain(|change| !ignored(desired.service, &change.path));
    changes.into_iter().map(|change| provenance::asked(sides, desired.name, change)).collect()
}

/// A variable that is only taken away from the image has no value on either side, so its name tells.
fn taken_away<'w>(
    record: &'w Record,
    desired: &'w DesiredService,
    container: &'w Container,
) -> impl Iterator<Item = FieldChange> + 'w {
    let environment = &desired.service.fixed.environment;
    environment.iter().filter(move |(name, value)| value.is_none() && !record.names_variable(name)).filter_map(
        move |(name, _)| {
            let live = container.environment.get(name)?.clone()?;
            Some(FieldChange::new(format!("environment.{name}"), Some(Value::String(live)), None))
        },
    )
}

/// What differs among limits and restart policy: what only a replacement takes away, and what is changed in place.
fn tunable(
    sides: &Sides,
    desired: &DesiredService,
    container: &Container,
) -> Option<(Vec<PlacedChange>, Vec<PlacedChange>)> {
    let live = without_defaults(sides.request.rules.dialect.capabilities(), desired, &container.tunable);
    if live == desired.tunable {
        return None;
    }
    let asked = serde_json::to_value(&desired.service.tunable).expect("a model of plain data has a JSON form");
    let changes = diff::fields(&live.fields().into(), &desired.tunable.fields().into());
    let placed = changes.into_iter().filter(|change| !ignored(desired.service, &change.path)).map(|change| {
        let field = change.path.split('.').next().unwrap_or_default().to_owned();
        let now = asked.get(&field).cloned().unwrap_or(Value::Null);
        let forces = match sides.request.rules.dialect.change(&field, change.after.is_none()) {
            rules::Change::InPlace => false,
            rules::Change::Replaces => true,
        };
        let live = provenance::live(
            sides,
            desired.name,
            change,
            provenance::recorded(sides, desired.name, &["tunable", &field]),
            &now,
        );
        PlacedChange { forces, ..live }
    });
    Some(placed.partition(|placed| placed.forces))
}

/// The limits that a container has, without what an engine fills in where nothing is asked for.
fn without_defaults(engine: &Capabilities, desired: &DesiredService, live: &Tunable) -> Tunable {
    let mut live = live.clone();
    let asked = &desired.service.tunable;
    if asked.memory_swap.is_none() && rules::is_no_swap(live.memory_swap) {
        live.memory_swap = desired.tunable.memory_swap;
    }
    if asked.pids_limit.is_none() && live.pids_limit == engine.default_pids_limit {
        live.pids_limit = None;
    }
    if engine.shows_cpus_as_quota && live.nano_cpus.is_some() && asked.cpu_period.or(asked.cpu_quota).is_none() {
        (live.cpu_period, live.cpu_quota) = (None, None);
    }
    live
}

fn rename(
    sides: &Sides,
    desired: &DesiredService,
    container: &Container,
    name: &ContainerName,
) -> Option<PlacedChange> {
    if container.name == *name || ignored(desired.service, "container_name") {
        return None;
    }
    let own = desired.service.container_name.as_ref().map_or(Value::Null, |own| Value::from(own.as_str()));
    let [before, after] = [&container.name, name].map(|name| Some(Value::from(name.as_str())));
    let change = FieldChange::new("container_name", before, after);
    let recorded = provenance::recorded(sides, desired.name, &["container_name"]);
    Some(provenance::live(sides, desired.name, change, recorded, &own))
}

/// How it comes to do what it should, if it does not do that by itself.
pub fn wake(sides: &Sides, desired: &DesiredService, container: &Container, interrupted: bool) -> Option<Wake> {
    let rerun = sides.request.options.rerun.contains(desired.name);
    if desired.service.job {
        return match &container.state {
            RunState::Paused => Some(Wake::Unpause),
            RunState::Running | RunState::Restarting => None,
            RunState::Exited { code: 0, .. } => rerun.then_some(Wake::Run(None)),
            RunState::Created => Some(Wake::Start(RunState::Created)),
            state @ RunState::Exited { .. } => Some(Wake::Run(Some(state.clone()))),
            RunState::Removing | RunState::Dead => None,
        };
    }
    match &container.state {
        RunState::Running => outlived(sides, container).map(Wake::Rejoin),
        RunState::Paused => Some(Wake::Unpause),
        RunState::Exited { code: 0, .. } if is_finished(desired.service, container) && !interrupted => {
            rerun.then(|| Wake::Start(container.state.clone()))
        }
        state @ (RunState::Created | RunState::Restarting | RunState::Exited { .. }) => {
            Some(Wake::Start(state.clone()))
        }
        // Neither can be started: what is dead or on its way out is replaced.
        RunState::Removing | RunState::Dead => None,
    }
}

/// In whose namespaces this container lives, if that one has started after it. The engine makes new namespaces at
/// each start, whoever asked for it, and this container has stayed in the old ones.
fn outlived(sides: &Sides, container: &Container) -> Option<String> {
    let since = container.started_at.filter(|_| !container.lives_in.is_empty())?;
    let observed = sides.request.observed;
    let owners = observed.containers.iter().filter(|owner| container.lives_in.contains(&owner.id));
    let owners = owners.filter(|owner| owner.state == RunState::Running && owner.started_at > Some(since));
    let lenders = container.lives_in.iter().filter_map(|id| observed.lenders.get(id));
    let lenders = lenders.filter(|lender| lender.started_at > Some(since)).map(|lender| lender.name.to_string());
    owners.map(|owner| owner.service.to_string()).chain(lenders).min()
}

/// The gate looks when dsenv waits, after the hooks, and its window is short: a program that takes two seconds for its
/// work is no service that an external actor stopped.
const SLACK: Duration = Duration::from_millis(1550);

/// Whether one that exited with 0 had nothing more to do: it did so before it had passed its gate, and its restart
/// policy lets that be. One that ended later was stopped, by hand or with the machine.
pub fn is_finished(service: &Service, container: &Container) -> bool {
    if !matches!(container.state, RunState::Exited { code: 0, .. }) {
        return false;
    }
    let policies = [service.tunable.restart, container.tunable.restart];
    let early = container.ended.is_some_and(|Ended { after, healthy }| match service.fixed.healthcheck {
        Some(Healthcheck::Probe(_)) => !healthy,
        Some(Healthcheck::Disabled) | None => !healthy && after <= service.gate.settle + SLACK,
    });
    early && policies.into_iter().all(Restart::lets_success_be)
}
