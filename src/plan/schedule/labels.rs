//! Everything that goes on a new object: the user's labels, ours, and Compose's beside them, so that other tools
//! group what dsenv runs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{
    Compose, ComposeService, Key, NetworkDefinition, NetworkKey, Project, ProjectName, ServiceName, VolumeDefinition,
    VolumeKey,
};
use crate::plan::compare::desired::DesiredService;
use crate::state::label::{self, Labels};
use crate::state::record;

/// Of a service's container.
pub fn container(project: &Project, desired: &DesiredService, number: u32, key: &Key) -> Labels {
    let service = desired.name;
    let mut labels = desired.service.fixed.labels.clone();
    own(&mut labels, &project.name, label::KIND_CONTAINER);
    put(&mut labels, label::NAME, service.as_str());
    put(&mut labels, label::REPLICA, number);
    put(&mut labels, label::SCHEMA, record::SCHEMA);
    put(&mut labels, label::APPLIED, record::encode_desired(&desired.fixed, key));
    if project.compose_labels {
        put(&mut labels, label::COMPOSE_PROJECT, project.name.as_str());
        put(&mut labels, label::COMPOSE_SERVICE, service.as_str());
        put(&mut labels, label::COMPOSE_NUMBER, number);
        put(&mut labels, label::COMPOSE_ONEOFF, "False");
        compose(&mut labels, &project.compose, service);
    }
    labels
}

/// What Compose's commands look for on a container.
fn compose(labels: &mut Labels, compose: &Compose, service: &ServiceName) {
    let Some(ComposeService { config_hash, depends_on }) = compose.services.get(service) else { return };
    put(labels, label::COMPOSE_CONFIG_HASH, config_hash);
    put(labels, label::COMPOSE_DEPENDS_ON, depends_on);
    put(labels, label::COMPOSE_CONFIG_FILES, compose.config_files.join(","));
    put(labels, label::COMPOSE_WORKING_DIR, &compose.working_dir);
    put(labels, label::COMPOSE_VERSION, label::COMPOSE_VERSION_VALUE);
}

/// Of a volume without a name that is made with a container.
pub fn anonymous(project: &ProjectName, service: &ServiceName) -> Labels {
    let mut labels = Labels::new();
    own(&mut labels, project, label::KIND_ANONYMOUS);
    put(&mut labels, label::NAME, service.as_str());
    labels
}

/// Of a network.
pub fn network(project: &Project, key: &NetworkKey, definition: &NetworkDefinition, secret: &Key) -> Labels {
    let mut labels = definition.labels.clone();
    own(&mut labels, &project.name, label::KIND_NETWORK);
    put(&mut labels, label::NAME, key.as_str());
    applied(&mut labels, definition, secret);
    if project.compose_labels {
        put(&mut labels, label::COMPOSE_PROJECT, project.name.as_str());
        put(&mut labels, label::COMPOSE_NETWORK, key.as_str());
    }
    labels
}

/// Of a volume.
pub fn volume(project: &Project, key: &VolumeKey, definition: &VolumeDefinition, secret: &Key) -> Labels {
    let mut labels = definition.labels.clone();
    own(&mut labels, &project.name, label::KIND_VOLUME);
    put(&mut labels, label::NAME, key.as_str());
    applied(&mut labels, definition, secret);
    if project.compose_labels {
        put(&mut labels, label::COMPOSE_PROJECT, project.name.as_str());
        put(&mut labels, label::COMPOSE_VOLUME, key.as_str());
    }
    labels
}

/// Of a container that runs a `pre_start` hook.
pub fn hook(project: &ProjectName, service: &ServiceName) -> Labels {
    let mut labels = Labels::new();
    own(&mut labels, project, label::KIND_HOOK);
    put(&mut labels, label::NAME, service.as_str());
    labels
}

fn own(labels: &mut Labels, project: &ProjectName, kind: &str) {
    put(labels, label::ENV, project.as_str());
    put(labels, label::KIND, kind);
}

fn applied(labels: &mut Labels, definition: &impl Serialize, key: &Key) {
    put(labels, label::SCHEMA, record::SCHEMA);
    let definition = serde_json::to_value(definition).expect("a model of plain data has a JSON form");
    put(labels, label::APPLIED, record::veiled(&definition, key));
}

fn put(labels: &mut BTreeMap<String, String>, key: &str, value: impl ToString) {
    labels.insert(key.to_owned(), value.to_string());
}
