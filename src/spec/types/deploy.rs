//! `services.*.deploy`: how many, where, with which resources, and how to change them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DeviceRequest;
use crate::spec::value::{Bytes, Cpus, Duration, Extensions, Text, bytes, text};

/// How many, where, with which resources, and how to change them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Deploy {
    /// Whether replicas are counted, one runs on each node, or they are jobs.
    #[serde(deserialize_with = "text::unless_empty")]
    pub mode: Option<DeployMode>,
    /// How many containers; 1 when unset. Must agree with `scale`.
    pub replicas: Option<u32>,
    /// Labels of the service, not of its containers.
    pub labels: BTreeMap<String, Text>,
    /// How a change is rolled out.
    pub update_config: Option<UpdateConfig>,
    /// How a change is taken back.
    pub rollback_config: Option<UpdateConfig>,
    /// Limits and reservations.
    pub resources: Resources,
    /// When and how often to restart; wins over `restart`.
    pub restart_policy: Option<RestartPolicy>,
    /// Which nodes may run it.
    pub placement: Placement,
    /// How clients find the replicas.
    #[serde(deserialize_with = "text::unless_empty")]
    pub endpoint_mode: Option<EndpointMode>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Whether replicas are counted, one runs on each node, or they are jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeployMode {
    /// As many as `replicas` says.
    Replicated,
    /// One on each node.
    Global,
    /// As many as `replicas` says, each running to its end.
    ReplicatedJob,
    /// One on each node, each running to its end.
    GlobalJob,
}

/// How clients find the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointMode {
    /// One virtual address for all.
    Vip,
    /// The addresses of all in DNS.
    Dnsrr,
}

/// How a change is rolled out, or taken back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct UpdateConfig {
    /// How many containers change at once; 0 is all.
    pub parallelism: Option<u64>,
    /// Time between groups.
    #[serde(skip_serializing_if = "Duration::is_zero")]
    pub delay: Duration,
    /// What to do when a container fails.
    #[serde(deserialize_with = "text::unless_empty")]
    pub failure_action: Option<FailureAction>,
    /// How long a new container is watched before it counts as good.
    #[serde(skip_serializing_if = "Duration::is_zero")]
    pub monitor: Duration,
    /// The share of containers that may fail, 0 to 1.
    pub max_failure_ratio: f32,
    /// Whether the old one stops first or the new one starts first.
    pub order: Option<UpdateOrder>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// What to do when a container fails during a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailureAction {
    /// Go on with the others.
    Continue,
    /// Stop where it is.
    Pause,
    /// Put back what was.
    Rollback,
}

/// Whether the old container stops first or the new one starts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOrder {
    /// The old one stops, then the new one starts.
    StopFirst,
    /// The new one starts and is ready, then the old one stops.
    StartFirst,
}

/// Limits and reservations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Resources {
    /// The most a container may take.
    pub limits: Option<Resource>,
    /// What a container is sure to have.
    pub reservations: Option<Resource>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Amounts of each resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Resource {
    /// Processors, in parts if need be.
    pub cpus: Option<Cpus>,
    /// Memory.
    #[serde(deserialize_with = "bytes::as_text")]
    pub memory: Option<Bytes>,
    /// Processes; only as a limit. 0 is unset.
    pub pids: i64,
    /// GPUs and the like; only as a reservation.
    pub devices: Vec<DeviceRequest>,
    /// Resources of the cluster's own; only as a reservation.
    pub generic_resources: Vec<GenericResource>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// A resource of the cluster's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GenericResource {
    /// One that is counted.
    pub discrete_resource_spec: Option<DiscreteResource>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// A counted resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DiscreteResource {
    /// Its kind, such as `GPU`.
    pub kind: String,
    /// How many.
    pub value: i64,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// When and how often to restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RestartPolicy {
    /// After which ends; `any` when unset.
    #[serde(deserialize_with = "text::unless_empty")]
    pub condition: Option<RestartCondition>,
    /// Time between attempts.
    pub delay: Option<Duration>,
    /// How many attempts; for ever when unset.
    pub max_attempts: Option<u64>,
    /// How long a container must run for the attempt to count as good.
    pub window: Option<Duration>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// After which ends a container is restarted. The words of `restart` are understood too, as Compose does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartCondition {
    /// Never.
    None,
    /// Never.
    No,
    /// After an exit code other than 0.
    OnFailure,
    /// Always.
    Any,
    /// Always.
    Always,
    /// Always, unless it was stopped by hand.
    UnlessStopped,
}

/// Which nodes may run it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Placement {
    /// Conditions on the node, such as `node.labels.disktype==ssd`.
    pub constraints: Vec<String>,
    /// How to spread over the nodes that may.
    pub preferences: Vec<Preference>,
    /// The most replicas on one node; 0 is unset.
    pub max_replicas_per_node: u64,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// How to spread over nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Preference {
    /// The label over whose values to spread, such as `node.labels.zone`.
    pub spread: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
