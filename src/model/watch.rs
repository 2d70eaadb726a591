//! What to do when files change (Compose Specification, develop.watch). It is the client's business: no engine hears of
//! it, and no plan differs by it.

use camino::Utf8PathBuf;

use super::Hook;

/// One rule of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchRule {
    /// File or folder on this machine, absolute.
    pub path: Utf8PathBuf,
    /// What to do.
    pub action: WatchAction,
    /// Where the files go in the container; there for every action that copies.
    pub target: Option<String>,
    /// What `sync+exec` runs.
    pub exec: Option<Hook>,
    /// Patterns of what counts, as in `.dockerignore`; everything when empty.
    pub include: Vec<String>,
    /// Patterns of what does not count, as in `.dockerignore`.
    pub ignore: Vec<String>,
    /// Whether everything is copied at the start too; false by default.
    pub initial_sync: bool,
}

/// What to do when files change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchAction {
    /// Build the image again and replace the containers.
    Rebuild,
    /// Copy the files.
    Sync,
    /// Restart the containers.
    Restart,
    /// Copy the files, then restart.
    SyncRestart,
    /// Copy the files, then run a command.
    SyncExec,
}

impl WatchAction {
    /// Whether it copies files.
    pub fn copies(self) -> bool {
        match self {
            Self::Sync | Self::SyncRestart | Self::SyncExec => true,
            Self::Rebuild | Self::Restart => false,
        }
    }
}
