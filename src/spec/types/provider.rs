//! `services.*.provider`: a service that another program runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Texts};

/// A service that another program runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Provider {
    /// The program: `docker-<type>` or `<type>` on the path.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its options; each may be given several times.
    pub options: BTreeMap<String, Texts>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
