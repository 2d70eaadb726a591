//! The engine's refusals, in words close to Docker's.

use crate::engine::EngineError;
use crate::model::ImageRef;
use crate::plan::Handle;
use crate::state::{ContainerId, NetworkId};

pub(super) fn conflict(text: impl Into<String>) -> EngineError {
    EngineError::Conflict(text.into())
}

pub(super) fn refused(text: impl Into<String>) -> EngineError {
    EngineError::Refused(text.into())
}

pub(super) fn no_container(id: &ContainerId) -> EngineError {
    EngineError::NotFound(format!("no such container: {id}"))
}

pub(super) fn no_network(id: &NetworkId) -> EngineError {
    EngineError::NotFound(format!("network {id} not found"))
}

pub(super) fn no_image(image: &ImageRef) -> EngineError {
    EngineError::NoImage { image: image.to_string(), cause: format!("no such image: {image}") }
}

/// The id in a handle. One that an earlier step should have brought is missing only if the executor is wrong.
pub(super) fn known<Id>(handle: &Handle<Id>) -> Result<&Id, EngineError> {
    match handle {
        Handle::Known(id) => Ok(id),
        Handle::Made(node) => Err(refused(format!("step {node} brought no id for this one"))),
    }
}
