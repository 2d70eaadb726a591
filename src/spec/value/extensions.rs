//! Keys beginning with `x-`, kept as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Keys beginning with `x-`, kept as they are.
///
/// A struct that takes them has a field that serde calls `x-*`. The reader of YAML gathers such keys into it, and the
/// printer spreads them out again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extensions(pub BTreeMap<String, serde_json::Value>);
