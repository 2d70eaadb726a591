//! Brings files into containers, and does what follows a copy: hooks and restarts.

use futures_util::TryStreamExt;
use futures_util::future::join_all;

use super::{Deletion, Pending, PendingPaths};
use crate::engine::{Engine, EngineError, EntryKind, Part};
use crate::event::Act;
use crate::model::{Hook, ServiceName};
use crate::plan::{ContainerRef, ContainerStep, FilesStep, Handle, Step};
use crate::state::{Container, ContainerId, RunState};

/// What is done for one container.
#[derive(Debug)]
pub struct CopyJob {
    /// Its service.
    pub service: ServiceName,
    /// Which, as it was last seen.
    pub container: Container,
    /// What may have to be copied.
    pub paths: PendingPaths,
    /// Hooks that run after the copy.
    pub commands: Vec<Hook>,
    /// Whether the container restarts after that.
    pub restart: bool,
    /// Whether hooks and restart are due even if the container has everything already.
    pub unconditional: bool,
}

/// What was done for one container.
#[derive(Debug)]
pub struct Copied {
    /// Its service.
    pub service: ServiceName,
    /// Which.
    pub container: ContainerId,
    /// What was pending; the container has it if all went well.
    pub pending: Pending,
    /// What was done, in this order.
    pub result: Result<Vec<Act>, CopyError>,
}

/// Why a container could not be given what was pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyError {
    /// The engine's words.
    pub message: String,
    /// Whether the engine would refuse it again.
    pub refused: bool,
}

impl From<EngineError> for CopyError {
    fn from(error: EngineError) -> Self {
        let refused = matches!(error, EngineError::Refused(_) | EngineError::Exit { .. });
        Self { message: error.to_string(), refused }
    }
}

/// Does all the jobs at the same time, and reads all files before the first is copied.
pub async fn copy(engine: &dyn Engine, jobs: Vec<CopyJob>) -> Vec<Copied> {
    let read = jobs.into_iter().map(|job| async move {
        let CopyJob { service, container, paths, commands, restart, unconditional } = job;
        let pending = tokio::task::spawn_blocking(move || paths.read()).await.expect("reading files does not panic");
        // What every container has already is no reason to run anything.
        let due = unconditional || !pending.is_empty();
        let commands = if due { commands } else { Vec::new() };
        (service, ReadJob { container, commands, restart: restart && due }, pending)
    });
    let done = join_all(read).await.into_iter().map(|(service, job, pending)| async move {
        let result = bring(engine, &job, &pending).await.map_err(CopyError::from);
        Copied { service, container: job.container.id, pending, result }
    });
    join_all(done).await
}

/// A job whose files have been read.
struct ReadJob {
    container: Container,
    commands: Vec<Hook>,
    restart: bool,
}

/// Stops a container that is up, and starts it.
///
/// # Errors
/// When the engine does not.
pub async fn restart(engine: &dyn Engine, container: &Container) -> Result<(), EngineError> {
    let reference = ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
    if container.state.is_up() || container.state == RunState::Paused {
        let stop = ContainerStep::Stop { container: reference.clone(), grace: None };
        engine.perform(&stop.into(), &|_| {}).await?;
    }
    engine.perform(&ContainerStep::Start { container: reference }.into(), &|_| {}).await.map(|_| ())
}

/// Brings one container what is pending, runs the commands, restarts it. Answers with what was done.
async fn bring(engine: &dyn Engine, job: &ReadJob, pending: &Pending) -> Result<Vec<Act>, EngineError> {
    let ReadJob { container, commands, restart } = job;
    let reference = ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
    let mut acts = Vec::new();
    let perform = async |step: Step| engine.perform(&step, &|_| {}).await;
    if !pending.files.is_empty() {
        perform(FilesStep::CopyIn { container: reference.clone(), files: pending.files.clone() }.into()).await?;
        acts.push(Act::Copied(pending.files.len()));
    }
    if !pending.deletions.is_empty() {
        let paths = deletable(engine, &container.id, &pending.deletions).await?;
        if !paths.is_empty() {
            perform(FilesStep::Delete { container: reference.clone(), paths }.into()).await?;
        }
        acts.push(Act::Deleted(pending.deletions.len()));
    }
    let runs = container.state == RunState::Running;
    for hook in commands.iter().filter(|_| runs) {
        perform(ContainerStep::Hook { container: reference.clone(), hook: hook.clone() }.into()).await?;
        acts.push(Act::Ran(hook.command.join(" ")));
    }
    if *restart {
        if container.state.is_up() {
            perform(ContainerStep::Stop { container: reference.clone(), grace: None }.into()).await?;
        }
        perform(ContainerStep::Start { container: reference }.into()).await?;
        acts.push(Act::Restarted);
    }
    Ok(acts)
}

/// The paths to delete. Where a folder is gone and the container has a link in its place, that link stays.
async fn deletable(engine: &dyn Engine, id: &ContainerId, deletions: &[Deletion]) -> Result<Vec<String>, EngineError> {
    let mut paths = Vec::new();
    for Deletion { path, folder, below } in deletions {
        if !folder || !is_link(engine, id, path).await? {
            paths.push(path.clone());
            continue;
        }
        let mut last: Option<&String> = None;
        for path in below {
            if !last.is_some_and(|last| path.strip_prefix(last.as_str()).is_some_and(|rest| rest.starts_with('/'))) {
                paths.push(path.clone());
                last = Some(path);
            }
        }
    }
    Ok(paths)
}

async fn is_link(engine: &dyn Engine, id: &ContainerId, path: &str) -> Result<bool, EngineError> {
    match engine.fetch(id, path).await {
        // The rest is not waited for.
        Ok(mut parts) => match parts.try_next().await? {
            Some(Part::Entry(entry)) => Ok(matches!(entry.kind, EntryKind::Link(_))),
            Some(Part::Bytes(_)) | None => Ok(false),
        },
        Err(EngineError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
