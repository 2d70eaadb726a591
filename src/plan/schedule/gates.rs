//! The gates of what a service depends on: what its start waits for.

use std::collections::BTreeMap;

use super::builder::After;
use super::providers;
use super::state::{ReplicaSteps, Schedule, ServiceSteps, reference};
use crate::model::{Address, Condition, Dependency, Healthcheck, Project, Service, ServiceName};
use crate::plan::vocabulary::{NodeId, Until, WaitStep};
use crate::state::{Container, Health, RunState};

/// What the start of a service waits for: the gates of what it depends on, or of a part of that.
pub fn gates<'a>(
    s: &mut Schedule<'a>,
    depends_on: &'a BTreeMap<ServiceName, Dependency>,
    part: impl Fn(&ServiceName) -> bool,
) -> After {
    let mut after = After::default();
    for (needed, dependency) in depends_on.iter().filter(|(needed, _)| part(needed)) {
        if s.project().providers.contains_key(needed) {
            after = after.and(providers::up(s, needed, dependency.required));
            continue;
        }
        let Some(model) = s.project().services.get(needed) else { continue };
        let ids: Vec<_> = numbers(s, needed)
            .into_iter()
            .filter_map(|number| gate(s, needed, model, number, dependency.condition))
            .collect();
        after = after.and(if dependency.required { After::done(ids) } else { After::settled(ids) });
    }
    after
}

/// The containers of a service by number, those of one that is left as it is included.
fn numbers<'a>(s: &mut Schedule<'a>, name: &ServiceName) -> Vec<u32> {
    if let Some(steps) = s.services.get(name) {
        return steps.0.keys().copied().collect();
    }
    let Some((name, untouched)) = s.decisions.untouched.get_key_value(name) else { return Vec::new() };
    let replicas = untouched
        .iter()
        .map(|(number, live)| (*number, ReplicaSteps { live: Some(live), ..ReplicaSteps::new(reference(live)) }));
    let steps = ServiceSteps(replicas.collect());
    let numbers = steps.0.keys().copied().collect();
    s.services.insert(name, steps);
    numbers
}

/// Whether others depend on a service and none of them needs it (Compose Specification, `depends_on`, `required`).
pub fn is_optional(project: &Project, name: &ServiceName) -> bool {
    let services = project.services.values().map(|service| &service.depends_on);
    let all = services.chain(project.providers.values().map(|provider| &provider.depends_on));
    let mut required =
        all.filter_map(|depends_on| depends_on.get(name)).map(|dependency| dependency.required).peekable();
    required.peek().is_some() && !required.any(|required| required)
}

/// The step after which one container fulfils a condition, if it does not do so already.
fn gate(s: &mut Schedule, name: &ServiceName, service: &Service, number: u32, condition: Condition) -> Option<NodeId> {
    let replica = s.services.get(name)?.0.get(&number)?.clone();
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
    let limit = s.request().options.timeout.unwrap_or(service.gate.limit);
    let step = WaitStep::Until { container: replica.container, until, limit };
    let node = s.nodes.add(&Address::Replica(name.clone(), number), after, step);
    if is_optional(s.project(), name) {
        s.nodes.excuse(node);
    }
    let replica = s.services.get_mut(name)?.0.get_mut(&number)?;
    match until {
        Until::Completed => replica.completed = Some(node),
        Until::Healthy | Until::Ready { .. } => replica.healthy = Some(node),
    }
    Some(node)
}

fn is(replica: &ReplicaSteps, test: impl Fn(&Container) -> bool) -> bool {
    replica.live.is_some_and(test)
}
