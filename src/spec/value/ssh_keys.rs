//! SSH agents and keys lent to a build.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::Text;

/// SSH agents and keys lent to a build, by id; `None` is the agent of the environment. Printed as a list of `id=path`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SshKeys(pub BTreeMap<String, Option<Text>>);

impl Serialize for SshKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(id, path)| match path {
            Some(path) if !path.0.is_empty() => format!("{id}={path}"),
            _ => id.clone(),
        }))
    }
}
