//! What programs of the user's machine bring into being, beside the engine.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Dependency, ServiceName};

/// A service that another program runs (Compose Specification, `provider`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// The program: the name of a plug-in of the Docker CLI, else of one in the `PATH`.
    #[serde(rename = "type")]
    pub program: String,
    /// Its options; one that is given several times has several values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Vec<String>>,
    /// What must be there first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<ServiceName, Dependency>,
    /// Whether the project may go without it where the program is missing (`x-dsenv.lossy`, `--allow-lossy`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lossy: bool,
    /// The service as `config` prints it, in JSON on one line: what the program is told when it asks. Never recorded.
    #[serde(skip)]
    pub definition: String,
}

impl Provider {
    /// A definition of its service that says no more than a record holds.
    pub fn described(&self) -> String {
        serde_json::json!({"provider": {"type": self.program, "options": self.options}}).to_string()
    }
}

/// A language model that services use (Compose Specification, `models`). Docker Model Runner keeps and runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageModel {
    /// The artifact in its registry, such as `ai/smollm2`.
    pub model: String,
    /// Most tokens of context; the runner's own choice by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_size: Option<u64>,
    /// Flags for the inference engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runtime_flags: Vec<String>,
    /// Who uses it, each with the variable that holds the runner's address.
    pub users: BTreeMap<ServiceName, String>,
    /// Users that may go without it where there is no runner (`x-dsenv.lossy`, `--allow-lossy`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lossy: BTreeSet<ServiceName>,
}

/// A program of the user's machine and what it is to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// As in [`Provider::program`].
    pub program: String,
    /// In their order.
    pub arguments: Vec<String>,
}

/// Who gives variables to containers that the file does not name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum EnvironmentSource {
    /// The program behind a service.
    Provider(ServiceName),
    /// Docker Model Runner: its address.
    ModelRunner,
}

/// How a label names the runner; no service is called so, since a service's name stands behind a dot.
const MODEL_RUNNER: &str = "models";
const PROVIDER: &str = "service.";

impl From<EnvironmentSource> for String {
    fn from(source: EnvironmentSource) -> Self {
        match source {
            EnvironmentSource::Provider(service) => format!("{PROVIDER}{service}"),
            EnvironmentSource::ModelRunner => MODEL_RUNNER.to_owned(),
        }
    }
}

impl From<String> for EnvironmentSource {
    fn from(text: String) -> Self {
        match text.strip_prefix(PROVIDER) {
            Some(service) => Self::Provider(service.into()),
            None => Self::ModelRunner,
        }
    }
}

/// Variables that were given.
pub type Variables = BTreeMap<String, String>;
