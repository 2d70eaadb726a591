//! The seam: what dsenv wants of an engine, in plain data. No type of an engine's client crosses it.
//!
//! Reading and writing are two traits: what only looks holds an [`Observer`], which has no call that changes
//! anything.

pub mod docker;
mod error;
mod fetched;
mod file;
mod find;
pub mod memory;
pub mod programs;
mod readiness;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::event::Progress;
use crate::model::{Build, Variables, VolumeName};
use crate::plan::Step;
use crate::rules::Rules;
use crate::state::{ContainerId, ImageId, LockHolder, NetworkId, Observed, Scope};

pub use error::{EngineError, GateFailure};
pub use fetched::{Entry, EntryKind, Part, Parts, held};

/// The side that reads.
#[async_trait]
pub trait Observer: Send + Sync {
    /// What the engine can do; settled when the connection was made.
    fn rules(&self) -> &Rules;

    /// One look.
    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError>;

    /// A stream that says "look again". A poke carries no data, on purpose. It ends when the connection does.
    async fn pokes(&self, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError>;

    /// The log of a container, oldest line first.
    async fn logs(
        &self,
        container: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError>;

    /// A file of a container, or a folder with all that is below it, whether the container runs or not.
    async fn fetch(&self, container: &ContainerId, path: &str) -> Result<Parts, EngineError> {
        Err(EngineError::Refused(format!("this engine does not give {path} of {container}")))
    }

    /// How many bytes these volumes hold, as far as the engine knows. It may take its time: only who is about to
    /// destroy data asks.
    async fn sizes(&self, _volumes: &BTreeSet<VolumeName>) -> Result<BTreeMap<VolumeName, u64>, EngineError> {
        Ok(BTreeMap::new())
    }

    /// Whether this machine has what a build with BuildKit is to be lent: agents and keys.
    async fn lends(&self, _build: &Build) -> Result<(), EngineError> {
        Ok(())
    }

    /// The calls that only look and that the engine has not answered yet, and for how long.
    fn unanswered(&self) -> Vec<(String, Duration)> {
        Vec::new()
    }
}

/// The side that writes.
#[async_trait]
pub trait Engine: Observer {
    /// Does one step; every [`crate::plan::Handle`] in it is known. Dropping the future cancels the wait for it.
    ///
    /// What is so already is no error: to start what runs, to stop, remove, disconnect or unpause what is stopped,
    /// gone, not attached or not paused.
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError>;

    /// Runs a command in a running container and returns its exit code.
    async fn exec(&self, container: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError>;
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Nothing to remember.
    Nothing,
    /// A container.
    Container(ContainerId),
    /// A network.
    Network(NetworkId),
    /// An image, pulled or built.
    Image(ImageId),
    /// A volume, with the labels that it truly has: those of the first who made one of that name.
    Volume(BTreeMap<String, String>),
    /// Who holds the lock that was to be kept: whoever kept it first. `None`: its name is somebody else's.
    Held(Option<LockHolder>),
    /// Log lines.
    Logs(Vec<String>),
    /// Variables that a program gives to what depends on it.
    Given(Variables),
}

/// "Look again."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poke;

/// Which part of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogOptions {
    /// Whether to wait for more.
    pub follow: bool,
    /// The last lines only; all by default.
    pub tail: Option<usize>,
    /// What was said then or later, by the engine's clock; an engine may begin up to a second before it.
    pub since: Option<Timestamp>,
    /// Whether each line has its time.
    pub timestamps: bool,
}

/// A line of a log, without its newline, or a piece of a very long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it came on standard error.
    pub stderr: bool,
    /// When, where that was asked for. The later pieces of a line have none.
    pub at: Option<Timestamp>,
    /// The bytes as text, what is no UTF-8 replaced.
    pub text: String,
    /// Whether the line goes on in the next piece of the same stream.
    pub open: bool,
}

/// A command in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The container's own by default.
    pub user: Option<String>,
    /// The container's own by default.
    pub working_dir: Option<String>,
    /// `K=V`, added.
    pub environment: Vec<String>,
    /// Whether it has a terminal, and how large that is (columns, rows).
    pub tty: Option<(u16, u16)>,
    /// Whether it has all rights.
    pub privileged: bool,
}

/// Where a command's streams go.
pub struct ExecIo {
    /// Read to its end and passed in; closed at once when `None`.
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Standard output, and everything when there is a terminal.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// Standard error.
    pub stderr: Box<dyn AsyncWrite + Send + Unpin>,
    /// New sizes of its terminal (columns, rows), where it has one.
    pub sizes: Option<BoxStream<'static, (u16, u16)>>,
}
