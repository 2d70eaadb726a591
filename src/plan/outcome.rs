//! What a plan makes of a service, for those that depend on it.

use std::collections::BTreeMap;

use super::builder::After;
use super::planner::Planner;
use super::{ContainerRef, NodeId, Step, Until, code, provider};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Condition, Dependency, Healthcheck, Service, ServiceName};
use crate::state::{Container, Health, RunState};

/// The containers of a service after the plan.
#[derive(Debug, Default)]
pub(super) struct Outcome<'a>(BTreeMap<u32, Replica<'a>>);

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Replica<'a> {
    /// Which one.
    pub container: ContainerRef,
    /// As it was seen, if it stays.
    pub live: Option<&'a Container>,
    /// The step that makes it.
    pub created: Option<NodeId>,
    /// The step that starts it.
    pub started: Option<NodeId>,
    /// The step after which it has passed its gate.
    pub ready: Option<NodeId>,
    /// A wait that a dependent asked for beyond the gate.
    pub healthy: Option<NodeId>,
    /// The same, for its end.
    pub completed: Option<NodeId>,
}

impl<'a> Replica<'a> {
    /// One that this plan makes or starts.
    pub fn new(container: ContainerRef) -> Self {
        Self { container, live: None, created: None, started: None, ready: None, healthy: None, completed: None }
    }

    /// The steps after which its namespaces can be joined.
    pub fn up(&self) -> Option<NodeId> {
        self.started.or(self.created)
    }
}

impl<'a> Outcome<'a> {
    /// Notes one container.
    pub fn insert(&mut self, number: u32, replica: Replica<'a>) {
        self.0.insert(number, replica);
    }

    /// The container that others borrow from.
    pub fn first(&self) -> Option<&Replica<'a>> {
        self.0.values().next()
    }

    /// One of the containers, if it starts.
    pub fn started(&self, number: u32) -> Option<&Replica<'a>> {
        self.0.get(&number).filter(|replica| replica.started.is_some())
    }

    /// Whether one of the containers is new.
    pub fn is_anew(&self) -> bool {
        self.0.values().any(|replica| replica.created.is_some())
    }

    /// Whether one of the containers starts.
    pub fn starts(&self) -> bool {
        self.0.values().any(|replica| replica.started.is_some())
    }
}

impl<'a> Planner<'a> {
    /// The service that this one borrows from and that gets new containers.
    pub fn borrowed_anew(&self, service: &Service) -> Option<ServiceName> {
        let borrowed = service.fixed.borrows().into_iter();
        borrowed.filter(|name| self.outcomes.get(*name).is_some_and(Outcome::is_anew)).min().cloned()
    }

    /// The service in whose namespace a container should live and does not: that one was replaced by an apply which did
    /// not get as far as this one.
    pub fn left_behind(&self, service: &Service, container: &Container) -> Option<ServiceName> {
        let elsewhere = |owner: &ServiceName| {
            let live = self.outcomes.get(owner).and_then(Outcome::first).and_then(|replica| replica.live);
            live.is_some_and(|live| !container.lives_in.contains(&live.id))
        };
        let owners = service.fixed.shares().into_iter();
        owners.filter(|owner| container.record.is_some() && elsewhere(owner)).min().cloned()
    }

    /// In whose namespaces this container lives, if that one has started after it. The engine makes new namespaces at
    /// each start, whoever asked for it, and this container has stayed in the old ones.
    pub fn outlived(&self, container: &Container) -> Option<String> {
        let since = container.started_at.filter(|_| !container.lives_in.is_empty())?;
        let observed = self.request.observed;
        let owners = observed.containers.iter().filter(|owner| container.lives_in.contains(&owner.id));
        let owners = owners.filter(|owner| owner.state == RunState::Running && owner.started_at > Some(since));
        let lenders = container.lives_in.iter().filter_map(|id| observed.lenders.get(id));
        let lenders = lenders.filter(|lender| lender.started_at > Some(since)).map(|lender| lender.name.to_string());
        owners.map(|owner| owner.service.to_string()).chain(lenders).min()
    }

    /// The service that this one restarts with and that starts. One that shares a namespace has lost it when its
    /// owner starts again.
    pub fn restarted_with(&self, service: &Service) -> Option<ServiceName> {
        let asked = service.depends_on.iter().filter(|(_, dependency)| dependency.restart).map(|(name, _)| name);
        let shared = service.fixed.shares().into_iter();
        asked.chain(shared).filter(|name| self.outcomes.get(*name).is_some_and(Outcome::starts)).min().cloned()
    }
}

/// What the start of a service waits for: the gates of what it depends on, or of a part of that.
pub(super) fn gates<'a>(
    p: &mut Planner<'a>,
    name: &'a ServiceName,
    depends_on: &'a BTreeMap<ServiceName, Dependency>,
    part: impl Fn(&ServiceName) -> bool,
) -> After {
    let mut after = After::default();
    for (needed, dependency) in depends_on.iter().filter(|(needed, _)| part(needed)) {
        if p.request.project.providers.contains_key(needed) {
            after = after.and(provider::up(p, needed, dependency.required));
            continue;
        }
        if !p.outcomes.contains_key(needed) && !seen(p, name, needed, dependency.required) {
            continue;
        }
        let Some(model) = p.request.project.services.get(needed) else { continue };
        let numbers: Vec<u32> = p.outcomes[needed].0.keys().copied().collect();
        let ids: Vec<_> =
            numbers.into_iter().filter_map(|number| gate(p, needed, model, number, dependency.condition)).collect();
        after = after.and(if dependency.required { After::done(ids) } else { After::settled(ids) });
    }
    after
}

/// Whether others depend on a service and none of them needs it (Compose Specification, `depends_on`, `required`).
pub(super) fn is_optional(p: &Planner, name: &ServiceName) -> bool {
    let project = p.request.project;
    let services = project.services.values().map(|service| &service.depends_on);
    let all = services.chain(project.providers.values().map(|provider| &provider.depends_on));
    let mut required =
        all.filter_map(|depends_on| depends_on.get(name)).map(|dependency| dependency.required).peekable();
    required.peek().is_some() && !required.any(|required| required)
}

/// Looks up a service that is not part of this plan. False if there is nothing to wait for.
fn seen<'a>(p: &mut Planner<'a>, name: &ServiceName, needed: &'a ServiceName, required: bool) -> bool {
    let mut outcome = Outcome::default();
    for (number, slot) in p.index.service(needed) {
        if let Some(main) = slot.main {
            outcome.insert(number, Replica { live: Some(main), ..Replica::new(p.reference(main)) });
        }
    }
    let found = outcome.first().is_some();
    if !found && required && p.request.project.services.contains_key(needed) {
        let told = Diagnostic::error(
            code::EXCLUDED,
            format!("service {name} depends on {needed}, which is excluded and not there"),
        )
        .help(format!("leave {needed} in, or make the dependency `required: false`"));
        p.tell(told, &Address::Service(name.clone()), &format!("depends_on.{needed}"), "not part of this plan");
    }
    if found {
        p.outcomes.insert(needed, outcome);
    }
    found
}

/// The step after which one container fulfils a condition, if it does not do so already.
fn gate(p: &mut Planner, name: &ServiceName, service: &Service, number: u32, condition: Condition) -> Option<NodeId> {
    let replica = p.outcomes.get(name)?.0.get(&number)?.clone();
    let has_check = matches!(service.fixed.healthcheck, Some(Healthcheck::Probe(_)));
    let until = match condition {
        // With a health check, running is enough; without one, it should have lived for a moment.
        Condition::ServiceStarted if has_check => return replica.started,
        Condition::ServiceStarted => return replica.ready,
        Condition::ServiceHealthy if has_check && replica.ready.is_some() => return replica.ready,
        Condition::ServiceHealthy => Until::Healthy,
        Condition::ServiceCompletedSuccessfully if service.job && replica.ready.is_some() => return replica.ready,
        Condition::ServiceCompletedSuccessfully => Until::Completed,
    };
    let (fulfilled, asked) = match until {
        Until::Completed => {
            (is(&replica, |live| matches!(live.state, RunState::Exited { code: 0, .. })), replica.completed)
        }
        Until::Healthy | Until::Ready { .. } => {
            (is(&replica, |live| live.health == Some(Health::Healthy)), replica.healthy)
        }
    };
    if asked.is_some() || (fulfilled && replica.started.is_none()) {
        return asked;
    }
    let after = After::done(replica.ready.or(replica.started).or(replica.created));
    let limit = p.request.options.timeout.unwrap_or(service.gate.limit);
    let step = Step::Wait { container: replica.container, until, limit };
    let node = p.nodes.add(&Address::Replica(name.clone(), number), after, step);
    if is_optional(p, name) {
        p.nodes.excuse(node);
    }
    let replica = p.outcomes.get_mut(name)?.0.get_mut(&number)?;
    match until {
        Until::Completed => replica.completed = Some(node),
        Until::Healthy | Until::Ready { .. } => replica.healthy = Some(node),
    }
    Some(node)
}

fn is(replica: &Replica, test: impl Fn(&Container) -> bool) -> bool {
    replica.live.is_some_and(test)
}
