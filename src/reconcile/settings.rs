//! What does not change while the loop runs.

use camino::Utf8PathBuf;

/// What does not change while the loop runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether what breaks is repaired.
    pub heal: bool,
    /// Which changes of the spec are applied without asking.
    pub auto: Auto,
    /// Names of the current folder: paths below it are told without it.
    pub folders: Vec<Utf8PathBuf>,
}

/// Which changes are applied without asking when the spec is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    /// All that endanger no data
    All,
    /// Those that stop no container
    Safe,
    /// None
    None,
}
