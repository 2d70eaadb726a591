//! `services.*.pre_start`, `post_start`, `pre_stop` and `develop.watch.*.exec`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// A command that is run at a moment of a container's life.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hook {
    /// Program and arguments. A text is split into words.
    pub command: Option<Vec<String>>,
    /// Image to run it in; `pre_start` only, the service's own when unset.
    pub image: Option<String>,
    /// User to run it as; the container's when unset.
    pub user: Option<String>,
    /// Run it with every right.
    pub privileged: bool,
    /// Folder to run it in; the container's when unset.
    pub working_dir: Option<String>,
    /// Variables beside the container's.
    pub environment: BTreeMap<String, Option<Text>>,
    /// Once for each replica instead of once for the service; `pre_start` only.
    pub per_replica: bool,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
