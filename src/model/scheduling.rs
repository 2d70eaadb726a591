//! What only an engine that makes and places replicas by itself gives effect (Compose Deploy Specification): it reaches
//! every engine, and one that cannot do it tells.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How replicas are made, placed, found and restarted by such an engine (`deploy`). By default nothing is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scheduling {
    /// Whether replicas are counted, or one runs on each node (`deploy.mode`).
    #[serde(skip_serializing_if = "Spread::is_counted")]
    pub spread: Spread,
    /// Labels of the service as an object of the engine (`deploy.labels`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Conditions on the node, such as `node.labels.disk==ssd` (`deploy.placement.constraints`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// Node labels over whose values to spread, the first one first (`deploy.placement.preferences`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<String>,
    /// The most replicas on one node; no limit by default (`deploy.placement.max_replicas_per_node`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_replicas_per_node: Option<u64>,
    /// How clients find the replicas (`deploy.endpoint_mode`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_mode: Option<EndpointMode>,
    /// The time between two restarts (`deploy.restart_policy.delay`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_delay: Option<Duration>,
    /// How long a container must run for a restart to count as good (`deploy.restart_policy.window`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_window: Option<Duration>,
    /// Processor time that a replica is sure to have, in billionths of a processor (`deploy.resources.reservations.cpus`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_nano_cpus: Option<i64>,
    /// Resources of the cluster's own that a replica is sure to have, by kind
    /// (`deploy.resources.reservations.generic_resources`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reserved_resources: BTreeMap<String, i64>,
}

/// The keys of a service that only an engine gives effect which makes and places replicas by itself. What `mode: global`
/// says, an engine on one machine does with one replica, so that is not among them.
pub const SCHEDULING_KEYS: [&str; 7] = [
    "deploy.labels",
    "deploy.placement",
    "deploy.endpoint_mode",
    "deploy.resources.reservations.cpus",
    "deploy.resources.reservations.generic_resources",
    "deploy.restart_policy.delay",
    "deploy.restart_policy.window",
];

/// Whether replicas are counted, or one runs on each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// As many as `scale` says. The default.
    #[default]
    Counted,
    /// One on each node that may run it.
    EachNode,
}

/// How clients find the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointMode {
    /// One virtual address for all.
    Vip,
    /// The addresses of all in DNS.
    DnsRoundRobin,
}

impl Spread {
    fn is_counted(&self) -> bool {
        *self == Self::Counted
    }
}

impl Scheduling {
    /// Whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The keys of the file that ask for something, of [`SCHEDULING_KEYS`].
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        let Self {
            spread: Spread::Counted | Spread::EachNode,
            labels,
            constraints,
            preferences,
            max_replicas_per_node,
            endpoint_mode,
            restart_delay,
            restart_window,
            reserved_nano_cpus,
            reserved_resources,
        } = self;
        let is_set = [
            !labels.is_empty(),
            !constraints.is_empty() || !preferences.is_empty() || max_replicas_per_node.is_some(),
            endpoint_mode.is_some(),
            reserved_nano_cpus.is_some(),
            !reserved_resources.is_empty(),
            restart_delay.is_some(),
            restart_window.is_some(),
        ];
        SCHEDULING_KEYS.into_iter().zip(is_set).filter(|(_, is_set)| *is_set).map(|(key, _)| key)
    }
}
