//! `services.*.logging`: where the output goes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// Where the output goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Logging {
    /// Driver, such as `json-file` or `local`; the engine's default when unset.
    pub driver: Option<String>,
    /// Options for the driver, such as `max-size`.
    pub options: BTreeMap<String, Text>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
