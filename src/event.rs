//! What happened: the one stream that every report is made of.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Address, ServiceName};
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
    /// All that is done for a resource has come to an end. What was done may be put back later, and ends again.
    Ended {
        /// Which.
        address: Address,
        /// How.
        end: End,
    },
    /// The user pressed Ctrl-C: nothing new begins.
    Interrupted,
}

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every step was done; optional ones may have failed.
    Done,
    /// A step failed, and nothing was put back.
    Failed,
    /// A step failed; what was there before is there again, and nothing new is left.
    PutBack,
    /// A step failed; what was there before is there again, and the new container is kept (`failure_action: pause`).
    Kept,
    /// No step was done, because this one failed.
    Untouched {
        /// A step of another resource.
        by: NodeId,
    },
    /// Some steps were done; the others could not be, because this one failed.
    CutShort {
        /// A step of another resource.
        by: NodeId,
    },
}

/// How a run ended: what the last line says, and the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is done.
    Done,
    /// Some steps failed; running again goes on.
    Partial,
    /// A step failed, and what it replaced was put back.
    RolledBack,
    /// A time limit passed.
    Deadline,
    /// The engine did not answer any more, and nothing was done.
    Unreachable,
    /// A signal came.
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

/// What a watch tells, besides the events of the plans that it carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Watched {
    /// It has begun.
    WatchStarted {
        /// Rules that are in force.
        rules: usize,
        /// Whether what breaks is mended.
        heal: bool,
    },
    /// Something about the watch that a person should know.
    WatchNotice {
        /// What.
        message: String,
        /// What to do about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// Rules of a service acted.
    WatchActed {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
        /// What was done, in this order.
        acts: Vec<Act>,
        /// Why.
        causes: Vec<Cause>,
        /// Milliseconds.
        took: u64,
    },
    /// Rules of a service could not act.
    WatchFailed {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
        /// Why not.
        message: String,
        /// What set them off.
        causes: Vec<Cause>,
    },
    /// What a container saved came back.
    CameBack {
        /// Whose.
        #[schemars(with = "String")]
        service: ServiceName,
        /// Files of this machine that were written or deleted.
        files: Vec<String>,
        /// Files that were written beside one that had changed here too.
        conflicts: Vec<String>,
    },
    /// The spec, or a file that it is made of, was saved.
    SpecSaved {
        /// Which files.
        files: Vec<String>,
        /// Whether it can be read. If not, nothing changes.
        valid: bool,
    },
    /// A plan waits for the user's word.
    PlanWaits {
        /// What it does that nobody may do unasked, one phrase each.
        stops: Vec<String>,
        /// Whether somebody sits at the keys.
        keys: bool,
    },
    /// What broke is being mended.
    Healing {
        /// Services, each with what is wrong.
        #[schemars(with = "BTreeMap<String, String>")]
        services: BTreeMap<ServiceName, String>,
    },
    /// Mending waits, since the service crashed again and again.
    HealingWaits {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
        /// Seconds.
        seconds: u64,
    },
    /// The breaker: the service crashed so often that nothing more is tried until the spec changes.
    HealingGivenUp {
        /// Which.
        #[schemars(with = "String")]
        service: ServiceName,
        /// How often it crashed in a row.
        crashes: usize,
    },
    /// Something broke that is not mended.
    Broken {
        /// Services, each with what is wrong.
        #[schemars(with = "BTreeMap<String, String>")]
        services: BTreeMap<ServiceName, String>,
        /// Why it is not mended.
        why: String,
    },
    /// The end. What runs goes on running.
    WatchEnded,
}

/// Something that a rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Copied so many files and folders.
    Copied(usize),
    /// Deleted so many paths.
    Deleted(usize),
    /// Ran a command.
    Ran(String),
    /// Restarted the containers.
    Restarted,
    /// Built the image and replaced the containers.
    Rebuilt,
}

/// A rule and what set it off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// `services.web.develop.watch[0]`
    pub rule: String,
    /// Files, the first few.
    pub files: Vec<String>,
    /// How many more.
    pub more: usize,
}
