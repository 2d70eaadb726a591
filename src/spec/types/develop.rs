//! `services.*.develop`: what to do when files change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hook;
use crate::spec::value::Extensions;

/// What to do when files change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Develop {
    /// The rules, each for one path.
    pub watch: Vec<Watch>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// What to do when files under one path change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Watch {
    /// File or folder, absolute after loading.
    pub path: String,
    /// What to do.
    pub action: WatchAction,
    /// Where the files go in the container; needed by the actions that copy.
    #[serde(default)]
    pub target: Option<String>,
    /// What `sync+exec` runs.
    #[serde(default)]
    pub exec: Option<Hook>,
    /// Patterns of files that count; all when empty.
    #[serde(default)]
    pub include: Vec<String>,
    /// Patterns of files that do not count.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Copy once at the start too.
    #[serde(default)]
    pub initial_sync: bool,
    /// Keys beginning with `x-`.
    #[serde(default, rename = "x-*")]
    pub extensions: Extensions,
}

/// What to do when files change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WatchAction {
    /// Build the image again and replace the containers.
    #[serde(rename = "rebuild")]
    Rebuild,
    /// Copy the files.
    #[serde(rename = "sync")]
    Sync,
    /// Restart the containers.
    #[serde(rename = "restart")]
    Restart,
    /// Copy the files, then restart.
    #[serde(rename = "sync+restart")]
    SyncRestart,
    /// Copy the files, then run a command.
    #[serde(rename = "sync+exec")]
    SyncExec,
}
