//! `services.*.depends_on.*`: what must be true of another service first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::Extensions;

/// What must be true of another service first. The short form is a list of names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dependency {
    /// What to wait for.
    pub condition: Condition,
    /// Restart this service when the other one is replaced or restarted.
    #[serde(default)]
    pub restart: bool,
    /// `false`: go on with a warning when the other one is not there or fails. Always printed, hence an `Option`.
    #[serde(default)]
    pub required: Option<bool>,
    /// Keys beginning with `x-`.
    #[serde(default, rename = "x-*")]
    pub extensions: Extensions,
}

impl Dependency {
    /// Whether the other service must be there.
    pub fn is_required(&self) -> bool {
        self.required.unwrap_or(true)
    }
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its container was started.
    ServiceStarted,
    /// Its health check passed.
    ServiceHealthy,
    /// It ended with exit code 0.
    ServiceCompletedSuccessfully,
}
