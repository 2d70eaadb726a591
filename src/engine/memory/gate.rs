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

impl World {
    /// Whether a container has reached it. `restarts`: its count when the wait began.
    fn gate(&self, id: &ContainerId, until: Until, restarts: i64) -> Check<Result<(), GateFailure>> {
        let pass = ControlFlow::Break(Ok(()));
        let fail = |failure| ControlFlow::Break(Err(failure));
        let Some(container) = self.containers.get(id) else { return fail(GateFailure::Gone) };
        let has_check = container.probe.is_some();
        match (until, &container.phase) {
            (Until::Healthy, _) if !has_check => fail(GateFailure::NoHealthcheck),
            (_, Phase::Created) => ControlFlow::Continue(None),
            (Until::Completed, Phase::Exited { code: 0, oom: false }) => pass,
            (Until::Completed, Phase::Restarting { code, .. }) => match container.tunable.restart {
                Restart::OnFailure(_) => ControlFlow::Continue(None),
                Restart::No | Restart::Always | Restart::UnlessStopped => fail(GateFailure::Restarting { code: *code }),
            },
            (Until::Completed, Phase::Up(_)) => ControlFlow::Continue(None),
            (Until::Ready { .. }, Phase::Exited { code: 0, oom: false })
                if !has_check && matches!(container.tunable.restart, Restart::No | Restart::OnFailure(_)) =>
            {
                pass
            }
            (_, Phase::Exited { code, oom }) => fail(GateFailure::Exited { code: *code, oom: *oom }),
            (_, Phase::Restarting { code, .. }) => fail(GateFailure::Restarting { code: *code }),
            (_, Phase::Up(_)) if container.restart_count > restarts => fail(GateFailure::Restarting { code: 0 }),
            (_, Phase::Up(up)) if up.paused => ControlFlow::Continue(None),
            (until, Phase::Up(up)) => match (&up.checkup, until) {
                (Some(checkup), _) => match checkup.verdict {
                    Verdict::Healthy => pass,
                    Verdict::Starting => ControlFlow::Continue(None),
                    Verdict::Unhealthy => {
                        let output = checkup.last.as_ref().map(|(_, output)| output.clone()).unwrap_or_default();
                        fail(GateFailure::Unhealthy { output })
                    }
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
