//! Parts of the state that several transitions share.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::{Desired, Terminal};
use crate::sync::{Changed, Job, Watchlist};

/// What the files ask for.
#[derive(Debug)]
pub(super) struct Spec {
    /// What they ask for now.
    pub wanted: Rc<Desired>,
    /// What was applied last. Only it is healed: what waits for a word has no right yet.
    pub applied: Rc<Desired>,
    pub watchlist: Watchlist,
    /// Whether a plan waits for the user's word.
    pub awaits_word: bool,
}

/// Changes of files that had to wait.
#[derive(Debug, Default)]
pub(super) struct PendingChanges {
    /// Files of the spec that were saved.
    pub spec: BTreeSet<String>,
    /// Paths by rule.
    pub by_rule: Changed,
    pub rebuilds: VecDeque<Job>,
}

impl PendingChanges {
    pub fn add(&mut self, changed: Changed) {
        for (rule, paths) in changed {
            self.by_rule.entry(rule).or_default().extend(paths);
        }
    }
}

/// What a person sees.
#[derive(Debug, Default)]
pub(super) struct View {
    pub terminal: Terminal,
    /// Whether the next digit picks a service to restart.
    pub picks_restart: bool,
    /// Whether logs are shown.
    pub logs: bool,
}

/// What is done once at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Startup {
    /// The first look, and what it asks for.
    Look,
    /// Initial sync.
    InitialSync,
    /// Nothing more.
    Done,
}
