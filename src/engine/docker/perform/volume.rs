//! Volumes.

use std::collections::BTreeMap;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::RemoveVolumeOptions;

use super::super::wire::Around;
use super::super::{Docker, codec, error};
use crate::engine::{Done, EngineError};
use crate::model::{ProjectName, VolumeDefinition, VolumeName};
use crate::state::own::{self, Own};
use crate::state::{ContainerId, label};

pub(super) async fn create(
    docker: &Docker,
    name: &VolumeName,
    definition: &VolumeDefinition,
    labels: &BTreeMap<String, String>,
) -> Result<Done, EngineError> {
    make(docker, name, definition, labels).await.map(Done::Volume)
}

/// Gives the labels that the volume truly has. For a name that is taken the engine answers with the first one: that is
/// the lock.
pub(super) async fn make(
    docker: &Docker,
    name: &VolumeName,
    definition: &VolumeDefinition,
    labels: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, EngineError> {
    let mut request = VolumeCreateRequest { name: Some(name.to_string()), ..Default::default() };
    codec::write_volume(definition, &mut request, &Around::nothing(docker.rules.api));
    request.labels.get_or_insert_default().extend(labels.clone());
    let mut volume = match docker.client.create_volume(request.clone()).await.map_err(error::plain) {
        // Podman says so to who comes second at the very moment, and gives the first one's volume to who asks again.
        Err(EngineError::Conflict(_)) => docker.client.create_volume(request.clone()).await.map_err(error::plain)?,
        made => made?,
    };
    if volume.labels.is_empty() && is_clearable(name, labels) {
        remove(docker, name).await?;
        volume = docker.client.create_volume(request).await.map_err(error::plain)?;
    }
    let found: BTreeMap<_, _> = volume.labels.into_iter().collect();
    EngineError::unless_ours(name, labels, &found)?;
    docker.known.learn_mountpoint(name, volume.mountpoint);
    Ok(found)
}

/// An engine that died while it made or removed a volume leaves it without its labels. Such a volume with contents of
/// configs and secrets is made again: nobody else can have hit on its name, which is a digest under a secret key. Any
/// other name may be a user's, so that volume is not touched.
fn is_clearable(name: &VolumeName, labels: &BTreeMap<String, String>) -> bool {
    let project = labels.get(label::ENV).map(|project| ProjectName::new(project.as_str()));
    match project.and_then(|project| own::own(&project, name, labels)) {
        Some(Own::Files) => true,
        Some(Own::Lock | Own::Record | Own::Key) | None => false,
    }
}

pub(super) async fn remove(docker: &Docker, name: &VolumeName) -> Result<Done, EngineError> {
    docker.known.forget_volume(name);
    let removed = docker.client.remove_volume(name.as_str(), None::<RemoveVolumeOptions>).await;
    match removed.map_err(error::plain) {
        Ok(()) | Err(EngineError::NotFound(_)) => Ok(Done::Nothing),
        Err(EngineError::Conflict(words)) => Err(EngineError::Conflict(whose(docker, &words).await)),
        Err(error) => Err(error),
    }
}

/// The engine's words for a volume in use, the names of the containers in the place of their ids.
async fn whose(docker: &Docker, words: &str) -> String {
    let Some((_, ids)) = words.split_once("volume is in use - [") else { return words.to_owned() };
    let mut names = Vec::new();
    for id in ids.trim_end_matches(']').split(',').map(str::trim) {
        let inspect = docker.inspect(&ContainerId(id.to_owned())).await.ok();
        let name = inspect.and_then(|inspect| inspect.name).unwrap_or_else(|| id.to_owned());
        names.push(name.trim_start_matches('/').to_owned());
    }
    format!("{} still mounts it", names.join(", "))
}

/// Where a volume lies on the engine's host.
pub(super) async fn mountpoint(docker: &Docker, name: &VolumeName) -> Result<String, EngineError> {
    if let Some(path) = docker.known.mountpoint(name) {
        return Ok(path);
    }
    let volume = docker.client.inspect_volume(name.as_str()).await.map_err(error::plain)?;
    docker.known.learn_mountpoint(name, volume.mountpoint.clone());
    Ok(volume.mountpoint)
}
