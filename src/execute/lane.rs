//! Which steps share a limit, and how long a step is likely to take.

use std::time::Duration;

use crate::plan::{CallKind, ProviderAction, Step};

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
            Step::Call {
                kind: CallKind::Service { action: ProviderAction::Stop | ProviderAction::Down, .. }, ..
            } => Self::Call,
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
            | Step::DeleteFiles { .. }
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

/// How long a step may take that does not bring its own limit: far longer than it takes on any engine that works, so
/// that one that hangs ends the step and the way back begins. `None`: the step knows.
pub(super) fn limit(step: &Step) -> Option<Duration> {
    const DAY: u64 = 24 * 3600;
    let seconds = match step {
        Step::Wait { .. } | Step::Pause { .. } => return None,
        // The last words of what failed are worth a moment, and no more: what it replaced waits to come back.
        Step::CollectLogs { .. } => 10,
        Step::CreateNetwork { .. }
        | Step::RemoveNetwork { .. }
        | Step::CreateVolume { .. }
        | Step::Start { .. }
        | Step::Unpause { .. }
        | Step::Rename { .. }
        | Step::Update { .. }
        | Step::Connect { .. }
        | Step::Disconnect { .. } => 120,
        // Files are copied or removed, and there may be many.
        Step::RemoveVolume { .. }
        | Step::WriteFiles { .. }
        | Step::CreateContainer(_)
        | Step::Remove { .. }
        | Step::CopyIn { .. }
        | Step::DeleteFiles { .. } => 900,
        // Without one the container has its own, which is not known here.
        Step::Stop { grace, .. } => {
            grace.map_or(DAY, |grace| u64::try_from(grace).map_or(DAY, |grace| grace.saturating_add(120)))
        }
        // A registry, a builder and the user's own programs take as long as they take.
        Step::Pull { .. } | Step::Build { .. } | Step::Call { .. } | Step::Hook { .. } => DAY,
    };
    Some(Duration::from_secs(seconds))
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
        | Step::DeleteFiles { .. } => 100,
        Step::Pause { duration } => u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 1_000_000),
        Step::CreateVolume { .. }
        | Step::RemoveVolume { .. }
        | Step::Unpause { .. }
        | Step::Rename { .. }
        | Step::CollectLogs { .. } => 10,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::fixture;
    use super::limit;

    #[test]
    fn a_step_has_a_limit_unless_it_knows_its_own() {
        let seconds = |verb: &str| limit(&fixture::nodes(&format!("{verb} a"))[0].step).map(|limit| limit.as_secs());
        assert_eq!(seconds("call"), Some(120));
        assert_eq!(seconds("remove"), Some(900));
        assert_eq!(seconds("logs"), Some(10));
        assert_eq!(seconds("pull"), Some(24 * 3600));
        assert_eq!([seconds("wait"), seconds("pause")], [None, None]);
    }

    #[test]
    fn a_stop_may_take_its_grace_and_two_minutes() {
        let node = &fixture::nodes("remove a")[0];
        let crate::plan::Step::Remove { container } = &node.step else { panic!("it removes") };
        let stop = |grace| limit(&crate::plan::Step::Stop { container: container.clone(), grace });
        assert_eq!(stop(Some(10)), Some(Duration::from_secs(130)));
        assert_eq!([stop(None), stop(Some(-1))], [Some(Duration::from_secs(24 * 3600)); 2]);
    }
}
