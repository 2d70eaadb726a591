//! One container against what it should be: what can be mended in place, and what replaces it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::attach::{self, Endpoints, Mend};
use super::images::Standing;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{PlacedChange, Reason, drift, mark, nameless, pre_start};
use crate::diff::{self, FieldChange};
use crate::model::{ContainerName, Healthcheck, Service, ServiceName, Tunable};
use crate::rules::Dialect;
use crate::state::record;
use crate::state::{Container, Ended, Health, RunState};

/// What is not as it should be.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// What only a replacement mends; then the rest is told, and goes with it.
    pub replace: Vec<Reason>,
    /// Limits and restart policy.
    pub tunable: Vec<PlacedChange>,
    /// Endpoints.
    pub endpoints: Vec<Mend<'a>>,
    /// Its name.
    pub rename: Option<PlacedChange>,
    /// What it is doing.
    pub state: Option<Wake>,
    /// What is worth a line and no change.
    pub notes: Vec<String>,
}

/// How a container comes to do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wake {
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
pub(super) fn compare<'a>(
    p: &Planner<'a>,
    wanted: &Wanted<'a>,
    container: &'a Container,
    name: &ContainerName,
    interrupted: bool,
) -> Found<'a> {
    let mut found = Found::default();
    let mut changes = fixed(p, wanted, container, &mut found);
    if container.record.is_some() {
        changes.extend(pre_start::changed(p, wanted.name, wanted.service));
    }
    if let Some((removed, kept)) = tunable(p, wanted, container) {
        changes.extend(removed);
        found.tunable = kept;
    }
    match attach::compare(p, wanted, container) {
        Endpoints::Mendable(endpoints) => found.endpoints = endpoints,
        Endpoints::Lost(change) => changes.push(change),
    }
    if container.name != *name && !drift::ignored(wanted.service, "container_name") {
        found.rename = Some(rename(p, wanted, container, name));
    }
    found.state = state(p, wanted, container, interrupted);
    if found.state.is_none() && p.request.options.rerun.contains(wanted.name) {
        found
            .notes
            .push(format!("not run again: it is {}; `--replace {}` makes it anew", container.state, wanted.name));
    }
    if let Some(Health::Unhealthy { output }) = &container.health {
        let output = diff::masked(output.trim());
        found.notes.push(if output.is_empty() { "unhealthy".to_owned() } else { format!("unhealthy: {output}") });
    }

    found.replace.extend(drift::changed(changes));
    match &wanted.image {
        Standing::Here(id) if !p.request.observed.is_one_image(id, &container.image) => {
            found.replace.push(Reason::ImageMoved { from: container.image.clone(), to: Some(id.clone()) });
        }
        Standing::Outdated => found.replace.push(Reason::InputsChanged),
        Standing::Here(_) | Standing::Absent => {}
    }
    let owner = wanted.borrowed_anew.clone().or_else(|| p.left_behind(wanted.service, container));
    found.replace.extend(owner.map(Reason::DependencyReplaced));
    if p.request.options.replace.contains(wanted.name) || nameless::is_renewed(p, wanted, container) {
        found.replace.push(Reason::Asked);
    }
    if matches!(container.state, RunState::Dead | RunState::Removing) {
        found.replace.push(Reason::NotRunning(container.state.clone()));
    }
    found
}

/// What a hand can change of a container: limits, endpoints, name.
pub(super) fn by_hand<'a>(
    p: &Planner<'a>,
    wanted: &Wanted<'a>,
    container: &'a Container,
    name: &ContainerName,
) -> Vec<PlacedChange> {
    let (removed, kept) = tunable(p, wanted, container).unwrap_or_default();
    let mut changes = [removed, kept].concat();
    match attach::compare(p, wanted, container) {
        Endpoints::Mendable(mends) => changes.extend(mends.into_iter().flat_map(|mend| mend.changes)),
        Endpoints::Lost(change) => changes.push(change),
    }
    if container.name != *name && !drift::ignored(wanted.service, "container_name") {
        changes.push(rename(p, wanted, container, name));
    }
    changes
}

/// What differs from the record. Without one, another tool made the container: it is replaced once, unless Compose
/// made it from this very definition.
fn fixed(p: &Planner, wanted: &Wanted, container: &Container, found: &mut Found) -> Vec<PlacedChange> {
    let Some(record) = &container.record else {
        if !is_composes_own(p, wanted, container) {
            found.replace.push(Reason::Adopted);
        }
        return Vec::new();
    };
    let mut changes = given(record, wanted, container);
    if !record.is(&wanted.fixed, &container.environment) {
        let recorded = record.recorded(&container.environment, &wanted.fixed, p.request.key);
        let recorded = diff::fields(&recorded, &wanted.fixed);
        let recorded = recorded.into_iter().chain(taken_away(record, wanted, container));
        changes.extend(recorded.filter(|change| !is_given(record, &change.path)));
    }
    changes.retain(|change| !drift::ignored(wanted.service, &change.path));
    changes.into_iter().map(|change| drift::asked(p, wanted.name, change)).collect()
}

/// Whether Compose made the container from the definition that the file has now, as its digest says. Contents of configs
/// and secrets are no part of that digest, and Compose brings them in otherwise.
fn is_composes_own(p: &Planner, wanted: &Wanted, container: &Container) -> bool {
    let service = p.request.project.compose.services.get(wanted.name);
    let same = service.is_some_and(|service| container.config_hash.as_ref() == Some(&service.config_hash));
    same && wanted.service.fixed.files.is_empty() && wanted.given.is_empty()
}

/// What differs among the variables that others than the file gave. What nobody knows yet stays as it is: when it is
/// known, the container is looked at again.
fn given(record: &record::Record, wanted: &Wanted, container: &Container) -> Vec<FieldChange> {
    let live = |name: &str| container.environment.get(name).cloned().flatten();
    let file = |name: &str| wanted.service.fixed.environment.get(name).cloned().flatten();
    let unknown = |name: &str| {
        let mut open = wanted.given.iter().filter(|(_, variables)| variables.is_none());
        open.any(|(giver, _)| record.given.get(giver).is_some_and(|names| names.contains(name)))
    };
    let known: BTreeMap<&String, &String> = wanted.given.values().flatten().flatten().collect();
    let before = record.given.values().flatten();
    let names: BTreeSet<&String> = known.keys().copied().chain(before).filter(|name| !unknown(name)).collect();
    let change = |name: &String| {
        let (before, after) = (live(name), known.get(name).map(|value| (*value).clone()).or_else(|| file(name)));
        let path = format!("environment.{name}");
        (before != after).then(|| FieldChange::new(path, before.map(Value::String), after.map(Value::String)))
    };
    names.into_iter().filter_map(change).collect()
}

/// Whether a field is a variable that somebody else than the file gave: of those the file does not speak.
fn is_given(record: &record::Record, path: &str) -> bool {
    let name = path.strip_prefix("environment.");
    name.is_some_and(|name| record.given.values().any(|names| names.contains(name)))
}

/// A variable that is only taken away from the image has no value on either side, so its name tells.
fn taken_away<'w>(
    record: &'w record::Record,
    wanted: &'w Wanted,
    container: &'w Container,
) -> impl Iterator<Item = FieldChange> + 'w {
    let recorded = move |name: &str| match record.fixed.get("environment") {
        Some(Value::Array(names)) => names.iter().any(|recorded| recorded == name),
        _ => false,
    };
    let environment = &wanted.service.fixed.environment;
    environment.iter().filter(move |(name, value)| value.is_none() && !recorded(name)).filter_map(move |(name, _)| {
        let live = container.environment.get(name)?.clone()?;
        Some(FieldChange::new(format!("environment.{name}"), Some(Value::String(live)), None))
    })
}

/// What differs among limits and restart policy: what only a replacement takes away, and what is changed in place.
fn tunable(p: &Planner, wanted: &Wanted, container: &Container) -> Option<(Vec<PlacedChange>, Vec<PlacedChange>)> {
    let live = without_defaults(p.request.rules.dialect, wanted, &container.tunable);
    if live == wanted.tunable {
        return None;
    }
    let desired = serde_json::to_value(&wanted.service.tunable).expect("a model of plain data has a JSON form");
    let changes = diff::fields(&live.fields().into(), &wanted.tunable.fields().into());
    let placed = changes.into_iter().filter(|change| !drift::ignored(wanted.service, &change.path)).map(|change| {
        let field = change.path.split('.').next().unwrap_or_default().to_owned();
        let now = desired.get(&field).cloned().unwrap_or(Value::Null);
        let forces = !p.request.rules.dialect.updates() || must_replace(&change);
        let live = drift::live(p, wanted.name, change, drift::recorded(p, wanted.name, &["tunable", &field]), &now);
        PlacedChange { forces, ..live }
    });
    Some(placed.partition(|placed| placed.forces))
}

/// The limits that a container has, without what an engine fills in where nothing is asked for.
fn without_defaults(dialect: Dialect, wanted: &Wanted, live: &Tunable) -> Tunable {
    let mut live = live.clone();
    let asked = &wanted.service.tunable;
    if asked.memory_swap.is_none() && matches!(live.memory_swap, None | Some(-1 | 0)) {
        // An engine without swap accounting shows one of these, whatever it was told.
        live.memory_swap = wanted.tunable.memory_swap;
    }
    if asked.pids_limit.is_none() && live.pids_limit == dialect.default_pids_limit() {
        live.pids_limit = None;
    }
    if dialect.shows_cpus_as_quota() && live.nano_cpus.is_some() && asked.cpu_period.or(asked.cpu_quota).is_none() {
        (live.cpu_period, live.cpu_quota) = (None, None);
    }
    live
}

/// The update call takes an absent limit and a 0 for "leave alone"; only these have a value for "none".
fn must_replace(change: &FieldChange) -> bool {
    change.after.is_none() && !change.path.starts_with("restart") && change.path != "pids_limit"
}

fn rename(p: &Planner, wanted: &Wanted, container: &Container, name: &ContainerName) -> PlacedChange {
    let own = wanted.service.container_name.as_ref().map_or(Value::Null, |own| Value::from(own.as_str()));
    let change = FieldChange::new(
        "container_name",
        Some(Value::from(container.name.as_str())),
        Some(Value::from(name.as_str())),
    );
    drift::live(p, wanted.name, change, drift::recorded(p, wanted.name, &["container_name"]), &own)
}

/// How it comes to do what it should, if it does not do that.
pub(super) fn state(p: &Planner, wanted: &Wanted, container: &Container, interrupted: bool) -> Option<Wake> {
    if wanted.service.job {
        let rerun = p.request.options.rerun.contains(wanted.name);
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
        RunState::Running => {
            let restarted = wanted.restarted_with.clone().map(Wake::Restart);
            restarted.or_else(|| p.outlived(container).map(Wake::Rejoin))
        }
        RunState::Paused => Some(Wake::Unpause),
        RunState::Exited { code: 0, .. } if is_finished(wanted.service, container) && !interrupted => {
            p.request.options.rerun.contains(wanted.name).then(|| Wake::Start(container.state.clone()))
        }
        state @ (RunState::Created | RunState::Restarting | RunState::Exited { .. }) => {
            Some(Wake::Start(state.clone()))
        }
        // Neither can be started: what is dead or on its way out is replaced.
        RunState::Removing | RunState::Dead => None,
    }
}

/// The gate looks when dsenv waits, after the hooks, and its window is short: a program that takes two seconds for its
/// work is no service that a hand stopped.
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
    early && policies.into_iter().all(mark::finishes)
}
