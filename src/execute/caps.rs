//! How many steps run at once.

/// How many steps run at once, by their class.
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
