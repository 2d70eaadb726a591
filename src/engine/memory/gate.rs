//! Gates: what a container must reach, and what shows that it cannot any more.

use std::ops::ControlFlow;
use std::time::Duration;

use super::process::{Phase, Verdict};
use super::twin::{Check, Memory};
use super::world::World;
use crate::engine::{EngineError, GateFailure};
use crate::event::Progress;
use crate::model::Restart;
use crate::plan::Until;
use crate::state::ContainerId;

/// Restarts after which a container is given up that has a health check, or should complete and is started for ever.
const RESTARTS: i64 = 3;

impl World {
    /// Whether a container has reached it. `before`: how often it was restarted when the wait began.
    fn gate(&self, id: &ContainerId, until: Until, before: i64) -> Check<Result<(), GateFailure>> {
        let pass = ControlFlow::Break(Ok(()));
        let wait = ControlFlow::Continue(None);
        let fail = |failure| ControlFlow::Break(Err(failure));
        let Some(container) = self.containers.get(id) else { return fail(GateFailure::Gone) };
        let restarts = container.restart_count - before;
        let rests = match container.tunable.restart {
            Restart::No | Restart::OnFailure(_) => true,
            Restart::Always | Restart::UnlessStopped => false,
        };
        match (&container.phase, until) {
            (Phase::Created, _) => wait,
            (Phase::Exited { code: 0, oom: _ }, Until::Completed) => pass,
            (Phase::Exited { code: 0, oom: _ }, Until::Ready { .. }) if rests => pass,
            (Phase::Exited { code, oom }, _) => fail(GateFailure::Exited { code: *code, oom: *oom }),
            (Phase::Restarting { code: 0, .. }, Until::Completed) => pass,
            (Phase::Restarting { code, .. }, Until::Completed) => {
                if rests || restarts < RESTARTS {
                    wait
                } else {
                    fail(GateFailure::Restarting { code: *code })
                }
            }
            (Phase::Restarting { code, .. }, Until::Ready { .. } | Until::Healthy) => {
                let patient = container.probe.is_some() && restarts < RESTARTS;
                if patient { wait } else { fail(GateFailure::Restarting { code: *code }) }
            }
            (Phase::Up(_), Until::Completed) => wait,
            (Phase::Up(up), Until::Ready { .. } | Until::Healthy) => match (&up.checkup, until) {
                (Some(checkup), _) => match checkup.verdict {
                    Verdict::Healthy => pass,
                    Verdict::Unhealthy => {
                        let output = checkup.last.as_ref().map(|(_, output)| output.clone()).unwrap_or_default();
                        fail(GateFailure::Unhealthy { output })
                    }
                    Verdict::Starting => wait,
                },
                (None, Until::Ready { settle }) => {
                    let settled = container.started_at.unwrap_or(self.now) + settle;
                    if settled <= self.now { pass } else { ControlFlow::Continue(Some(settled)) }
                }
                (None, Until::Healthy | Until::Completed) => fail(GateFailure::NoHealthcheck),
            },
        }
    }

    fn last_probe(&self, id: &ContainerId) -> Option<(super::clock::Moment, i64, String)> {
        let Phase::Up(up) = &self.containers.get(id)?.phase else { return None };
        let checkup = up.checkup.as_ref()?;
        let (code, output) = checkup.last.clone()?;
        Some((checkup.next, code, output))
    }
}

impl Memory {
    /// Waits until a container has reached it, cannot any more, or the limit has passed.
    pub(super) async fn wait_for(
        &self,
        id: &ContainerId,
        until: Until,
        limit: Duration,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), EngineError> {
        let restarts = self.read(|world| world.containers.get(id).map_or(0, |container| container.restart_count))?;
        let mut seen = None;
        let passed = self.wait(Some(limit), |world| {
            if let Some((at, code, output)) = world.last_probe(id)
                && seen.replace(at) != Some(at)
            {
                progress(Progress::Probe { code, output });
            }
            world.gate(id, until, restarts)
        });
        match passed.await? {
            Some(result) => result.map_err(EngineError::Gate),
            None => Err(EngineError::Timeout {
                what: match until {
                    Until::Ready { .. } => "ready",
                    Until::Healthy => "healthy",
                    Until::Completed => "completed",
                }
                .to_owned(),
                seconds: limit.as_secs(),
                output: self.read(|world| world.last_probe(id))?.map(|(_, _, output)| output),
            }),
        }
    }
}
