//! What is wrong with a running environment, from a plan that would put it right. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Address, Project, ServiceName};
use crate::plan::{Action, Change, Plan, Reason};
use crate::state::{Container, ContainerId, Health, Observed, RunState};

/// A container that ends so shortly after its start has crashed.
const SHORT: Duration = Duration::from_secs(10);

/// Exit codes of a process that a signal ended: SIGKILL and SIGTERM.
const KILLED: i64 = 137;
const TERMINATED: i64 = 143;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// Services that a plan would put right, each with what is wrong.
    pub services: BTreeMap<ServiceName, String>,
    /// Running containers whose health check fails.
    pub unhealthy: BTreeMap<ServiceName, Vec<ContainerId>>,
    /// Networks and images that services need.
    pub things: BTreeMap<String, String>,
    /// Why nothing may be done at all: a volume would be touched.
    pub forbidden: Option<String>,
    /// Services whose plan holds more than repairs: those are left alone.
    pub other: BTreeSet<ServiceName>,
}

impl Diagnosis {
    /// Reads a plan for an environment that was as it should be.
    pub fn of(plan: &Plan, project: &Project, observed: &Observed) -> Self {
        let mut diagnosis = Self::default();
        for change in plan.changes.iter().filter(|change| !matches!(change.action, Action::Keep | Action::Record)) {
            diagnosis.note(change);
        }
        for container in replicas(project, observed) {
            if container.state == RunState::Running && matches!(container.health, Some(Health::Unhealthy { .. })) {
                diagnosis.unhealthy.entry(container.service.clone()).or_default().push(container.id.clone());
            }
        }
        let other = &diagnosis.other;
        diagnosis.services.retain(|service, _| !other.contains(service));
        let planned = &diagnosis.services;
        diagnosis.unhealthy.retain(|service, _| !planned.contains_key(service) && !other.contains(service));
        diagnosis
    }

    fn note(&mut self, change: &Change) {
        match &change.address {
            Address::Service(service) | Address::Replica(service, _) => match difference(change) {
                Some(what) => {
                    self.services.entry(service.clone()).or_insert(what);
                }
                None => {
                    self.other.insert(service.clone());
                }
            },
            Address::Volume(key) => self.forbidden = Some(format!("volume `{key}` is not as it should be")),
            Address::Network(_) | Address::Image(_) | Address::Model(_) => {
                self.things
                    .insert(change.address.to_string(), difference(change).unwrap_or_else(|| "differs".to_owned()));
            }
            Address::Project | Address::Stray(_) => {}
        }
    }

    /// Leaves unhealthy containers of these services alone, and answers with those.
    pub fn leave(&mut self, services: &BTreeSet<ServiceName>) -> BTreeMap<ServiceName, String> {
        let all = std::mem::take(&mut self.unhealthy);
        let (left, rest): (BTreeMap<_, _>, _) = all.into_iter().partition(|(service, _)| services.contains(service));
        self.unhealthy = rest;
        left.into_keys().map(|service| (service, "unhealthy".to_owned())).collect()
    }

    /// Whether a container is on its way out: what is wrong is known when it is gone.
    pub fn is_leaving(project: &Project, observed: &Observed) -> bool {
        replicas(project, observed).any(|container| container.state == RunState::Removing)
    }

    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        self.services.is_empty() && self.unhealthy.is_empty() && self.things.is_empty() && self.forbidden.is_none()
    }

    /// Everything that is wrong with services, in words.
    pub fn told(&self) -> BTreeMap<ServiceName, String> {
        let unhealthy = self.unhealthy.keys().map(|service| (service.clone(), "unhealthy".to_owned()));
        self.services.clone().into_iter().chain(unhealthy).collect()
    }
}

/// What is wrong with a resource that a change repairs; `None` if the change is more than that.
fn difference(change: &Change) -> Option<String> {
    if matches!(change.action, Action::Delete | Action::Forget | Action::Run) {
        return None;
    }
    let mut words = Vec::new();
    for reason in &change.reasons {
        words.push(match reason {
            Reason::Missing => "missing".to_owned(),
            Reason::NotRunning(state) => state.to_string(),
            Reason::Unhealthy => "unhealthy".to_owned(),
            Reason::Repair => "left half done".to_owned(),
            Reason::DependencyReplaced(service) => format!("needs the new {service}"),
            Reason::LeftBehind(service) => format!("{service} was started after it"),
            Reason::Changed(changes) if changes.iter().all(|change| change.drift) => {
                let paths: Vec<_> = changes.iter().map(|change| change.change.path.as_str()).collect();
                format!("changed by hand: {}", paths.join(", "))
            }
            _ => return None,
        });
    }
    Some(words.join(", "))
}

/// Containers of services that the project has.
pub fn replicas<'a>(project: &'a Project, observed: &'a Observed) -> impl Iterator<Item = &'a Container> {
    observed.containers.iter().filter(|it| !it.oneoff && project.services.contains_key(&it.service))
}

/// Whether a container that does not run has ended by itself right after its start. One that was told to end from
/// outside has not.
pub fn crashed(container: &Container, now: Timestamp) -> bool {
    let by_itself = match container.state {
        RunState::Exited { code: KILLED | TERMINATED, oom } => oom,
        RunState::Exited { .. } | RunState::Dead => true,
        RunState::Created | RunState::Running | RunState::Paused | RunState::Restarting | RunState::Removing => false,
    };
    by_itself
        && container.started_at.is_some_and(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default() < SHORT)
}

/// Whether a container has run well for a while.
pub fn well(container: &Container, now: Timestamp) -> bool {
    container.state == RunState::Running
        && !matches!(container.health, Some(Health::Unhealthy { .. }))
        && container
            .started_at
            .is_some_and(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default() >= SHORT)
}
