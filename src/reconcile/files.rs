//! Changed files: which of them are copied, fetched or reason for a rebuild, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::Utf8PathBuf;

use super::activity::{Activity, Applying, Copying};
use super::out::Out;
use super::{Now, State, Task};
use crate::event::{Act, Cause, Watched};
use crate::model::ServiceName;
use crate::state::RunState;
use crate::sync::sync_back::{Occasion, Report, SETTLE_TIME, SyncedBack};
use crate::sync::{self, Changed, Copied, Held, Job, Work};
use crate::watch::Changes;

/// How often what containers saved is fetched, unless fetching takes long.
const SYNC_BACK_INTERVAL: Duration = Duration::from_secs(2);
/// Fetching takes at most one part in so many of the time.
const SHARE: u32 = 5;
/// What could not be copied is tried again after this.
const RETRY: Duration = Duration::from_secs(2);
/// Files of a cause that are named.
const NAMED: usize = 3;

impl State {
    /// While a plan is carried out files are copied all the same, and everything else waits.
    pub(super) fn files_changed(&mut self, now: Now, changes: Changes, out: &mut Out) {
        let (spec, changed) = self.spec.watchlist.sort(changes);
        self.changes.spec.extend(spec);
        match &self.activity {
            Activity::Idle => self.act(now, changed, out),
            Activity::Applying(Applying { ended: None, .. }) if self.copying.is_none() => {
                let jobs = sync::jobs(&self.spec.watchlist.rules, &changed);
                let (copies, later): (Vec<_>, Vec<_>) = jobs.into_iter().partition(Job::only_copies);
                later.into_iter().for_each(|job| self.changes.add(job.cause));
                self.copy(now, copies, out);
            }
            _ => self.changes.add(changed),
        }
    }

    /// Does what rules say about what changed: copies first, then what takes longer.
    pub(super) fn act(&mut self, now: Now, changed: Changed, out: &mut Out) {
        let jobs = sync::jobs(&self.spec.watchlist.rules, &changed);
        let jobs: Vec<_> = jobs.into_iter().filter(|job| self.may_act(now, job, out)).collect();
        let (rebuilds, copies): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.work == Work::Rebuild);
        self.changes.rebuilds.extend(rebuilds);
        self.copy(now, copies, out);
        if self.copying.is_some() {
            self.activity = Activity::Copying;
        }
    }

    fn may_act(&mut self, now: Now, job: &Job, out: &mut Out) -> bool {
        match self.sync.leave(job, now.since) {
            Ok(()) => true,
            Err(Held::Still) => false,
            Err(Held::From { rule, time }) => {
                let name = self.spec.watchlist.rules[rule].name();
                let message = format!("{name} sets itself off again and again, so it rests for {} s", time.as_secs());
                out.notice(message, Some("let it ignore what its own action writes".to_owned()));
                false
            }
        }
    }

    /// Lists everything under the rules that copy once at the start.
    pub(super) fn begin_initial_sync(&mut self, out: &mut Out) {
        let roots = self.spec.watchlist.initial_sync();
        if !roots.is_empty() {
            self.activity = Activity::Listing;
            out.begin(Task::ListFiles(roots));
        }
    }

    /// Copies what new containers lack, and what could not be copied before. Answers whether anything is to be copied.
    pub(super) fn catch_up(&mut self, now: Now, out: &mut Out) -> bool {
        let Self { spec, observed, .. } = &*self;
        let jobs = self.sync.catch_up(&spec.watchlist.rules, |service| Self::containers(spec, observed, service));
        self.copy(now, jobs, out);
        self.copying.is_some()
    }

    /// Begins to copy. What a container saved meanwhile must not be overwritten unseen, so that is fetched before.
    fn copy(&mut self, now: Now, jobs: Vec<Job>, out: &mut Out) {
        if jobs.is_empty() {
            return;
        }
        let services: BTreeSet<_> = jobs.iter().map(|job| job.service.clone()).collect();
        self.copying = Some(Copying { jobs, begun: now.since });
        if !self.fetch(Some(&services), Occasion::Copy, out) {
            self.copy_fetched(now, out);
        }
    }

    /// Asks for what the containers of these services have saved, of all without any. Answers whether that is anything.
    fn fetch(&mut self, services: Option<&BTreeSet<ServiceName>>, occasion: Occasion, out: &mut Out) -> bool {
        let Self { spec, observed, sync, .. } = self;
        let mapped: BTreeSet<_> = spec.watchlist.sync_back.iter().map(|(service, _)| service).collect();
        let chosen = mapped.into_iter().filter(|service| services.is_none_or(|some| some.contains(*service)));
        let containers = chosen.flat_map(|service| Self::containers(spec, observed, service));
        let running: Vec<_> = containers.filter(|container| container.state == RunState::Running).collect();
        let jobs = sync.sync_back_jobs(&spec.watchlist.sync_back, &running);
        let any = !jobs.is_empty();
        if any {
            out.begin(Task::SyncBack(jobs, occasion));
        }
        any
    }

    /// What containers had saved was fetched before a copy.
    pub(super) fn synced_back_before_copy(&mut self, now: Now, done: Vec<SyncedBack>, out: &mut Out) {
        let unsettled = self.take_synced_back(done, out);
        if let Some(Copying { begun, .. }) = &self.copying {
            if unsettled {
                let at = next_sync_back(now, *begun, SETTLE_TIME);
                self.due.sync_back = self.due.sync_back.min(at);
            }
            self.copy_fetched(now, out);
        }
    }

    fn copy_fetched(&mut self, now: Now, out: &mut Out) {
        let Self { spec, observed, sync, copying, .. } = self;
        let jobs = copying.as_ref().map_or(&[][..], |copying| &copying.jobs);
        let containers = |service: &ServiceName| Self::containers(spec, observed, service);
        let copies = sync.copy_jobs(jobs, &spec.watchlist.rules, containers);
        if copies.is_empty() {
            self.copied(now, Vec::new(), out);
        } else {
            out.begin(Task::Copy(copies));
        }
    }

    /// Files were copied, and what follows a copy was done.
    pub(super) fn copied(&mut self, now: Now, done: Vec<Copied>, out: &mut Out) {
        let Some(Copying { jobs, begun }) = self.copying.take() else { return };
        let mut acted: BTreeMap<ServiceName, Vec<Act>> = BTreeMap::new();
        for copied in done {
            let service = copied.service.clone();
            match self.sync.copied(copied) {
                Ok(acts) if acts.is_empty() => {}
                Ok(acts) => drop(acted.entry(service).or_insert(acts)),
                Err(error) => {
                    if !error.refused {
                        // The look also shows whether the container still lives.
                        self.due.look_by(now.since + RETRY);
                    }
                    let causes = self.causes_of(&jobs, &service);
                    out.tell(Watched::WatchFailed { service, message: error.message, causes });
                }
            }
        }
        let took = millis(now.since.saturating_sub(begun));
        for (service, acts) in acted {
            let causes = self.causes_of(&jobs, &service);
            out.tell(Watched::WatchActed { service, acts, causes, took });
        }
        jobs.iter().for_each(|job| self.sync.acted(&job.cause, now.since));
        match std::mem::replace(&mut self.activity, Activity::Idle) {
            Activity::Copying => {}
            Activity::CatchingUp(looked) => self.examine(now, looked, out),
            Activity::Applying(Applying { purpose, ended: Some(result) }) => self.applied(now, purpose, result, out),
            other => self.activity = other,
        }
    }

    /// Fetches what containers have saved, since it is time.
    pub(super) fn begin_sync_back(&mut self, now: Now, out: &mut Out) {
        self.activity = Activity::SyncingBack(now.since);
        if !self.fetch(None, Occasion::Clock, out) {
            self.activity = Activity::Idle;
            self.due.sync_back = now.since + SYNC_BACK_INTERVAL;
        }
    }

    /// What containers had saved was fetched, since it was time.
    pub(super) fn synced_back(&mut self, now: Now, begun: Duration, done: Vec<SyncedBack>, out: &mut Out) {
        let unsettled = self.take_synced_back(done, out);
        let pause = if unsettled { SETTLE_TIME } else { SYNC_BACK_INTERVAL };
        self.due.sync_back = next_sync_back(now, begun, pause);
    }

    /// Answers whether something must be looked at again soon.
    fn take_synced_back(&mut self, done: Vec<SyncedBack>, out: &mut Out) -> bool {
        let mut unsettled = false;
        for done in done {
            unsettled |= done.unsettled;
            let service = done.service.clone();
            for report in self.sync.synced_back(done) {
                match report {
                    Report::Notice { message, hint } => out.notice(message, hint),
                    Report::CameBack { files, conflicts } => {
                        let shown = |files: Vec<Utf8PathBuf>| files.iter().map(|it| self.shown(it.as_str())).collect();
                        let (files, conflicts) = (shown(files), shown(conflicts));
                        out.tell(Watched::CameBack { service: service.clone(), files, conflicts });
                    }
                }
            }
        }
        unsettled
    }

    fn causes_of(&self, jobs: &[Job], service: &ServiceName) -> Vec<Cause> {
        jobs.iter().find(|job| job.service == *service).map(|job| self.causes(&job.cause)).unwrap_or_default()
    }

    pub(super) fn causes(&self, cause: &Changed) -> Vec<Cause> {
        let of = |(number, paths): (&usize, &BTreeSet<Utf8PathBuf>)| {
            let rule = &self.spec.watchlist.rules[*number];
            let files: Vec<_> =
                paths.iter().take(NAMED).map(|path| self.shown(rule.source_of(path).as_str())).collect();
            Cause { rule: rule.name(), more: paths.len() - files.len(), files }
        };
        cause.iter().map(of).collect()
    }
}

fn next_sync_back(now: Now, begun: Duration, pause: Duration) -> Duration {
    now.since + pause.max(now.since.saturating_sub(begun) * SHARE)
}

/// Milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
