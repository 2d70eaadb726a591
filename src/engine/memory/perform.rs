//! Each step as the world does it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

use super::process::Phase;
use super::refusal::known;
use super::twin::Memory;
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::model::Hook;
use crate::plan::{ContainerRef, Step};
use crate::state::ContainerId;

/// What a pull of the twin counts, in bytes.
const PULLED: u64 = 1 << 20;

impl Memory {
    /// Does one step.
    pub(super) async fn act(
        &self,
        step: &Step,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Done, EngineError> {
        tokio::task::yield_now().await;
        match step {
            Step::Pull { image, platform: _ } => {
                let id = self.change(|world| world.pull(image))??;
                progress(Progress::Bytes { done: PULLED, total: PULLED });
                Ok(Done::Image(id))
            }
            Step::Build { service: _, build, secrets: _, tag, digest } => {
                progress(Progress::Line(format!("building {tag}")));
                self.change(|world| world.build(build, tag, digest))?.map(Done::Image)
            }
            Step::CreateNetwork { key: _, name, definition, labels } => {
                self.change(|world| world.create_network(name, definition, labels))?.map(Done::Network)
            }
            Step::RemoveNetwork { network } => {
                let id = known(&network.handle)?;
                done(self.change(|world| world.remove_network(id))?)
            }
            Step::CreateVolume { name, definition, labels } => {
                self.change(|world| world.create_volume(name, definition, labels))?.map(Done::Volume)
            }
            Step::RemoveVolume { name } => done(self.change(|world| world.remove_volume(name))?),
            Step::WriteFiles { volume, labels, image, files } => {
                self.change(|world| world.write_files(volume, labels, image, files))?.map(Done::Volume)
            }
            Step::CreateContainer(new) => self.change(|world| world.create(new))?.map(Done::Container),
            Step::Start { container } => {
                let id = id(container)?;
                self.change(|world| world.start(id))?.map(nothing)
            }
            Step::Stop { container, grace } => {
                let id = id(container)?;
                done(self.change(|world| world.stop(id, *grace))?)?;
                self.until_down(id).await?;
                Ok(Done::Nothing)
            }
            Step::Unpause { container } => {
                let id = id(container)?;
                self.change(|world| world.pause(id, false))?.map(nothing)
            }
            Step::Remove { container } => {
                let id = id(container)?;
                done(self.change(|world| world.remove(id))?)
            }
            Step::Rename { container, to } => {
                let id = id(container)?;
                self.change(|world| world.rename(id, to))?.map(nothing)
            }
            Step::Update { container, tunable } => {
                let id = id(container)?;
                self.change(|world| world.update(id, tunable))?.map(nothing)
            }
            Step::Connect { container, network, attachment } => {
                let (id, network) = (id(container)?, known(&network.handle)?);
                self.change(|world| world.connect(id, network, attachment))?.map(nothing)
            }
            Step::Disconnect { container, network } => {
                let (id, network) = (id(container)?, known(&network.handle)?);
                self.change(|world| world.disconnect(id, network))?.map(nothing)
            }
            Step::Wait { container, until, limit } => {
                self.wait_for(id(container)?, *until, *limit, progress).await.map(nothing)
            }
            Step::Pause { duration } => self.pass(*duration).await.map(nothing),
            Step::Hook { container, hook } => self.run_hook(id(container)?, hook, progress).await.map(nothing),
            Step::CopyIn { container, files } => {
                let id = id(container)?;
                self.change(|world| world.copy_in(id, files))?.map(nothing)
            }
            Step::DeleteFiles { container, paths } => {
                let id = id(container)?;
                self.change(|world| world.erase(id, paths))?.map(nothing)
            }
            Step::Call { call, kind: _ } => {
                Err(EngineError::Refused(format!("an engine does not call {}", call.program)))
            }
            Step::CollectLogs { container, lines } => {
                let id = id(container)?;
                self.read(|world| world.last_lines(id, *lines))?.map(Done::Logs)
            }
        }
    }

    /// The first request of a step that takes several.
    pub(super) fn half(&self, step: &Step) -> Result<(), EngineError> {
        match step {
            Step::CreateContainer(new) => {
                let mut new = new.clone();
                new.networks.truncate(1);
                self.change(|world| world.create(&new))?.map(|_| ())
            }
            Step::WriteFiles { volume, labels, image, files: _ } => {
                self.change(|world| world.leave_carrier(volume, labels, image))?
            }
            _ => Ok(()),
        }
    }

    /// Waits until a container that was told to stop has stopped.
    async fn until_down(&self, id: &ContainerId) -> Result<(), EngineError> {
        let down = self.wait(None, |world| match world.containers.get(id).map(|container| &container.phase) {
            Some(Phase::Up(_)) => ControlFlow::Continue(None),
            None | Some(Phase::Created | Phase::Restarting { .. } | Phase::Exited { .. }) => ControlFlow::Break(()),
        });
        down.await.map(|_| ())
    }

    async fn run_hook(
        &self,
        id: &ContainerId,
        hook: &Hook,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), EngineError> {
        let Hook { command, user: _, privileged: _, working_dir: _, environment } = hook;
        let environment: BTreeMap<_, _> =
            environment.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
        let lines = Mutex::new(Vec::new());
        let code = self
            .run_in(id, command, environment, |(_, line)| {
                progress(Progress::Line(line.clone()));
                lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
            })
            .await?;
        match code {
            0 => Ok(()),
            code => Err(EngineError::Exit {
                command: shell_words::join(command),
                code,
                output: lines.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).join("\n"),
            }),
        }
    }
}

fn id(container: &ContainerRef) -> Result<&ContainerId, EngineError> {
    known(&container.handle)
}

fn nothing((): ()) -> Done {
    Done::Nothing
}

/// What is gone already is no error where it should go.
fn done(result: Result<(), EngineError>) -> Result<Done, EngineError> {
    match result {
        Ok(()) | Err(EngineError::NotFound(_)) => Ok(Done::Nothing),
        Err(error) => Err(error),
    }
}
