//! What one container has yet to be given: files of this machine, held against what it has.

#![expect(clippy::disallowed_methods, reason = "reads the files that are copied")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::regular;
use crate::plan::{CopiedFile, CopiedKind};

/// So many deletions of what may have been an empty folder are worth a look each.
const FEW: usize = 16;

/// The state of a file, as far as a copy has it: what it is, what it holds, its mode. `None`: it is not there.
pub type Fingerprint = Option<(u32, [u8; 32])>;

/// A file of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The rule's path: nothing above it is anybody's business.
    pub root: Utf8PathBuf,
    pub path: Utf8PathBuf,
}

/// What one container has yet to be given.
#[derive(Debug, Default)]
pub struct Pending {
    /// Files and folders to copy, each folder before what is in it.
    pub files: Vec<CopiedFile>,
    /// What is to be deleted, none below another.
    pub deletions: Vec<Deletion>,
    pub(super) fingerprints: BTreeMap<String, Fingerprint>,
}

impl Pending {
    /// Whether that is nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.deletions.is_empty()
    }
}

/// A path to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// In the container.
    pub path: String,
    /// Whether it was, or may have been, a folder here. Where the container has a link in its place that link is the
    /// container's own, and only what is named below it goes.
    pub folder: bool,
    /// Paths below it that are gone, too.
    pub below: Vec<String>,
}

/// Paths to compare with what one container has, for a thread that may read files.
#[derive(Debug)]
pub struct PendingPaths {
    pub(super) paths: BTreeMap<String, Source>,
    pub(super) has: BTreeMap<String, Fingerprint>,
}

impl PendingPaths {
    /// Looks at the files as they are now. Blocks.
    pub fn read(self) -> Pending {
        let mut pending = Pending::default();
        let mut gone = BTreeSet::new();
        let mut every = Vec::new();
        for (target, source) in &self.paths {
            let (kind, mode, fingerprint) = match look(&source.path) {
                Some(found) => found,
                None => {
                    let known = self.has.get(target);
                    if known != Some(&None) {
                        gone.extend(top(target, source));
                        every.push(target);
                    }
                    pending.fingerprints.insert(target.clone(), None);
                    continue;
                }
            };
            // The target itself may be the image's, with an owner of its own; it is made with the first file in it.
            if kind == CopiedKind::Folder && source.path == source.root {
                continue;
            }
            if self.has.get(target) != Some(&Some(fingerprint)) {
                pending.files.push(CopiedFile { path: target.clone(), kind, mode });
                pending.fingerprints.insert(target.clone(), Some(fingerprint));
            }
        }
        // The order of paths puts each topmost one before what is below it.
        let few = gone.len() <= FEW;
        for path in gone {
            if !pending.deletions.last().is_some_and(|top| is_below(&path, &top.path)) {
                let below: Vec<_> =
                    every.iter().filter(|other| is_below(other, &path)).map(|it| (*it).clone()).collect();
                let folder = match self.has.get(&path) {
                    Some(fingerprint) => fingerprint.is_some_and(|(mode, _)| mode & 0o170_000 == 0o040_000),
                    None => few || !below.is_empty(),
                };
                pending.deletions.push(Deletion { path, folder, below });
            }
        }
        pending
    }
}

fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
}

/// What is at a path now: what a copy of it is, its permission bits, and its fingerprint. What a file holds is read again
/// when it is copied; a change in between is told by the watch.
fn look(path: &Utf8Path) -> Option<(CopiedKind, u32, (u32, [u8; 32]))> {
    let about = path.symlink_metadata().ok()?;
    let mode = about.permissions().mode();
    let (kind, bytes) = if about.is_dir() {
        (CopiedKind::Folder, [0; 32])
    } else if about.is_symlink() {
        let to = fs::read_link(path).ok()?.to_str()?.to_owned();
        let hash = blake3::hash(to.as_bytes());
        (CopiedKind::Link(to), hash.into())
    } else if about.is_file() {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(regular::open_itself(path.as_std_path()).ok()?).ok()?;
        (CopiedKind::Source(path.to_owned()), hasher.finalize().into())
    } else {
        return None;
    };
    // The mode of the whole entry tells folders, links and files apart.
    Some((kind, mode & 0o7777, (mode, bytes)))
}

/// The topmost path that is gone, in the container, for one that is gone. `None` if something that is no folder took
/// the place of a folder above it: copying that deletes what was below.
fn top(target: &str, source: &Source) -> Option<String> {
    let (mut target, mut path) = (target, source.path.as_path());
    loop {
        let parent = path.parent()?;
        if path == source.root || parent == source.root {
            return Some(target.to_owned());
        }
        match parent.symlink_metadata() {
            Ok(about) if about.is_dir() => return Some(target.to_owned()),
            Ok(_) => return None,
            Err(_) => {
                target = target.rsplit_once('/')?.0;
                path = parent;
            }
        }
    }
}
