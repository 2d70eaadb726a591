//! Top-level `volumes`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ObjectDsenv;
use crate::spec::value::{Extensions, Text};

/// A named volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Volume {
    /// Its name on the engine; `<project>_<key>` unless given, the key if it is external.
    pub name: Option<String>,
    /// Driver; the engine's default (`local`) when unset.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, Text>,
    /// It is there already and not ours.
    pub external: bool,
    /// Labels.
    pub labels: BTreeMap<String, Text>,
    /// dsenv's own keys.
    #[serde(rename = "x-dsenv")]
    pub dsenv: Option<ObjectDsenv>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
