//! What rules do when files changed: copies first, then what takes longer.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use tokio::time::Instant;

use super::guard::Leave;
use super::job::{self, Changed, Job, Work};
use super::rules::Rule;
use super::session::{Flow, Session};
use crate::command::Failure;
use crate::command::apply::Word;
use crate::command::session::{self, Builds};
use crate::event::{Act, Cause, Watched};

/// Files of a cause that are named.
const NAMED: usize = 3;

impl Session<'_> {
    /// Does what rules say about what changed.
    pub(super) async fn act(&mut self, changed: Changed) -> Flow {
        if changed.is_empty() {
            return Ok(());
        }
        let jobs: Vec<_> = job::jobs(&self.list.rules, &changed).into_iter().filter(|job| self.leave(job)).collect();
        let (rebuilds, copies): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.work == Work::Rebuild);
        if !copies.is_empty() {
            self.deliver(&copies).await;
        }
        for job in &rebuilds {
            self.rebuild(job).await?;
        }
        Ok(())
    }

    /// Whether the rules of a job may act. Copying alone sets nothing off.
    fn leave(&mut self, job: &Job) -> bool {
        if job.only_copies() {
            return true;
        }
        let now = self.now();
        for rule in job.cause.keys() {
            match self.guard.ask(*rule, now) {
                Leave::Granted => {}
                Leave::StillRests => return false,
                Leave::Rests(time) => {
                    let name = self.list.rules[*rule].name();
                    self.notice(
                        format!("{name} sets itself off again and again, so it rests for {} s", time.as_secs()),
                        Some("let it ignore what its own action writes".to_owned()),
                    );
                    return false;
                }
            }
        }
        true
    }

    async fn rebuild(&mut self, job: &Job) -> Flow {
        let begun = Instant::now();
        let desired = self.applied.clone();
        let options = match self.args.select.options(&desired) {
            Ok(options) => options,
            Err(failure) => return self.survive(failure),
        };
        let options = crate::plan::Options { targets: [job.service.clone()].into(), ..options };
        // What has no rule is not built because something else was saved.
        let builds = Builds::Of(job.service.clone());
        let look = match session::look_at(self.engine, &desired, &options, None, &builds).await {
            Ok(look) => look,
            Err(failure) => return self.survive(failure),
        };
        let causes = self.causes(&job.cause);
        if look.plan.is_empty() {
            let files = causes.iter().flat_map(|cause| cause.files.clone()).collect::<Vec<_>>().join(", ");
            self.notice(format!("{}: the image holds {files} as it is already", job.service), None);
            return Ok(());
        }
        let result = self.carry_out(&desired, options, look, Word::Given, builds).await;
        let now = self.now();
        job.cause.keys().for_each(|rule| self.guard.ended(*rule, now));
        match result {
            Ok(()) => {
                self.copies.built(&job.service);
                let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.tell(&Watched::WatchActed {
                    service: job.service.clone(),
                    acts: vec![Act::Rebuilt],
                    causes,
                    took,
                });
                Ok(())
            }
            Err(failure) => {
                let message =
                    if failure.message.is_empty() { "the rebuild failed" } else { &failure.message }.to_owned();
                self.tell(&Watched::WatchFailed { service: job.service.clone(), message, causes });
                self.survive(Failure { message: String::new(), ..failure })
            }
        }
    }

    pub(super) fn causes(&self, cause: &Changed) -> Vec<Cause> {
        let of = |(number, paths): (&usize, &BTreeSet<Utf8PathBuf>)| {
            let rule: &Rule = &self.list.rules[*number];
            let files: Vec<_> =
                paths.iter().take(NAMED).map(|path| self.shown(rule.source_of(path).as_str())).collect();
            Cause { rule: rule.name(), more: paths.len() - files.len(), files }
        };
        cause.iter().map(of).collect()
    }
}
