//! `services.*.healthcheck`: how to tell that a container is well.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Duration, Extensions};

/// How to tell that a container is well. What is unset is taken from the image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Healthcheck {
    /// `CMD` and arguments, `CMD-SHELL` and a line for the shell, or `NONE`. A text is the line for the shell.
    pub test: Vec<String>,
    /// How long one check may take; 30s when unset.
    pub timeout: Option<Duration>,
    /// Time between checks; 30s when unset.
    pub interval: Option<Duration>,
    /// How many failures in a row make it unhealthy; 3 when unset.
    pub retries: Option<u64>,
    /// Failures this early do not count; 0s when unset.
    pub start_period: Option<Duration>,
    /// Time between checks during the start period; 5s when unset. API 1.44 and later.
    pub start_interval: Option<Duration>,
    /// No check at all, the image's neither.
    pub disable: bool,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
