//! The project of an apply record. What a record holds is what the release that wrote it had, with keyed digests for
//! whatever looks secret, so it is no [`crate::model::Project`]: all that is read of it by name is named here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record;
use crate::model::{FileMount, Project, Provider, ServiceName};

/// A project as it was applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AppliedProject {
    /// Services that containers run.
    #[serde(default)]
    pub services: BTreeMap<ServiceName, AppliedService>,
    /// Services that programs run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<ServiceName, Value>,
    /// Networks by their keys in the file.
    #[serde(default)]
    pub networks: BTreeMap<String, Value>,
    /// Volumes by their keys in the file.
    #[serde(default)]
    pub volumes: BTreeMap<String, Value>,
    /// All the rest.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A service as it was applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppliedService(Map<String, Value>);

impl AppliedProject {
    /// The record of a project whose secrets are hidden already.
    pub fn of(project: Value) -> Self {
        serde_json::from_value(project).expect("a project has maps of services, networks and volumes")
    }

    /// All of it as JSON.
    pub fn value(&self) -> Value {
        serde_json::to_value(self).expect("plain data has a JSON form")
    }

    /// As a project, digests in the place of secrets. `None` if it is of a shape that this release does not read.
    pub fn project(&self) -> Option<Project> {
        serde_json::from_value(self.value()).ok()
    }

    /// The services that programs run, as far as this release reads them.
    pub fn providers(&self) -> BTreeMap<ServiceName, Provider> {
        let read = |value: &Value| serde_json::from_value(value.clone()).ok();
        self.providers.iter().filter_map(|(name, value)| Some((name.clone(), read(value)?))).collect()
    }

    /// Adds the networks and volumes that only another record of the project has.
    pub fn add_objects(&mut self, other: &Self) {
        for (own, more) in [(&mut self.networks, &other.networks), (&mut self.volumes, &other.volumes)] {
            for (key, object) in more {
                own.entry(key.clone()).or_insert_with(|| object.clone());
            }
        }
    }
}

impl AppliedService {
    /// The field at a path, by the names that [`crate::model::Service`] has in JSON; `null` where there is none.
    pub fn field(&self, path: &[&str]) -> &Value {
        let Some((first, rest)) = path.split_first() else { return &Value::Null };
        let field = self.0.get(*first).unwrap_or(&Value::Null);
        rest.iter().fold(field, |value, key| value.get(key).unwrap_or(&Value::Null))
    }

    /// All of it, read as a part of the service. `None` if it is of a shape that this release does not read.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(Value::Object(self.0.clone())).ok()
    }

    /// The services that it depends on.
    pub fn depends_on(&self) -> impl Iterator<Item = ServiceName> {
        let needed = self.field(&["depends_on"]).as_object();
        needed.into_iter().flat_map(Map::keys).map(|name| ServiceName::new(name.as_str()))
    }

    /// How many replicas it had.
    pub fn scale(&self) -> Option<u64> {
        self.field(&["scale"]).as_u64()
    }

    /// Configs and secrets in its containers, by target; contents are keyed digests.
    pub fn files(&self) -> BTreeMap<String, FileMount> {
        record::files(self.field(&["fixed", "files"]))
    }
}
