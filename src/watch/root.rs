//! What is watched, what of it counts, and how soon a change is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

/// A file or folder that is watched. It need not be there yet.
#[derive(Clone)]
pub struct Root {
    /// Absolute.
    pub path: Utf8PathBuf,
    /// What of it counts.
    pub filter: Filter,
    /// How soon a change is told.
    pub pace: Pace,
}

/// Says of a path below a root, relative to it, and whether it is a folder, if it counts.
pub type Filter = Arc<dyn Fn(&Utf8Path, bool) -> Verdict + Send + Sync>;

/// A filter that leaves nothing out.
pub fn everything() -> Filter {
    Arc::new(|_, _| Verdict::Take)
}

/// Whether a path counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Take,
    /// It does not, but something below it may: the folder is entered.
    Enter,
    /// Neither it nor anything below it does: the folder is neither read nor watched.
    Skip,
}

/// How soon a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As soon as a file is whole. What comes so shortly after it joins in.
    Whole {
        /// How long others may join.
        join: Duration,
    },
    /// When nothing has changed for a while.
    Quiet {
        /// How long nothing may change.
        quiet: Duration,
        /// The longest wait since the first change, so that one who writes all the time does not starve the rule.
        most: Duration,
    },
}

impl Pace {
    /// For copying: no quiet period. What comes while a batch is under way joins the next.
    pub const PROMPT: Self = Self::Whole { join: Duration::from_millis(1) };
    /// For copying where something runs afterwards: files that are saved together are one reason to run it.
    pub const TOGETHER: Self = Self::Whole { join: Duration::from_millis(10) };
    /// For rebuilding and restarting.
    pub const CALM: Self = Self::Quiet { quiet: Duration::from_millis(500), most: Duration::from_secs(2) };
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, filter: _, pace } = self;
        f.debug_struct("Root").field("path", path).field("pace", pace).finish_non_exhaustive()
    }
}
