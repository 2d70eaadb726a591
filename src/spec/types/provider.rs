//! `services.*.provider`: a service that another program runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// A service that another program runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provider {
    /// The program: `docker-<type>` or `<type>` on the path.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its options; each may be given several times.
    pub options: BTreeMap<String, Vec<Text>>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
