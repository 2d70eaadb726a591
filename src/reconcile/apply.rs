//! Plans: what each is made for, and what follows when it was carried out.

use std::rc::Rc;

use super::activity::{Activity, Applying, Planning, Purpose, Rebuild};
use super::files::millis;
use super::out::Out;
use super::{ApplyRequest, Builds, Desired, LookRequest, Looked, Now, Show, State, Stop, Task, TaskError};
use crate::event::{Act, Watched};
use crate::sync::Job;

impl State {
    /// A plan was made.
    pub(super) fn planned(&mut self, planning: Planning, result: Result<Box<Looked>, TaskError>, out: &mut Out) {
        let looked = match result {
            Ok(looked) => looked,
            Err(error) => return self.survive(error, out),
        };
        match planning {
            Planning::Proposal { agreed } => self.proposed(agreed, looked, out),
            Planning::Preview => self.previewed(&looked, out),
            Planning::Rebuild(rebuild) => self.rebuild(rebuild, *looked, out),
            Planning::Repair(repair) => self.repair_by_plan(repair, *looked, out),
        }
    }

    /// Begins to carry out a plan, unless the user has asked for the end.
    pub(super) fn begin_apply(
        &mut self,
        purpose: Purpose,
        desired: Rc<Desired>,
        looked: Looked,
        builds: Builds,
        out: &mut Out,
    ) {
        if self.signals > 0 {
            return self.stop(Stop::Asked, out);
        }
        self.activity = Activity::Applying(Applying { purpose, ended: None });
        out.show(Show::Clear);
        out.begin(Task::Apply(Box::new(ApplyRequest { desired, looked, builds })));
    }

    /// A plan was carried out, and no file is being copied.
    pub(super) fn applied(&mut self, now: Now, purpose: Purpose, result: Result<(), TaskError>, out: &mut Out) {
        // What was done wakes nobody: the look that follows is the last word on it.
        self.due.look = now.since;
        match purpose {
            Purpose::First => match result {
                Ok(()) => self.activity = Activity::NotBegun,
                Err(_) => self.stop(Stop::FirstApplyFailed, out),
            },
            Purpose::Spec(desired) => self.spec_applied(desired, result, out),
            Purpose::Rebuild(rebuild) => self.rebuilt(now, rebuild, result, out),
            Purpose::Repair(repair) => self.repaired(now, repair, result, out),
        }
    }

    /// Plans the rebuild of a service. What has no rule is not built because something else was saved.
    pub(super) fn begin_rebuild(&mut self, now: Now, job: Job, out: &mut Out) {
        let builds = Builds::Of(job.service.clone());
        let only = Some(job.service.clone());
        out.begin(Task::Look(LookRequest { builds, only, ..self.look_at_applied() }));
        let causes = self.causes(&job.cause);
        self.activity = Activity::Planning(Planning::Rebuild(Rebuild { job, causes, begun: now.since }));
    }

    fn rebuild(&mut self, rebuild: Rebuild, looked: Looked, out: &mut Out) {
        let Rebuild { job, causes, begun: _ } = &rebuild;
        if looked.look.plan.is_empty() {
            let files = causes.iter().flat_map(|cause| cause.files.clone()).collect::<Vec<_>>().join(", ");
            out.notice(format!("{}: the image holds {files} as it is already", job.service), None);
            return;
        }
        let builds = Builds::Of(job.service.clone());
        self.begin_apply(Purpose::Rebuild(rebuild), self.spec.applied.clone(), looked, builds, out);
    }

    fn rebuilt(&mut self, now: Now, rebuild: Rebuild, result: Result<(), TaskError>, out: &mut Out) {
        let Rebuild { job, causes, begun } = rebuild;
        self.sync.acted(&job.cause, now.since);
        let service = job.service;
        match result {
            Ok(()) => {
                self.sync.image_built(&service);
                let took = millis(now.since.saturating_sub(begun));
                out.tell(Watched::WatchActed { service, acts: vec![Act::Rebuilt], causes, took });
            }
            Err(error) => {
                let message = if error.message.is_empty() { "the rebuild failed" } else { &error.message }.to_owned();
                out.tell(Watched::WatchFailed { service, message, causes });
                self.survive(TaskError { message: String::new(), ..error }, out);
            }
        }
    }
}
