//! Files into containers, and what follows a copy.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::copies::{Gone, Lack};
use super::fetch::Occasion;
use super::job::{Changed, Job, Work};
use super::patient;
use super::serve::AGAIN;
use super::session::Session;
use crate::engine::{Engine, EngineError, EntryKind, Part};
use crate::event::{Act, Watched};
use crate::model::{Hook, ServiceName};
use crate::plan::{ContainerRef, ContainerStep, FilesStep, Handle, Step};
use crate::state::{Container, ContainerId, RunState};

/// What is done for one container.
struct Delivery<'s> {
    service: &'s ServiceName,
    container: Container,
    lack: Lack,
    commands: Vec<Hook>,
    restart: bool,
}

impl Session<'_> {
    pub(super) async fn deliver(&mut self, jobs: &[Job]) {
        let begun = Instant::now();
        // What a container saved meanwhile must not be overwritten unseen.
        let services = jobs.iter().map(|job| job.service.clone()).collect();
        self.fetch_back(&services, Occasion::Copy).await;
        let mut errands = Vec::new();
        for job in jobs {
            let Work::Copy { paths, commands, restart } = &job.work else { continue };
            let mut targets = self.copies.want(&job.service, &self.list.rules, paths);
            targets.extend(self.unsent.remove(&job.service).unwrap_or_default());
            let hooks: Vec<_> = commands.iter().filter_map(|rule| self.list.rules[*rule].exec.clone()).collect();
            for container in self.containers(&job.service) {
                let errand = self.copies.errand(&job.service, &container.id, &targets);
                errands.push((job, container, errand, hooks.clone(), *restart));
            }
            if self.containers(&job.service).is_empty() {
                self.unsent.entry(job.service.clone()).or_default().extend(targets);
            }
        }
        let read = errands.into_iter().map(|(job, container, errand, commands, restart)| async move {
            let lack = tokio::task::spawn_blocking(move || errand.run()).await.expect("reading files does not panic");
            // What every container has already is no reason to run anything.
            let idle = lack.is_empty() && !matches!(&job.work, Work::Copy { paths, .. } if paths.is_empty());
            let (commands, restart) = if idle { (Vec::new(), false) } else { (commands, restart) };
            (job, Delivery { service: &job.service, container, lack, commands, restart })
        });
        let engine = self.engine;
        let done = join_all(read).await.into_iter().map(|(job, delivery)| async move {
            let result = bring(engine, &delivery).await;
            (job, delivery, result)
        });
        let mut told: BTreeMap<&ServiceName, (&Job, Vec<Act>)> = BTreeMap::new();
        for (job, delivery, result) in join_all(done).await {
            match result {
                Ok(acts) => {
                    self.copies.sent(&delivery.container.id, delivery.lack);
                    if !acts.is_empty() {
                        told.entry(&job.service).or_insert((job, acts));
                    }
                }
                Err(error) => {
                    self.lost(&delivery, &error);
                    let causes = self.causes(&job.cause);
                    let message = error.to_string();
                    self.tell(&Watched::WatchFailed { service: job.service.clone(), message, causes });
                }
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        for (service, (job, acts)) in told {
            let causes = self.causes(&job.cause);
            self.tell(&Watched::WatchActed { service: service.clone(), acts, causes, took });
        }
        let now = self.now();
        jobs.iter().flat_map(|job| job.cause.keys()).for_each(|rule| self.guard.ended(*rule, now));
    }

    /// What could not be copied is tried again with the next look, which also shows whether the container still lives.
    fn lost(&mut self, delivery: &Delivery<'_>, error: &EngineError) {
        let missing = delivery
            .lack
            .files
            .iter()
            .map(|file| file.path.clone())
            .chain(delivery.lack.gone.iter().map(|gone| gone.path.clone()));
        let refused = matches!(error, EngineError::Refused(_) | EngineError::Exit { .. });
        // What the engine refuses it will refuse again; the next save tries anew.
        if !refused {
            self.unsent.entry(delivery.service.clone()).or_default().extend(missing);
            self.look_at = self.look_at.min(Instant::now() + AGAIN);
        }
    }

    /// Copies what new containers lack, and what could not be copied before.
    pub(super) async fn catch_up(&mut self) {
        let services: BTreeSet<_> = self.list.rules.iter().map(|rule| rule.service.clone()).collect();
        let behind = |service: &ServiceName| {
            let new = self.containers(service).iter().any(|container| self.copies.is_new(service, &container.id));
            new || self.unsent.contains_key(service)
        };
        let jobs: Vec<_> = services
            .into_iter()
            .filter(behind)
            .filter(|service| !self.containers(service).is_empty())
            .map(|service| Job {
                service,
                work: Work::Copy { paths: Changed::new(), commands: BTreeSet::new(), restart: false },
                cause: Changed::new(),
            })
            .collect();
        if !jobs.is_empty() {
            self.deliver(&jobs).await;
        }
    }

    pub(super) fn containers(&self, service: &ServiceName) -> Vec<Container> {
        let all = patient::ours(&self.applied.project, &self.observed);
        all.filter(|container| container.service == *service && container.state != RunState::Removing)
            .cloned()
            .collect()
    }
}

/// Brings a container what it lacks, runs the commands, restarts it. Answers with what was done.
async fn bring(engine: &dyn Engine, delivery: &Delivery<'_>) -> Result<Vec<Act>, EngineError> {
    let Delivery { service: _, container, lack, commands, restart } = delivery;
    let reference = ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
    let mut acts = Vec::new();
    let perform = async |step: Step| engine.perform(&step, &|_| {}).await;
    if !lack.files.is_empty() {
        perform(FilesStep::CopyIn { container: reference.clone(), files: lack.files.clone() }.into()).await?;
        acts.push(Act::Copied(lack.files.len()));
    }
    if !lack.gone.is_empty() {
        let paths = deletable(engine, &container.id, &lack.gone).await?;
        if !paths.is_empty() {
            perform(FilesStep::Delete { container: reference.clone(), paths }.into()).await?;
        }
        acts.push(Act::Deleted(lack.gone.len()));
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
async fn deletable(engine: &dyn Engine, id: &ContainerId, gone: &[Gone]) -> Result<Vec<String>, EngineError> {
    let mut paths = Vec::new();
    for Gone { path, folder, below } in gone {
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
