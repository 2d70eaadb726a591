//! Top-level `models`, and `services.*.models`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::Extensions;

/// A language model that services use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Model {
    /// Its name; the key unless given.
    pub name: Option<String>,
    /// The artifact, such as `ai/smollm2`.
    pub model: Option<String>,
    /// Most tokens of context; 0 is unset.
    pub context_size: i64,
    /// Flags for the inference engine.
    pub runtime_flags: Vec<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// How a service learns of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelUse {
    /// Variable that holds the address; `<MODEL>_URL` when unset.
    pub endpoint_var: Option<String>,
    /// Variable that holds the name; `<MODEL>_MODEL` when unset.
    pub model_var: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
