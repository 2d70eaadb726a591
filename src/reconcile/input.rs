//! Everything that can happen.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::Timestamp;

use super::{Desired, Look};
use crate::diagnostic::Diagnostic;
use crate::model::ServiceName;
use crate::plan::Options;
use crate::sync::sync_back::SyncedBack;
use crate::sync::{Changed, Copied, Watchlist};
use crate::watch::{Changes, Notice};

/// When an input came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The time since a fixed moment; it never goes back.
    pub since: Duration,
    /// The date, to compare with those that engines give.
    pub date: Timestamp,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// The first apply is asked for, before the loop begins.
    FirstApply,
    /// The loop begins, with this terminal.
    Begin(Terminal),
    /// Watched files changed.
    Files(Changes),
    /// Something about the watcher of files that a person should know.
    WatcherNotice(Notice),
    /// The engine says that something happened there.
    EngineEvent,
    /// The engine does not tell of events any more.
    EngineLost,
    /// The time of the last [`super::Effect::WakeAt`] has come.
    Elapsed,
    /// A key was pressed.
    Key(char),
    /// The user, or a service manager, asks for the end.
    Signal,
    /// A container said something.
    LogLine {
        /// Its service.
        service: ServiceName,
        /// What.
        text: String,
    },
    /// A task that an effect began has ended.
    Ended(Ended),
}

/// Where a person may sit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Whether keys are heard.
    pub keys: bool,
    /// Whether the services are shown below what happens.
    pub screen: bool,
}

/// A task has ended, with its result.
#[derive(Debug)]
pub enum Ended {
    /// [`super::Task::Subscribe`]; the error is the engine's.
    Subscribed(Result<(), String>),
    /// [`super::Task::ReadSpec`]
    SpecRead(Result<(Rc<Desired>, Watchlist), SpecError>),
    /// [`super::Task::StartWatcher`], with what the watcher before had not told yet.
    Watching(Changes),
    /// [`super::Task::ListFiles`]
    Listed(Changed),
    /// [`super::Task::Look`]
    Looked(Result<Box<Looked>, TaskError>),
    /// [`super::Task::FirstApply`] and [`super::Task::Apply`]
    Applied(Result<(), TaskError>),
    /// [`super::Task::Copy`]
    Copied(Vec<Copied>),
    /// [`super::Task::SyncBack`]
    SyncedBack(Vec<SyncedBack>),
    /// [`super::Task::Restart`]; the error is the engine's.
    Restarted(Result<(), String>),
}

/// A look, and what was asked for.
#[derive(Debug)]
pub struct Looked {
    /// The look.
    pub look: Look,
    /// What its plan is about.
    pub options: Options,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// What kind of failure it is, as far as that matters here.
    pub kind: TaskErrorKind,
    /// Lowercase, no full stop; empty when the diagnostics say it all.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What is wrong with the spec, each with its place.
    pub diagnostics: Vec<Diagnostic>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskErrorKind {
    /// The user ended it.
    Interrupted,
    /// The engine has changed since the plan was made, and nothing was done.
    StalePlan,
    /// Anything else.
    Other,
}

/// Why the spec could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// The mistakes.
    pub error: TaskError,
    /// The files that they stand in, as far as those are there.
    pub files: BTreeSet<Utf8PathBuf>,
}
