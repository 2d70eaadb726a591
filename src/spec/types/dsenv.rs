//! `x-dsenv`: what the Compose Specification has no key for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::Duration;

/// Top-level `x-dsenv`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Dsenv {
    /// How many records of past applies are kept; 3 when unset.
    pub history: Option<u32>,
    /// Whether containers carry the labels of Compose too, so that other tools group them; true when unset.
    pub compose_labels: Option<bool>,
}

/// `x-dsenv` of a network or a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ObjectDsenv {
    /// Fields whose changes are left alone, such as `labels` or `driver_opts.mtu`: what is there stays as it is.
    pub ignore_changes: Vec<String>,
}

/// `x-dsenv` of a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServiceDsenv {
    /// The service runs to its end, and is done at exit code 0; another that ended after it was up is started again.
    pub job: Option<bool>,
    /// How long an old container may finish its connections after the new one took over; 1s when unset.
    pub drain: Option<Duration>,
    /// Keys that may be left out where the engine cannot do them.
    pub lossy: Vec<String>,
    /// Paths whose drift is left alone, such as `environment.DEBUG`.
    pub ignore_changes: Vec<String>,
    /// Memory nodes of the machine whose memory the containers may use, such as `0-1`; all when unset. It is to memory
    /// what `cpuset` is to processors.
    pub cpuset_mems: Option<String>,
    /// Address to show for the service.
    pub url: Option<String>,
    /// Addresses to show for the service.
    pub urls: Vec<String>,
    /// Paths in the container whose changes come back to the host.
    pub sync_back: Vec<String>,
    /// Whether `watch --heal` restarts containers whose health check fails; true when unset.
    pub restart_unhealthy: Option<bool>,
    /// How long a container without health check must run from its start to count as ready; 450ms when unset. One
    /// that its policy restarts must run that long once more for each restart, up to 10s.
    pub settle: Option<Duration>,
    /// How long to wait for readiness; 10m when unset. One that its policy restarts and that was never up for 10s is given
    /// up after 1m.
    pub timeout: Option<Duration>,
}
