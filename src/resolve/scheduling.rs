//! `deploy`, as far as only an engine that makes and places replicas by itself gives it effect.

use std::time;

use crate::model::{EndpointMode, Scheduling, Spread};
use crate::spec::types::{self, Deploy, DeployMode};
use crate::spec::value::{Cpus, Duration};

/// What is asked for.
pub(super) fn scheduling(deploy: Option<&Deploy>) -> Scheduling {
    let Some(deploy) = deploy else { return Scheduling::default() };
    let Deploy { mode, labels, placement, endpoint_mode, resources, restart_policy, .. } = deploy;
    let types::Placement { constraints, preferences, max_replicas_per_node, extensions: _ } = placement;
    let restart = restart_policy.as_ref();
    let reserved = resources.reservations.as_ref();
    let generic = reserved.into_iter().flat_map(|own| &own.generic_resources);
    let discrete = generic.filter_map(|resource| resource.discrete_resource_spec.as_ref());
    Scheduling {
        spread: match mode {
            Some(DeployMode::Global | DeployMode::GlobalJob) => Spread::EachNode,
            Some(DeployMode::Replicated | DeployMode::ReplicatedJob) | None => Spread::Counted,
        },
        labels: labels.iter().map(|(name, value)| (name.clone(), value.as_str().to_owned())).collect(),
        constraints: constraints.clone(),
        preferences: preferences.iter().filter_map(|preference| preference.spread.clone()).collect(),
        max_replicas_per_node: Some(*max_replicas_per_node).filter(|most| *most > 0),
        endpoint_mode: endpoint_mode.map(|mode| match mode {
            types::EndpointMode::Vip => EndpointMode::Vip,
            types::EndpointMode::Dnsrr => EndpointMode::DnsRoundRobin,
        }),
        restart_delay: restart.and_then(|own| span(own.delay)),
        restart_window: restart.and_then(|own| span(own.window)),
        reserved_nano_cpus: reserved.and_then(|own| own.cpus).map(Cpus::nano),
        reserved_resources: discrete.map(|own| (own.kind.clone(), own.value)).collect(),
    }
}

fn span(span: Option<Duration>) -> Option<time::Duration> {
    let nanoseconds = u64::try_from(span?.0).ok().filter(|length| *length > 0)?;
    Some(time::Duration::from_nanos(nanoseconds))
}
