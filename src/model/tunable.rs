//! What the engine changes on a living container (`POST /containers/{id}/update`).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Limits and the restart policy. `None` is "no limit", which is also what the engine shows for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tunable {
    /// Hard memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<i64>,
    /// Soft memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<i64>,
    /// Memory and swap together, in bytes; -1 is unlimited. Unset, Docker fills in twice `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_swap: Option<i64>,
    /// Processor time in billionths of a processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nano_cpus: Option<i64>,
    /// Relative weight, 1024 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<i64>,
    /// CFS period in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_period: Option<i64>,
    /// CFS quota in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_quota: Option<i64>,
    /// Real-time period in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_rt_period: Option<i64>,
    /// Real-time runtime in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_rt_runtime: Option<i64>,
    /// Processors to run on (`0-3,5`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Memory nodes to take memory from (`0-1`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset_mems: Option<String>,
    /// The most processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<i64>,
    /// Relative block I/O weight, 10 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blkio_weight: Option<u16>,
    /// What the engine does when the container ends.
    #[serde(skip_serializing_if = "Restart::is_no")]
    pub restart: Restart,
}

/// The restart policy. Its text is Compose's (`on-failure:3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Left as it ended. The default.
    #[default]
    No,
    /// Started again, and when the engine starts.
    Always,
    /// The same, unless it was stopped by hand.
    UnlessStopped,
    /// Started again after an exit code that is not 0, at most so often; 0 is without end.
    OnFailure(u32),
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Always => f.write_str("always"),
            Self::UnlessStopped => f.write_str("unless-stopped"),
            Self::OnFailure(0) => f.write_str("on-failure"),
            Self::OnFailure(times) => write!(f, "on-failure:{times}"),
        }
    }
}

impl Tunable {
    /// The set fields by name, the restart policy in the file's words.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        if let Some(restart) = fields.get_mut("restart") {
            *restart = self.restart.to_string().into();
        }
        fields
    }
}

impl Restart {
    /// Whether this is the default.
    pub fn is_no(&self) -> bool {
        *self == Self::No
    }

    /// Whether an end with exit code 0 is an end, and not followed by another start.
    pub fn lets_success_be(self) -> bool {
        match self {
            Self::No | Self::OnFailure(_) => true,
            Self::Always | Self::UnlessStopped => false,
        }
    }
}
