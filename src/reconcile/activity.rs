//! What is under way. At most one thing is, and files are copied besides while a plan is carried out.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::healing::Repair;
use super::{Desired, Looked, TaskError};
use crate::event::Cause;
use crate::model::ServiceName;
use crate::state::Container;
use crate::sync::{Job, Watchlist};

/// What is under way.
#[derive(Debug)]
pub(super) enum Activity {
    /// The loop has not begun.
    NotBegun,
    /// Nothing.
    Idle,
    /// The engine is asked to tell of its events.
    Subscribing,
    /// The engine is looked at, for what was applied last.
    Looking,
    /// New containers are given what they lack, before this look is examined.
    CatchingUp(Box<Looked>),
    /// The files of initial sync are listed.
    Listing,
    /// Files are copied, and nothing waits for it.
    Copying,
    /// What containers have saved is fetched, since this time.
    SyncingBack(Duration),
    /// The spec is read again, since these files were saved.
    ReadingSpec(Vec<String>),
    /// These files are watched from now on; the error is that of reading the spec.
    StartingWatcher(Watchlist, Option<TaskError>),
    /// A look is taken, and a plan made.
    Planning(Planning),
    /// Containers are restarted, one after the other.
    Restarting(Box<Restarting>),
    /// A plan is carried out.
    Applying(Applying),
    /// The loop has ended.
    Stopped,
}

/// What a plan is made for.
#[derive(Debug)]
pub(super) enum Planning {
    /// For what the files ask for now; `agreed`: the user has said to do it.
    Proposal { agreed: bool },
    /// The same, only to be seen.
    Preview,
    /// A rebuild by a rule.
    Rebuild(Rebuild),
    /// A repair that leaves some services alone.
    Repair(Repair),
}

/// A plan that is carried out.
#[derive(Debug)]
pub(super) struct Applying {
    pub purpose: Purpose,
    /// How it ended, if files are still being copied.
    pub ended: Option<Result<(), TaskError>>,
}

/// What a plan is carried out for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The first apply.
    First,
    /// What the files ask for.
    Spec(Rc<Desired>),
    /// A rebuild by a rule.
    Rebuild(Rebuild),
    /// A repair.
    Repair(Repair),
}

/// A rebuild by a rule.
#[derive(Debug)]
pub(super) struct Rebuild {
    pub job: Job,
    pub causes: Vec<Cause>,
    pub begun: Duration,
}

/// Restarts.
#[derive(Debug)]
pub(super) struct Restarting {
    /// The one that is being restarted.
    pub current: Container,
    /// Those that are next.
    pub rest: VecDeque<Container>,
    pub reason: RestartReason,
}

/// Why containers are restarted.
#[derive(Debug)]
pub(super) enum RestartReason {
    /// By a key.
    Key { service: ServiceName, begun: Duration },
    /// They are unhealthy; afterwards a plan may repair the rest.
    Unhealthy { looked: Box<Looked>, repair: Repair },
}

/// A copy that is under way.
#[derive(Debug)]
pub(super) struct Copying {
    pub jobs: Vec<Job>,
    pub begun: Duration,
}
