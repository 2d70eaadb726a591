//! Top-level `configs` and `secrets`: where the content comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// A config or a secret: a file, a variable, or a text. Exactly one of them, unless it is external.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FileObject {
    /// Its name on the engine; `<project>_<key>` unless given.
    pub name: Option<String>,
    /// Path of the content, absolute after loading.
    pub file: Option<String>,
    /// Variable that holds the content.
    pub environment: Option<String>,
    /// The content itself; configs only.
    pub content: Option<String>,
    /// It is there already and not ours.
    pub external: bool,
    /// Labels.
    pub labels: BTreeMap<String, Text>,
    /// Driver of the secret store.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, Text>,
    /// Driver for templates in the content.
    pub template_driver: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
