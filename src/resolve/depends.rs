//! What must be there first, and what is a job.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Condition, Dependency, ServiceName};
use crate::spec::Spec;
use crate::spec::types::{self, DeployMode, Service};

/// What a service waits for. The spec's own edges hold what links and borrowed namespaces imply; an edge to a service
/// that is not to exist is one that may be absent, and is left out.
pub(super) fn depends_on(service: &Service, present: &BTreeSet<&str>) -> BTreeMap<ServiceName, Dependency> {
    let there = service.depends_on.iter().filter(|(name, _)| present.contains(name.as_str()));
    there.map(|(name, edge)| (ServiceName::new(name), dependency(edge))).collect()
}

fn dependency(edge: &types::Dependency) -> Dependency {
    let types::Dependency { condition, restart, required: _, extensions: _ } = edge;
    Dependency { condition: self::condition(*condition), restart: *restart, required: edge.is_required() }
}

fn condition(condition: types::Condition) -> Condition {
    match condition {
        types::Condition::ServiceStarted => Condition::ServiceStarted,
        types::Condition::ServiceHealthy => Condition::ServiceHealthy,
        types::Condition::ServiceCompletedSuccessfully => Condition::ServiceCompletedSuccessfully,
    }
}

/// Services whose end another one waits for.
pub(super) fn awaited(spec: &Spec) -> BTreeSet<&str> {
    let edges = spec.services.values().flat_map(|service| &service.depends_on);
    let awaited = edges.filter(|(_, edge)| edge.condition == types::Condition::ServiceCompletedSuccessfully);
    awaited.map(|(name, _)| name.as_str()).collect()
}

/// Whether a service is done when it exits with 0.
pub(super) fn is_job(name: &str, service: &Service, awaited: &BTreeSet<&str>) -> bool {
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode);
    let own = service.dsenv.as_ref().and_then(|own| own.job).unwrap_or(false);
    own || awaited.contains(name) || matches!(mode, Some(DeployMode::ReplicatedJob | DeployMode::GlobalJob))
}
