//! The plan's graph: steps, their order, and what is done when one fails.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};

use super::step::Step;
use crate::model::Address;

/// A step's number in its plan, from 1, in a deterministic order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NodeId(pub usize);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// What is done.
    pub step: Step,
    /// What must have settled before.
    pub after: BTreeSet<NodeId>,
    /// Whether it is part of the way forward or of a way back.
    pub when: When,
    /// Its failure is told and is no failure of the run: nothing stands or falls with it.
    pub optional: bool,
    /// The resource that it is done for: its line of progress, and the unit that Ctrl-C lets finish or go back.
    pub part_of: Address,
}

/// When a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// All of `after` are done. If one of them failed or is blocked, so is this.
    Done,
    /// One of these failed. It runs when all of `after` have settled in whatever way; where none of these failed it
    /// is not needed.
    Failed(BTreeSet<NodeId>),
    /// What `done` did is taken back: it is done, and what was to say that all is well is not. It runs when all of
    /// `after` have settled, unless more than `failures` of other ways back failed; then it is blocked.
    TakenBack {
        /// The step whose work is taken back.
        done: NodeId,
        /// The step that is done when all is well.
        unless: NodeId,
        /// The other ways back; part of `after`.
        of: BTreeSet<NodeId>,
        /// How many of them may fail.
        failures: usize,
    },
    /// All of `after` have settled. Those that are not among `of` are done, and of these at most `failures` failed or
    /// are blocked; otherwise this is blocked. It is how a step comes after another without standing or falling with
    /// it: an optional dependency, a share of failures that is tolerated, a network that is busy.
    Tolerant {
        /// Part of `after`.
        of: BTreeSet<NodeId>,
        /// How many of them may fail.
        failures: usize,
    },
}

impl When {
    /// Whether the step is part of a way back.
    pub fn is_back(&self) -> bool {
        match self {
            Self::Done | Self::Tolerant { .. } => false,
            Self::Failed(_) | Self::TakenBack { .. } => true,
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |nodes: &BTreeSet<NodeId>| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed(nodes) => write!(f, "failed {}", join(nodes)),
            Self::TakenBack { done, unless, of, failures } => {
                write!(f, "{done} done and {unless} not")?;
                if *failures < of.len() { write!(f, ", at most {failures} failed of {}", join(of)) } else { Ok(()) }
            }
            Self::Tolerant { of, failures } if *failures >= of.len() => write!(f, "settled {}", join(of)),
            Self::Tolerant { of, failures } => write!(f, "at most {failures} failed of {}", join(of)),
        }
    }
}
