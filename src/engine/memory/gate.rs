//! Gates: what is seen of a container here, and the wait.

use std::ops::ControlFlow;
use std::time::Duration;

use super::clock::Moment;
use super::process::Phase;
use super::twin::{Check, Memory};
use super::world::World;
use crate::engine::readiness::{self, Seen, Verdict};
use crate::engine::{EngineError, GateFailure};
use crate::event::Progress;
use crate::plan::Until;
use crate::state::ContainerId;

impl World {
    /// What shows of a container that is there.
    fn seen(&self, id: &ContainerId, begun: Moment, longest: Duration) -> Option<Seen> {
        let container = self.containers.get(id)?;
        let (state, health) = container.shown_state();
        Some(Seen {
            state,
            health,
            policy: container.tunable.restart,
            restarts: container.restart_count,
            code: container.last_code,
            age: container.started_at.map_or(Duration::ZERO, |started| self.now.since(started)),
            longest,
            waited: self.now.since(begun),
        })
    }

    fn gate(&self, until: Until, seen: Option<&Seen>) -> Check<Result<(), GateFailure>> {
        let Some(seen) = seen else { return ControlFlow::Break(Err(GateFailure::Gone)) };
        match readiness::judge(until, seen) {
            Verdict::Passed => ControlFlow::Break(Ok(())),
            Verdict::Failed(failure) => ControlFlow::Break(Err(failure)),
            Verdict::Waiting => ControlFlow::Continue(None),
            Verdict::Settling(rest) => ControlFlow::Continue(Some(self.now + rest)),
        }
    }

    fn last_probe(&self, id: &ContainerId) -> Option<(Moment, i64, String)> {
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
        if until == Until::Completed {
            self.change(|world| world.awaited(id))?;
        }
        let mut probed = None;
        let (mut restarts, mut begun, mut longest) = (0, None, Duration::ZERO);
        let passed = self.wait(Some(limit), |world| {
            if let Some((at, code, output)) = world.last_probe(id)
                && probed.replace(at) != Some(at)
            {
                progress(Progress::Probe { code, output });
            }
            let ended =
                world.containers.get(id).and_then(|container| container.ended.filter(|_| container.restart_count > 0));
            longest = longest.max(ended.map_or(Duration::ZERO, |(lived, _)| lived));
            let seen = world.seen(id, *begun.get_or_insert(world.now), longest);
            if let Some(seen) = seen.as_ref().filter(|seen| seen.restarts > restarts) {
                restarts = seen.restarts;
                progress(Progress::Line(readiness::told(seen)));
            }
            world.gate(until, seen.as_ref())
        });
        match passed.await? {
            Some(result) => result.map_err(EngineError::Gate),
            None => {
                let look = |world: &World| (world.seen(id, begun.unwrap_or(world.now), longest), world.last_probe(id));
                let (seen, probe) = self.read(look)?;
                Err(readiness::overdue(until, limit, seen.as_ref(), probe.map(|(_, _, output)| output)))
            }
        }
    }
}
