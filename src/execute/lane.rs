//! Which steps share a limit, and how long a step is likely to take.

use crate::plan::{Provision, Purpose, Step};

/// Steps that share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// One call, done at once.
    Call,
    /// A pull or build: minutes of network or processor.
    Transfer,
    /// Only time passes; nothing is asked of the engine, so nothing limits it.
    Idle,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Call, Self::Transfer, Self::Idle];

    /// The lane of a step.
    pub fn of(step: &Step) -> Self {
        match step {
            Step::Pull { .. } | Step::Build { .. } => Self::Transfer,
            // What is paused or released is not left half done.
            Step::Call { purpose: Purpose::Service { does: Provision::Stop | Provision::Down, .. }, .. } => Self::Call,
            Step::Call { .. } => Self::Transfer,
            Step::Wait { .. } | Step::Pause { .. } => Self::Idle,
            Step::CreateNetwork { .. }
            | Step::RemoveNetwork { .. }
            | Step::CreateVolume { .. }
            | Step::RemoveVolume { .. }
            | Step::WriteFiles { .. }
            | Step::CreateContainer(_)
            | Step::Start { .. }
            | Step::Stop { .. }
            | Step::Unpause { .. }
            | Step::Remove { .. }
            | Step::Rename { .. }
            | Step::Update { .. }
            | Step::Connect { .. }
            | Step::Disconnect { .. }
            | Step::Hook { .. }
            | Step::CopyIn { .. }
            | Step::Erase { .. }
            | Step::CollectLogs { .. } => Self::Call,
        }
    }
}

/// How many steps run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Calls and transfers together; at least 1.
    pub jobs: usize,
    /// Transfers alone; at least 1.
    pub transfers: usize,
}

impl Caps {
    /// Pulls at once under the default: more of them share one line and finish later each.
    const TRANSFERS: usize = 4;

    /// So many steps at once, no more than four of them transfers.
    pub fn of(jobs: usize) -> Self {
        let jobs = jobs.max(1);
        Self { jobs, transfers: jobs.min(Self::TRANSFERS) }
    }
}

/// A guess at a step's length in milliseconds. Only the order of what is ready depends on it.
pub(super) fn guess(step: &Step) -> u64 {
    match step {
        Step::Build { .. } => 60_000,
        Step::Pull { .. } | Step::Call { .. } => 20_000,
        Step::Wait { .. } => 3_000,
        Step::Hook { .. } => 1_000,
        Step::Stop { .. } => 500,
        Step::Start { .. } | Step::WriteFiles { .. } => 300,
        Step::CreateNetwork { .. } | Step::RemoveNetwork { .. } | Step::Connect { .. } | Step::Disconnect { .. } => 150,
        Step::CreateContainer(_)
        | Step::Remove { .. }
        | Step::Update { .. }
        | Step::CopyIn { .. }
        | Step::Erase { .. } => 100,
        Step::Pause { duration } => u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 1_000_000),
        Step::CreateVolume { .. }
        | Step::RemoveVolume { .. }
        | Step::Unpause { .. }
        | Step::Rename { .. }
        | Step::CollectLogs { .. } => 10,
    }
}
