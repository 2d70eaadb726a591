//! `services.*.configs` and `secrets`: which ones a service sees, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, FileMode, Text};

/// A config or secret that a service sees. The short form is its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Grant {
    /// The key in the top-level map.
    pub source: Option<String>,
    /// Path in the container; `/<source>` for a config, `/run/secrets/<source>` for a secret when unset.
    pub target: Option<String>,
    /// Owner of the file, a number; 0 when unset.
    pub uid: Option<Text>,
    /// Group of the file, a number; 0 when unset.
    pub gid: Option<Text>,
    /// Permissions of the file; 0444 when unset.
    pub mode: Option<FileMode>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
