//! Everything that can be asked for.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::{Builds, Desired, Looked};
use crate::diagnostic::Diagnostic;
use crate::event::Watched;
use crate::model::{Key, ServiceName};
use crate::plan::Plan;
use crate::state::Container;
use crate::sync::CopyJob;
use crate::sync::sync_back::{Occasion, SyncBackJob};
use crate::watch::Root;

/// Something that is asked for. All are done in order, and at once but for tasks.
#[derive(Debug)]
pub enum Effect {
    /// Begin a task.
    Begin(Task),
    /// Show something to whoever watches.
    Show(Show),
    /// Follow the logs of these containers, those that are followed already and whose logs ended included.
    FollowLogs(Vec<Container>),
    /// Follow no logs any more.
    StopLogs,
    /// Answer with [`Input::Elapsed`](super::Input::Elapsed) at this time, and not at the one that was asked for before.
    WakeAt(Option<Duration>),
    /// End.
    Stop(Stop),
}

/// Something that takes its time. It ends with an [`Ended`](super::Ended).
#[derive(Debug)]
pub enum Task {
    /// Look, show the plan, ask, and apply, as the verb `apply` does it.
    FirstApply(Rc<Desired>),
    /// Listen to the engine's events about this.
    Subscribe(Rc<Desired>),
    /// Read the spec again.
    ReadSpec,
    /// Watch these files instead of those before.
    StartWatcher(Vec<Root>),
    /// Name every watched path below these roots. Each is a rule and its root, by their places in the watchlist.
    ListFiles(Vec<(usize, usize)>),
    /// Look at the engine, and plan.
    Look(LookRequest),
    /// Carry out a plan.
    Apply(Box<ApplyRequest>),
    /// Copy files into containers, then run hooks and restart.
    Copy(Vec<CopyJob>),
    /// Bring back what containers have saved.
    SyncBack(Vec<SyncBackJob>, Occasion),
    /// Restart a container.
    Restart(Box<Container>),
}

/// Something to be shown.
#[derive(Debug)]
pub enum Show {
    /// What happened.
    Tell(Watched),
    /// Messages about the spec, or about what an engine cannot do.
    Diagnostics(Vec<Diagnostic>),
    /// A plan.
    Plan(Box<Plan>),
    /// The services, once.
    Status,
    /// The services and the keys, below what happens.
    Services,
    /// Those no more, so that somebody else may draw.
    Clear,
    /// A line of a container's log.
    LogLine {
        /// Its service.
        service: ServiceName,
        /// The line.
        text: String,
    },
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct LookRequest {
    /// What should exist.
    pub desired: Rc<Desired>,
    /// Whether files of builds are read.
    pub builds: Builds,
    /// For a project that has no key yet.
    pub key: Option<Key>,
    /// Only this service and what it needs, instead of what the user has selected.
    pub only: Option<ServiceName>,
    /// Not these services, besides what the user has left out.
    pub without: BTreeSet<ServiceName>,
}

/// A plan that may be carried out.
#[derive(Debug)]
pub struct ApplyRequest {
    /// What should exist.
    pub desired: Rc<Desired>,
    /// The plan, and the look that it was made from.
    pub looked: Looked,
    /// Whether files of builds are read.
    pub builds: Builds,
}

/// How the loop ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody asked for it. What runs goes on running.
    Asked,
    /// The first apply failed.
    FirstApplyFailed,
}
