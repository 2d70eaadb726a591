//! What should exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::context::Hashes;
use crate::model::{Origins, Project, ServiceName, WatchRule};

/// What should exist, and which text asks for it.
#[derive(Debug)]
pub struct Desired {
    /// What should exist.
    pub project: Project,
    /// Which text asks for what.
    pub origins: Origins,
    /// What to do when files change, in the order of the file; the engine hears nothing of it.
    pub watch: BTreeMap<ServiceName, Vec<WatchRule>>,
    /// Paths in containers whose changes come back to this machine while it watches.
    pub sync_back: BTreeMap<ServiceName, Vec<String>>,
    /// Services whose unhealthy containers are left alone, though others are healed.
    pub left_unhealthy: BTreeSet<ServiceName>,
    /// Services whose logs are shown only to who asks for them by name.
    pub unattached: BTreeSet<ServiceName>,
    /// The variables that the spec was filled with: those of this process and of `.env`.
    pub variables: BTreeMap<String, String>,
    /// Every file that was read for it.
    pub files: Vec<Utf8PathBuf>,
    /// What is known of the files of builds.
    pub hashes: Arc<Hashes>,
}
