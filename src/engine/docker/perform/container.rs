//! The life of a container: start, stop, unpause, rename, remove. What is done already is no error.

use std::time::Duration;

use bollard::query_parameters::{
    KillContainerOptions, RemoveContainerOptions, RenameContainerOptions, StartContainerOptions, StopContainerOptions,
};

use super::super::connect::{PATIENCE, patient};
use super::super::{Docker, error};
use crate::engine::{Done, EngineError};
use crate::model::ContainerName;
use crate::state::ContainerId;

pub(super) async fn start(docker: &Docker, id: &ContainerId) -> Result<Done, EngineError> {
    docker.client.start_container(id.as_str(), None::<StartContainerOptions>).await.map_err(error::plain)?;
    docker.known.learn_start(id);
    Ok(Done::Nothing)
}

/// The signal and the grace period are the container's own unless a grace period is given.
pub(super) async fn stop(docker: &Docker, id: &ContainerId, grace: Option<i64>) -> Result<Done, EngineError> {
    let options = StopContainerOptions { t: grace.and_then(|seconds| seconds.try_into().ok()), ..Default::default() };
    // The answer comes when the container has ended, and its own grace period may be long.
    match patient(&docker.client, PATIENCE).stop_container(id.as_str(), Some(options)).await.map_err(error::plain) {
        Ok(()) | Err(EngineError::NotFound(_)) => Ok(Done::Nothing),
        Err(EngineError::Refused(_)) => kill(docker, id).await,
        Err(error) => Err(error),
    }
}

/// What is left when the engine says that it cannot stop a container.
async fn kill(docker: &Docker, id: &ContainerId) -> Result<Done, EngineError> {
    let options = KillContainerOptions { signal: "SIGKILL".to_owned() };
    match docker.client.kill_container(id.as_str(), Some(options)).await.map_err(error::plain) {
        // It is a conflict to kill what does not run.
        Ok(()) | Err(EngineError::NotFound(_) | EngineError::Conflict(_)) => Ok(Done::Nothing),
        Err(error) => Err(error),
    }
}

pub(super) async fn unpause(docker: &Docker, id: &ContainerId) -> Result<Done, EngineError> {
    match docker.client.unpause_container(id.as_str()).await.map_err(error::plain) {
        Ok(()) => Ok(Done::Nothing),
        Err(error) => match docker.inspect(id).await?.state.and_then(|state| state.paused) {
            Some(false) => Ok(Done::Nothing),
            _ => Err(error),
        },
    }
}

/// Never with its volumes: those are the user's data.
pub(super) async fn remove(docker: &Docker, id: &ContainerId) -> Result<Done, EngineError> {
    let options = RemoveContainerOptions { v: false, force: false, link: false };
    let mut tries = 0;
    loop {
        match docker.client.remove_container(id.as_str(), Some(options.clone())).await.map_err(error::plain) {
            Ok(()) | Err(EngineError::NotFound(_)) => return Ok(Done::Nothing),
            // Somebody else removes it: it is done when it is gone.
            Err(EngineError::Conflict(words)) if words.contains("already in progress") && tries < 50 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

pub(super) async fn rename(docker: &Docker, id: &ContainerId, to: &ContainerName) -> Result<Done, EngineError> {
    let options = RenameContainerOptions { name: to.to_string() };
    match docker.client.rename_container(id.as_str(), options).await.map_err(error::plain) {
        Ok(()) => Ok(Done::Nothing),
        Err(error) => {
            let name = docker.inspect(id).await?.name;
            let done = name.is_some_and(|name| name.trim_start_matches('/') == to.as_str());
            if done { Ok(Done::Nothing) } else { Err(error) }
        }
    }
}
