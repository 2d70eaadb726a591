//! One step, one group of calls. A step that is tried again finds its work done.

mod build;
mod classic;
mod container;
mod copy;
mod create;
mod erase;
mod fetch;
mod files;
mod hook;
mod image;
mod network;
mod note;
mod owner;
mod pipe;
mod update;
mod volume;
mod way;

pub(super) use fetch::fetch;
#[cfg(feature = "buildkit")]
pub(super) use hook::QUOTED;
#[cfg(feature = "buildkit")]
pub(super) use image::Layers;
pub(super) use owner::About;

use super::{Docker, wait};
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::plan::{
    ContainerRef, ContainerStep, FilesStep, Handle, ImageStep, NetworkRef, NetworkStep, NoteStep, Step, VolumeStep,
    WaitStep,
};
use crate::state::{ContainerId, NetworkId};

/// Where news of a step goes.
pub(super) type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

pub(super) async fn perform(docker: &Docker, step: &Step, progress: Report<'_>) -> Result<Done, EngineError> {
    match step {
        Step::Image(step) => match step {
            ImageStep::Pull { image, platform } => image::pull(docker, image, platform.as_deref(), progress).await,
            ImageStep::Build { service: _, build, secrets, tag, digest } => {
                build::build(docker, build, secrets, tag, digest, progress).await
            }
        },
        Step::Network(step) => match step {
            NetworkStep::Create { key: _, name, definition, labels } => {
                network::create(docker, name, definition, labels).await
            }
            NetworkStep::Remove { network } => network::remove(docker, network_id(network)?).await,
        },
        Step::Volume(step) => match step {
            VolumeStep::Create { name, definition, labels } => volume::create(docker, name, definition, labels).await,
            VolumeStep::Remove { name } => volume::remove(docker, name).await,
        },
        Step::Container(step) => on_container(docker, step, progress).await,
        Step::Wait(step) => match step {
            WaitStep::Until { container, until, limit } => {
                wait::wait(docker, container_id(container)?, *until, *limit, progress).await
            }
            WaitStep::Pause { duration } => {
                tokio::time::sleep(*duration).await;
                Ok(Done::Nothing)
            }
        },
        Step::Files(step) => match step {
            FilesStep::CopyIn { container, files } => copy::copy_in(docker, container_id(container)?, files).await,
            FilesStep::Delete { container, paths } => erase::erase(docker, container_id(container)?, paths).await,
        },
        Step::Note(step) => match step {
            NoteStep::Keep(note) => note::keep(docker, note).await,
            NoteStep::Forget { name } => note::forget(docker, name).await,
        },
        Step::Host { call, kind: _ } => Err(EngineError::Refused(format!("an engine does not call {}", call.program))),
    }
}

async fn on_container(docker: &Docker, step: &ContainerStep, progress: Report<'_>) -> Result<Done, EngineError> {
    match step {
        ContainerStep::Create(new) => create::create(docker, new, progress).await,
        ContainerStep::Start { container } => container::start(docker, container_id(container)?).await,
        ContainerStep::Stop { container, grace } => container::stop(docker, container_id(container)?, *grace).await,
        ContainerStep::Unpause { container } => container::unpause(docker, container_id(container)?).await,
        ContainerStep::Remove { container } => container::remove(docker, container_id(container)?).await,
        ContainerStep::Rename { container, to } => container::rename(docker, container_id(container)?, to).await,
        ContainerStep::Update { container, tunable } => update::update(docker, container_id(container)?, tunable).await,
        ContainerStep::Connect { container, network, attachment } => {
            network::connect(docker, container_id(container)?, network_id(network)?, attachment).await
        }
        ContainerStep::Disconnect { container, network } => {
            network::disconnect(docker, container_id(container)?, network_id(network)?).await
        }
        ContainerStep::Hook { container, hook } => hook::run(docker, container_id(container)?, hook, progress).await,
        ContainerStep::CollectLogs { container, lines } => {
            hook::collect_logs(docker, container_id(container)?, *lines).await
        }
    }
}

fn container_id(container: &ContainerRef) -> Result<&ContainerId, EngineError> {
    known(&container.handle, container.name.as_str())
}

fn network_id(network: &NetworkRef) -> Result<&NetworkId, EngineError> {
    known(&network.handle, network.name.as_str())
}

fn known<'a, Id>(handle: &'a Handle<Id>, name: &str) -> Result<&'a Id, EngineError> {
    match handle {
        Handle::Known(id) => Ok(id),
        Handle::Made(step) => Err(EngineError::NotFound(format!("step {step}, which makes {name}, has not run"))),
    }
}
