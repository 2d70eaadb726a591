//! All that is known of files that go to containers and come back. Pure: it says what is to be copied or fetched, and is
//! told what came of it. `now` is the time since any fixed moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::sync_back::{History, Mapping, Report, SyncBackJob, SyncedBack};
use super::{Changed, Copied, CopyError, CopyJob, Job, Leave, LoopGuard, Rule, SyncState, Work};
use crate::event::Act;
use crate::model::ServiceName;
use crate::state::{Container, ContainerId};

/// All that is known of files that go to containers and come back.
#[derive(Debug, Default)]
pub struct FileSync {
    state: SyncState,
    /// What is remembered of containers whose files come back.
    histories: BTreeMap<ContainerId, History>,
    /// Paths in containers that could not be copied and are tried again.
    unsent: BTreeMap<ServiceName, BTreeSet<String>>,
    guard: LoopGuard,
}

impl FileSync {
    /// Other rules are in force.
    pub fn rules_changed(&mut self) {
        self.guard = LoopGuard::default();
    }

    /// Only these containers are there.
    pub fn retain(&mut self, containers: &BTreeSet<ContainerId>) {
        self.state.retain(containers);
        self.histories.retain(|container, _| containers.contains(container));
    }

    /// Whether the rules of a job may act. Copying alone sets nothing off.
    pub fn leave(&mut self, job: &Job, now: Duration) -> Result<(), Held> {
        if job.only_copies() {
            return Ok(());
        }
        for rule in job.cause.keys() {
            match self.guard.ask(*rule, now) {
                Leave::Granted => {}
                Leave::StillRests => return Err(Held::Still),
                Leave::Rests(time) => return Err(Held::From { rule: *rule, time }),
            }
        }
        Ok(())
    }

    /// The rules of a job have acted.
    pub fn acted(&mut self, cause: &Changed, now: Duration) {
        cause.keys().for_each(|rule| self.guard.ended(*rule, now));
    }

    /// The image of a service was built anew and holds everything.
    pub fn image_built(&mut self, service: &ServiceName) {
        self.state.image_built(service);
    }

    /// Jobs for services that have new containers, or to which something could not be copied before.
    pub fn catch_up<'c>(&self, rules: &[Rule], containers: impl Fn(&ServiceName) -> Vec<&'c Container>) -> Vec<Job> {
        let services: BTreeSet<_> = rules.iter().map(|rule| &rule.service).collect();
        let is_behind = |service: &ServiceName| {
            let there = containers(service);
            let new = there.iter().any(|container| self.state.is_new(service, &container.id));
            !there.is_empty() && (new || self.unsent.contains_key(service))
        };
        let job = |service: &ServiceName| Job {
            service: service.clone(),
            work: Work::Copy { paths: Changed::new(), commands: BTreeSet::new(), restart: false },
            cause: Changed::new(),
        };
        services.into_iter().filter(|service| is_behind(service)).map(job).collect()
    }

    /// What is to be done for each container.
    pub fn copy_jobs<'c>(
        &mut self,
        jobs: &[Job],
        rules: &[Rule],
        containers: impl Fn(&ServiceName) -> Vec<&'c Container>,
    ) -> Vec<CopyJob> {
        let mut all = Vec::new();
        for Job { service, work, cause: _ } in jobs {
            let Work::Copy { paths, commands, restart } = work else { continue };
            let mut targets = self.state.changed(service, rules, paths);
            targets.extend(self.unsent.remove(service).unwrap_or_default());
            let commands: Vec<_> = commands.iter().filter_map(|rule| rules[*rule].exec.clone()).collect();
            let there = containers(service);
            for container in &there {
                all.push(CopyJob {
                    service: service.clone(),
                    container: (*container).clone(),
                    paths: self.state.pending(service, &container.id, &targets),
                    commands: commands.clone(),
                    restart: *restart,
                    unconditional: paths.is_empty(),
                });
            }
            if there.is_empty() {
                self.unsent.entry(service.clone()).or_default().extend(targets);
            }
        }
        all
    }

    /// A container was given what was pending, or not. What could not be copied is tried again with the next copy to the
    /// service, unless the engine would refuse it again: then the next save tries anew.
    ///
    /// # Errors
    /// Those of the copy.
    pub fn copied(&mut self, done: Copied) -> Result<Vec<Act>, CopyError> {
        let Copied { service, container, pending, result } = done;
        match result {
            Ok(acts) => {
                self.state.copied(&container, pending);
                Ok(acts)
            }
            Err(error) => {
                if !error.refused {
                    let files = pending.files.into_iter().map(|file| file.path);
                    let missing = files.chain(pending.deletions.into_iter().map(|deletion| deletion.path));
                    self.unsent.entry(service).or_default().extend(missing);
                }
                Err(error)
            }
        }
    }

    /// What is to be fetched from these containers. What is remembered of them goes along, and comes back with
    /// [`Self::synced_back`].
    pub fn sync_back_jobs(
        &mut self,
        mappings: &[(ServiceName, Mapping)],
        containers: &[&Container],
    ) -> Vec<SyncBackJob> {
        let of = |container: &&Container| {
            let its = mappings.iter().filter(|(service, _)| *service == container.service);
            let mappings: Vec<_> = its.map(|(_, mapping)| mapping.clone()).collect();
            (!mappings.is_empty()).then(|| SyncBackJob {
                service: container.service.clone(),
                container: (**container).clone(),
                mappings,
                known: self.state.known(&container.id),
                history: self.histories.remove(&container.id).unwrap_or_default(),
            })
        };
        containers.iter().filter_map(of).collect()
    }

    /// What containers have saved was fetched. Answers with what is to be told of it.
    pub fn synced_back(&mut self, done: SyncedBack) -> Vec<Report> {
        let SyncedBack { service: _, container, known, history, unsettled: _, reports } = done;
        if let Some(known) = known {
            self.state.learn(&container, known);
        }
        self.histories.insert(container, history);
        reports
    }

    /// How many things are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let histories = self.histories.values().map(History::weight).sum::<usize>();
        self.state.weight() + histories + self.unsent.len() + self.guard.weight()
    }
}

/// Why the rules of a job do not act: one of them sets itself off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// As was told before.
    Still,
    /// From now on, for so long.
    From {
        /// Its place among all rules.
        rule: usize,
        /// How long.
        time: Duration,
    },
}
