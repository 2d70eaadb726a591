//! A look at what was applied last: new containers are given what they lack, and what is broken is repaired.

use std::collections::{BTreeSet, VecDeque};

use super::activity::{Activity, Planning, Purpose, RestartReason, Restarting};
use super::files::millis;
use super::healing::{Findings, Repair};
use super::out::Out;
use super::{Builds, Effect, LookRequest, Looked, Now, State, Task, TaskError, TaskErrorKind, diagnosis};
use crate::event::{Act, Cause, Watched};
use crate::state::Container;

impl State {
    pub(super) fn look_at_applied(&self) -> LookRequest {
        LookRequest {
            desired: self.spec.applied.clone(),
            builds: Builds::Trusted,
            key: None,
            only: None,
            without: BTreeSet::new(),
        }
    }

    pub(super) fn looked(&mut self, now: Now, result: Result<Box<Looked>, TaskError>, out: &mut Out) {
        let looked = match result {
            Ok(looked) => looked,
            Err(error) => return self.survive(error, out),
        };
        self.observed = looked.look.observed.clone();
        self.sync.retain(&self.observed.containers.iter().map(|container| container.id.clone()).collect());
        if self.catch_up(now, out) {
            self.activity = Activity::CatchingUp(looked);
        } else {
            self.examine(now, looked, out);
        }
    }

    /// Finds out what is broken, and begins to repair what may be repaired now.
    pub(super) fn examine(&mut self, now: Now, looked: Box<Looked>, out: &mut Out) {
        if self.view.logs {
            self.follow_logs(out);
        }
        let Findings { news, look_by, repair } = self.healing.examine(&self.spec.applied, &looked.look, now);
        news.into_iter().for_each(|news| out.tell(news));
        if let Some(at) = look_by {
            self.due.look_by(at);
        }
        if let Some(mut repair) = repair {
            let restart = std::mem::take(&mut repair.restart).into();
            self.restart(now, restart, RestartReason::Unhealthy { looked, repair }, out);
        }
    }

    /// Restarts containers, one after the other.
    pub(super) fn restart(
        &mut self,
        now: Now,
        mut containers: VecDeque<Container>,
        reason: RestartReason,
        out: &mut Out,
    ) {
        match containers.pop_front() {
            Some(current) => {
                out.begin(Task::Restart(Box::new(current.clone())));
                self.activity = Activity::Restarting(Box::new(Restarting { current, rest: containers, reason }));
            }
            None => self.all_restarted(now, reason, out),
        }
    }

    pub(super) fn restarted(&mut self, now: Now, restarting: Restarting, result: Result<(), String>, out: &mut Out) {
        let Restarting { current, rest, reason } = restarting;
        match (result, reason) {
            (Ok(()), reason) => self.restart(now, rest, reason, out),
            (Err(message), RestartReason::Key { service, begun: _ }) => {
                out.tell(Watched::WatchFailed { service, message, causes: Vec::new() });
            }
            (Err(error), reason @ RestartReason::Unhealthy { .. }) => {
                out.notice(format!("{} cannot be restarted: {error}", current.name), None);
                self.restart(now, rest, reason, out);
            }
        }
    }

    fn all_restarted(&mut self, now: Now, reason: RestartReason, out: &mut Out) {
        match reason {
            RestartReason::Key { service, begun } => {
                let took = millis(now.since.saturating_sub(begun));
                let cause = Cause { rule: "key r".to_owned(), files: Vec::new(), more: 0 };
                out.tell(Watched::WatchActed { service, acts: vec![Act::Restarted], causes: vec![cause], took });
            }
            RestartReason::Unhealthy { looked, repair } if !repair.planned.is_empty() => {
                if repair.without.is_empty() {
                    self.repair_by_plan(repair, *looked, out);
                } else {
                    let (key, without) = (Some(looked.look.key), repair.without.clone());
                    out.begin(Task::Look(LookRequest { key, without, ..self.look_at_applied() }));
                    self.activity = Activity::Planning(Planning::Repair(repair));
                }
            }
            RestartReason::Unhealthy { .. } => {}
        }
    }

    pub(super) fn repair_by_plan(&mut self, repair: Repair, looked: Looked, out: &mut Out) {
        if !looked.look.plan.is_empty() {
            let desired = self.spec.applied.clone();
            self.begin_apply(Purpose::Repair(repair), desired, looked, Builds::Trusted, out);
        }
    }

    /// Another look is due, and shows whether it holds.
    pub(super) fn repaired(&mut self, now: Now, repair: Repair, result: Result<(), TaskError>, out: &mut Out) {
        let failed = result.as_ref().is_err_and(|error| error.kind != TaskErrorKind::StalePlan);
        self.healing.repaired(repair, failed, now.since);
        match result {
            Err(error) if failed => self.survive(error, out),
            Err(_) | Ok(()) => {}
        }
    }

    /// Follows the logs of all containers that do not ask to be left out.
    pub(super) fn follow_logs(&self, out: &mut Out) {
        let applied = &self.spec.applied;
        let all = diagnosis::replicas(&applied.project, &self.observed);
        let containers = all.filter(|container| !applied.unattached.contains(&container.service)).cloned();
        out.push(Effect::FollowLogs(containers.collect()));
    }
}
