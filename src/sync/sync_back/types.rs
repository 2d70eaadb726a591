//! What sync back works with: where files belong, what a container holds, and what is remembered of it.

#![expect(clippy::disallowed_methods, reason = "opens the folder on this machine")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::Beneath;
use crate::sync::Fingerprint;
use crate::watch::{Filter, Verdict};

/// A folder of a container whose files come back.
#[derive(Clone)]
pub struct Mapping {
    /// In the container.
    pub target: String,
    /// On this machine: the rule's path. Nothing outside it is touched.
    pub rule: Utf8PathBuf,
    /// Where the folder is below the rule's path.
    pub below: Utf8PathBuf,
    /// What counts, below the rule's path.
    pub filter: Filter,
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, rule, below, filter: _ } = self;
        f.debug_struct("Mapping")
            .field("target", target)
            .field("rule", rule)
            .field("below", below)
            .finish_non_exhaustive()
    }
}

/// What was found equal on both sides, or was copied, by path in the container.
pub type Known = BTreeMap<String, Fingerprint>;

/// What is remembered of one container beside that.
#[derive(Debug, Default)]
pub struct History {
    started: Option<Timestamp>,
    /// Paths that both sides had at the same time, since the container's start.
    pub(super) both: BTreeSet<String>,
    /// What is new over there and was seen once.
    pub unsettled: BTreeMap<String, [u8; 32]>,
    /// When deletions came back.
    pub(super) deletions: Vec<Duration>,
    /// What does not come back, as was told.
    told: BTreeSet<String>,
}

/// Something that a container holds.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the container.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
}

/// What it is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file with this digest, and its bytes if they are few.
    File([u8; 32], Option<Bytes>),
    /// A link to this path.
    Link(String),
    /// Nothing that could come back.
    Other,
}

/// What is to be done on this machine.
#[derive(Debug, Default)]
pub struct Incoming {
    /// Files and links that come here.
    pub files: Vec<IncomingFile>,
    /// Files that go, below the rule's path, each with its path in the container.
    pub deletions: Vec<(String, Utf8PathBuf)>,
    /// What both sides have now.
    pub known: Known,
    /// What is told once, each with what to do about it.
    pub notes: Vec<(String, Option<String>)>,
}

/// Something that comes here.
#[derive(Debug)]
pub struct IncomingFile {
    /// In the container.
    pub path: String,
    /// Below the rule's path.
    pub place: Utf8PathBuf,
    /// What it is; never a folder.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Whether it is kept beside one that changed here, and whether it may still have been written to.
    pub beside: Option<Torn>,
}

/// Whether somebody may have been writing a file when it was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// Two looks found it the same.
    Whole,
    /// There was no time for a second look.
    Perhaps,
}

impl History {
    /// How much is remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.both.len() + self.unsettled.len() + self.deletions.len() + self.told.len()
    }

    /// What was seen before a start says nothing about what a start did.
    pub fn begin(&mut self, started: Option<Timestamp>) {
        if self.started != started {
            *self = Self { started, told: std::mem::take(&mut self.told), ..Self::default() };
        }
    }

    /// It came here and both sides have it.
    pub fn came(&mut self, path: &str) {
        self.unsettled.remove(path);
        self.both.insert(path.to_owned());
    }

    pub(super) fn tell(&mut self, notes: &mut Vec<(String, Option<String>)>, note: String, hint: Option<&str>) {
        if self.told.insert(note.clone()) {
            notes.push((note, hint.map(str::to_owned)));
        }
    }
}

impl Mapping {
    /// The folder beneath which everything is, and what is in front of each place there. `None`: there is none now.
    pub fn open(&self) -> Option<(Beneath, Utf8PathBuf)> {
        if self.rule.is_dir() {
            return Some((Beneath::open(&self.rule).ok()?, Utf8PathBuf::new()));
        }
        // A rule for one file: its folder is the user's, and of it this file only.
        let (folder, name) = (self.rule.parent()?, self.rule.file_name()?);
        self.rule.is_file().then_some(())?;
        Some((Beneath::open(folder).ok()?, name.into()))
    }

    /// The place of something that a container holds, below the rule's path.
    pub(super) fn place(&self, path: &str) -> Option<Utf8PathBuf> {
        let rest = path.strip_prefix(self.target.trim_end_matches('/'))?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let rest = Utf8Path::new(rest.trim_start_matches('/'));
        let plain = rest.components().all(|part| matches!(part, Utf8Component::Normal(_)));
        plain.then(|| if rest.as_str().is_empty() { self.below.clone() } else { self.below.join(rest) })
    }

    pub(super) fn counts(&self, place: &Utf8Path, folder: bool) -> bool {
        place.as_str().is_empty() || (self.filter)(place, folder) == Verdict::Take
    }
}
