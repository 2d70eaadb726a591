//! What Compose wants to know of a project to take it for its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ServiceName;

/// What Compose writes on the objects of a project beside its name. Compose's commands find containers by it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Compose {
    /// Folder that relative paths start from, absolute.
    pub working_dir: String,
    /// The spec's files, absolute; `-` is standard input.
    pub config_files: Vec<String>,
    /// Of each service.
    pub services: BTreeMap<ServiceName, ComposeService>,
}

/// What Compose writes on the containers of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ComposeService {
    /// The digest of the service's definition that Compose computes, in hexadecimal. A container that carries the same
    /// one was made from the same definition.
    pub config_hash: String,
    /// `depends_on`, as `SERVICE:CONDITION:RESTART` with commas between.
    pub depends_on: String,
}
