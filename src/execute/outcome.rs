//! How a run ended.

use std::collections::{BTreeMap, BTreeSet};

use super::queue::{Blocked, Queue, State};
use crate::engine::EngineError;
use crate::model::Address;
use crate::plan::{NodeId, Step};
use crate::state::own;

/// How a run ended, step by step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Steps that were done, ways back included.
    pub done: BTreeSet<NodeId>,
    /// Steps that were tried, or given up, and why.
    pub failed: BTreeMap<NodeId, Cause>,
    /// Optional steps that failed, and why: nothing else did because of that.
    pub excused: BTreeMap<NodeId, Cause>,
    /// Steps that could not run any more, and why.
    pub blocked: BTreeMap<NodeId, Blocked>,
    /// Groups whose way back was taken to its end: what was there before is there again.
    pub rolled_back: BTreeSet<Address>,
    /// What ended the run before its time.
    pub stopped: Option<Stop>,
    /// Log lines that were collected, by the step that collected them.
    pub logs: BTreeMap<NodeId, Vec<String>>,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The engine said so.
    Engine(EngineError),
    /// The run was stopped.
    Stopped,
}

/// What ended a run before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The first Ctrl-C: what had begun finished or went back.
    Interrupted,
    /// The second: everything was dropped where it stood.
    Aborted,
    /// The time limit of the whole run passed; then as after the first Ctrl-C.
    Deadline,
}

impl Outcome {
    pub(super) fn of(
        queue: &Queue<'_>,
        mut causes: BTreeMap<NodeId, EngineError>,
        logs: BTreeMap<NodeId, Vec<String>>,
        stopped: Option<Stop>,
    ) -> Self {
        let mut outcome = Self { logs, stopped, ..Self::default() };
        let mut stranded = BTreeSet::new();
        for (node, state) in queue.states() {
            let back = node.when.is_back() && mends(&node.step);
            match state {
                State::Done => {
                    outcome.done.insert(node.id);
                    if back && undoes(&node.step, &node.part_of) {
                        outcome.rolled_back.insert(node.part_of.clone());
                    }
                }
                // A step that an abort dropped may or may not have been done.
                State::Failed | State::Running => {
                    match causes.remove(&node.id).map_or(Cause::Stopped, Cause::Engine) {
                        cause @ Cause::Engine(_) if node.optional => outcome.excused.insert(node.id, cause),
                        cause => outcome.failed.insert(node.id, cause),
                    };
                    if back {
                        stranded.insert(node.part_of.clone());
                    }
                }
                State::Blocked(why) => {
                    outcome.blocked.insert(node.id, why);
                    if back {
                        stranded.insert(node.part_of.clone());
                    }
                }
                State::Waiting | State::NotNeeded => {}
            }
        }
        outcome.rolled_back.retain(|group| !stranded.contains(group));
        outcome
    }

    /// Whether every step of the way forward was done.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && self.blocked.is_empty() && self.stopped.is_none()
    }

    /// Whether steps failed and each of them only took too long.
    pub fn is_timeout(&self) -> bool {
        let late = |cause: &Cause| matches!(cause, Cause::Engine(EngineError::Timeout { .. }) | Cause::Stopped);
        self.stopped == Some(Stop::Deadline) && self.failed.values().all(late)
            || !self.failed.is_empty() && self.failed.values().all(late) && self.stopped.is_none()
    }

    /// Whether all that failed found the world other than the look had shown it: a request of an apply that was killed,
    /// say, of which the engine made a network a moment after the look.
    pub fn is_overtaken(&self) -> bool {
        let overtaken = |cause: &Cause| matches!(cause, Cause::Engine(EngineError::Conflict(_)));
        let forward = !self.failed.is_empty() && self.failed.values().all(overtaken);
        forward && self.rolled_back.is_empty() && self.stopped.is_none()
    }

    /// Whether nobody answered any more.
    pub fn is_unreachable(&self) -> bool {
        self.failed.values().any(|cause| matches!(cause, Cause::Engine(EngineError::Unreachable { .. })))
    }
}

/// Whether a step of a way back changes anything; the others only tell of the failure.
fn mends(step: &Step) -> bool {
    // The container of a hook was there before nobody.
    !matches!(step, Step::CollectLogs { .. } | Step::Pause { .. }) && own::pre_start_number(&step.object()).is_none()
}

/// Whether a step of a way back gives up what was new. A replacement that pauses or continues after a failure keeps it
/// for a look, so the old one's return is no rollback.
fn undoes(step: &Step, part_of: &Address) -> bool {
    matches!((step, part_of), (Step::Remove { .. }, _) | (_, Address::Network(_)))
}
