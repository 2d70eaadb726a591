//! How a run ended.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::Groups;
use super::queue::{Blocked, Queue, State};
use crate::engine::EngineError;
use crate::event::{End, Verdict};
use crate::model::Address;
use crate::plan::NodeId;

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
    /// Resources that were put back as they were.
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
        groups: &Groups<'_>,
        mut causes: BTreeMap<NodeId, EngineError>,
        logs: BTreeMap<NodeId, Vec<String>>,
        stopped: Option<Stop>,
    ) -> Self {
        let rolled_back = groups.ends().filter(|(_, end)| *end == End::PutBack).map(|(address, _)| address.clone());
        let mut outcome = Self { logs, stopped, rolled_back: rolled_back.collect(), ..Self::default() };
        for (node, state) in queue.states() {
            match state {
                State::Done => drop(outcome.done.insert(node.id)),
                // A step that an abort dropped may or may not have been done.
                State::Failed | State::Running => {
                    match causes.remove(&node.id).map_or(Cause::Stopped, Cause::Engine) {
                        cause @ Cause::Engine(_) if node.optional => outcome.excused.insert(node.id, cause),
                        cause => outcome.failed.insert(node.id, cause),
                    };
                }
                State::Blocked(why) => drop(outcome.blocked.insert(node.id, why)),
                State::Waiting | State::NotNeeded => {}
            }
        }
        outcome
    }

    /// Whether every step of the way forward was done.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && self.blocked.is_empty() && self.stopped.is_none()
    }

    /// How it ended, in one word. When several apply, the first of this order is it: interrupted, done, rolled back, out
    /// of time, unreachable, partial.
    pub fn verdict(&self) -> Verdict {
        if matches!(self.stopped, Some(Stop::Interrupted | Stop::Aborted)) {
            Verdict::Interrupted
        } else if self.is_success() {
            Verdict::Done
        } else if !self.rolled_back.is_empty() {
            Verdict::RolledBack
        } else if self.is_timeout() {
            Verdict::Deadline
        } else if self.done.is_empty() && self.is_unreachable() {
            Verdict::Unreachable
        } else {
            Verdict::Partial
        }
    }

    /// Whether steps failed and each of them only took too long.
    fn is_timeout(&self) -> bool {
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
    fn is_unreachable(&self) -> bool {
        self.failed.values().any(|cause| matches!(cause, Cause::Engine(EngineError::Unreachable { .. })))
    }
}
