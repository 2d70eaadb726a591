//! What happened: the one stream that every report is made of.

use std::time::Duration;

use crate::plan::NodeId;

/// Something that happened while a plan ran.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step began.
    Started(NodeId),
    /// A step has news.
    Progress(NodeId, Progress),
    /// A step is done.
    Done {
        /// Which.
        node: NodeId,
        /// How long it took.
        took: Duration,
    },
    /// A step failed.
    Failed {
        /// Which.
        node: NodeId,
        /// How long it took.
        took: Duration,
        /// Why.
        failure: Failure,
    },
    /// Lines that a step collected about another's failure.
    Logs(NodeId, Vec<String>),
    /// A step cannot run any more, because of another.
    Blocked {
        /// Which.
        node: NodeId,
        /// The step that failed.
        by: NodeId,
    },
    /// The user pressed Ctrl-C: nothing new begins.
    Interrupted,
}

/// News of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of a transfer, all layers together.
    Bytes {
        /// So far.
        done: u64,
        /// In all, as far as is known.
        total: u64,
    },
    /// A line of a build's output.
    Line(String),
    /// What the last health probe said.
    Probe {
        /// Its exit code.
        code: i64,
        /// What it printed.
        output: String,
    },
}

/// Why a step failed, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Lowercase, fits after "failed: ".
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// The last output of a health check or build, if that failed.
    pub output: Option<String>,
}
