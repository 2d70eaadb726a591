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
use crate::plan::{
    ContainerRef, ContainerStep, FilesStep, ImageStep, NetworkStep, NoteStep, Step, VolumeStep, WaitStep,
};
use crate::state::{ContainerId, Note, NoteBody, note};

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
            Step::Image(step) => match step {
                ImageStep::Pull { image, platform: _ } => {
                    let id = self.change(|world| world.pull(image))??;
                    progress(Progress::Bytes { done: PULLED, total: PULLED });
                    Ok(Done::Image(id))
                }
                ImageStep::Build { service: _, build, secrets: _, tag, digest } => {
                    progress(Progress::Line(format!("building {tag}")));
                    self.change(|world| world.build(build, tag, digest))?.map(Done::Image)
                }
            },
            Step::Network(step) => match step {
                NetworkStep::Create { key: _, name, definition, labels } => {
                    self.change(|world| world.create_network(name, definition, labels))?.map(Done::Network)
                }
                NetworkStep::Remove { network } => {
                    let id = known(&network.handle)?;
                    done(self.change(|world| world.remove_network(id))?)
                }
            },
            Step::Volume(step) => match step {
                VolumeStep::Create { name, definition, labels } => {
                    self.change(|world| world.create_volume(name, definition, labels))?.map(Done::Volume)
                }
                VolumeStep::Remove { name } => done(self.change(|world| world.remove_volume(name))?),
            },
            Step::Container(step) => self.act_on_container(step, progress).await,
            Step::Wait(step) => match step {
                WaitStep::Until { container, until, limit } => {
                    self.wait_for(id(container)?, *until, *limit, progress).await.map(nothing)
                }
                WaitStep::Pause { duration } => self.pass(*duration).await.map(nothing),
            },
            Step::Files(step) => match step {
                FilesStep::CopyIn { container, files } => {
                    let id = id(container)?;
                    self.change(|world| world.copy_in(id, files))?.map(nothing)
                }
                FilesStep::Delete { container, paths } => {
                    let id = id(container)?;
                    self.change(|world| world.erase(id, paths))?.map(nothing)
                }
            },
            Step::Note(step) => match step {
                NoteStep::Keep(note) => self.change(|world| world.keep(note))?,
                NoteStep::Forget { name } => done(self.change(|world| world.remove_volume(&note::volume(name)))?),
            },
            Step::Host { call, kind: _ } => {
                Err(EngineError::Refused(format!("an engine does not call {}", call.program)))
            }
        }
    }

    async fn act_on_container(
        &self,
        step: &ContainerStep,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Done, EngineError> {
        match step {
            ContainerStep::Create(new) => self.change(|world| world.create(new))?.map(Done::Container),
            ContainerStep::Start { container } => {
                let id = id(container)?;
                self.change(|world| world.start(id))?.map(nothing)
            }
            ContainerStep::Stop { container, grace } => {
                let id = id(container)?;
                done(self.change(|world| world.stop(id, *grace))?)?;
                self.until_down(id).await?;
                Ok(Done::Nothing)
            }
            ContainerStep::Unpause { container } => {
                let id = id(container)?;
                self.change(|world| world.pause(id, false))?.map(nothing)
            }
            ContainerStep::Remove { container } => {
                let id = id(container)?;
                done(self.change(|world| world.remove(id))?)
            }
            ContainerStep::Rename { container, to } => {
                let id = id(container)?;
                self.change(|world| world.rename(id, to))?.map(nothing)
            }
            ContainerStep::Update { container, tunable } => {
                let id = id(container)?;
                self.change(|world| world.update(id, tunable))?.map(nothing)
            }
            ContainerStep::Connect { container, network, attachment } => {
                let (id, network) = (id(container)?, known(&network.handle)?);
                self.change(|world| world.connect(id, network, attachment))?.map(nothing)
            }
            ContainerStep::Disconnect { container, network } => {
                let (id, network) = (id(container)?, known(&network.handle)?);
                self.change(|world| world.disconnect(id, network))?.map(nothing)
            }
            ContainerStep::Hook { container, hook } => self.run_hook(id(container)?, hook, progress).await.map(nothing),
            ContainerStep::CollectLogs { container, lines } => {
                let id = id(container)?;
                self.read(|world| world.last_lines(id, *lines))?.map(Done::Logs)
            }
        }
    }

    /// The first request of a step that takes several.
    pub(super) fn half(&self, step: &Step) -> Result<(), EngineError> {
        match step {
            Step::Container(ContainerStep::Create(new)) => {
                let mut new = new.clone();
                new.networks.truncate(1);
                self.change(|world| world.create(&new))?.map(|_| ())
            }
            Step::Note(NoteStep::Keep(note @ Note { body: NoteBody::Files(_), .. })) => {
                self.change(|world| world.leave_carrier(note))?
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
