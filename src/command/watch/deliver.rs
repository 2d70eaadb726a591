//! Files into containers, and what follows a copy.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use tokio::time::Instant;

use super::copies::Lack;
use super::job::{Changed, Job, Work};
use super::patient;
use super::serve::AGAIN;
use super::session::Session;
use crate::engine::{Engine, EngineError};
use crate::event::{Act, Watched};
use crate::model::{Hook, ServiceName};
use crate::plan::{ContainerRef, CopiedFile, CopiedKind, Handle, Step};
use crate::state::{Container, RunState};

/// Bytes of files that one call carries at most, unless a file alone is larger.
const AT_ONCE: usize = 32 << 20;

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
        if self.list.back.iter().any(|(service, _)| jobs.iter().any(|job| job.service == *service)) {
            self.fetch_back().await;
        }
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
        let missing =
            delivery.lack.files.iter().map(|file| file.path.clone()).chain(delivery.lack.gone.iter().cloned());
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
    for files in portions(lack) {
        perform(Step::CopyIn { container: reference.clone(), files: files.to_vec() }).await?;
    }
    if !lack.files.is_empty() {
        acts.push(Act::Copied(lack.files.len()));
    }
    if !lack.gone.is_empty() {
        perform(Step::Erase { container: reference.clone(), paths: lack.gone.clone() }).await?;
        acts.push(Act::Deleted(lack.gone.len()));
    }
    let runs = container.state == RunState::Running;
    for hook in commands.iter().filter(|_| runs) {
        perform(Step::Hook { container: reference.clone(), hook: hook.clone() }).await?;
        acts.push(Act::Ran(hook.command.join(" ")));
    }
    if *restart {
        if container.state.is_up() {
            perform(Step::Stop { container: reference.clone(), grace: None }).await?;
        }
        perform(Step::Start { container: reference }).await?;
        acts.push(Act::Restarted);
    }
    Ok(acts)
}

/// The files in portions of a size that an engine takes at once.
fn portions(lack: &Lack) -> Vec<&[CopiedFile]> {
    let size = |file: &CopiedFile| match &file.kind {
        CopiedKind::File(content) => content.bytes().len(),
        CopiedKind::Folder | CopiedKind::Link(_) => 0,
    };
    let (mut portions, mut start, mut sum) = (Vec::new(), 0, 0);
    for (at, file) in lack.files.iter().enumerate() {
        if at > start && sum + size(file) > AT_ONCE {
            portions.push(&lack.files[start..at]);
            (start, sum) = (at, 0);
        }
        sum += size(file);
    }
    if start < lack.files.len() {
        portions.push(&lack.files[start..]);
    }
    portions
}
