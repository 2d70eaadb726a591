//! A root and what is known of it.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::snapshot::{Kind, Snapshot, Stat};
use super::source::{Notice, Why};
use super::{Root, Verdict};

pub(super) struct Watched {
    pub root: Root,
    /// Where it truly is, or would be: links on the way to it are resolved.
    pub base: Utf8PathBuf,
    /// Tells it from another that takes its place. `None`: it is not there.
    pub found: Option<Stat>,
    pub snapshot: Snapshot,
    /// How long to wait between two looks at everything, where that is how changes are found.
    pub polled: Option<Duration>,
    pub next: Instant,
}

impl Watched {
    pub fn new(root: Root) -> Self {
        let base = locate(&root.path);
        Self { root, base, found: None, snapshot: Snapshot::default(), polled: None, next: Instant::now() }
    }

    /// Whether it was a folder when it was last there.
    pub fn is_folder(&self) -> bool {
        self.snapshot.get("".into()).is_some_and(|stat| stat.kind == Kind::Folder)
    }

    /// The path as the filter wants it, if it is in this root.
    pub fn relative(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if path == self.root.path {
            return Some(Utf8PathBuf::new());
        }
        path.strip_prefix(&self.base).ok().map(Utf8Path::to_owned)
    }

    /// Whether what happens to a path decides where this root is, or whether it is there.
    pub fn hangs_on(&self, path: &Utf8Path) -> bool {
        self.base.starts_with(path) && (self.found.is_none() || path != self.base)
    }

    pub fn takes(&self, path: &Utf8Path) -> bool {
        path.as_str().is_empty() || (self.root.filter)(path, false) == Verdict::Take
    }

    /// The nearest folder above it that is there.
    pub fn above(&self) -> Option<&Utf8Path> {
        self.base.ancestors().skip(1).find(|folder| folder.is_dir())
    }

    pub fn polling(&self, why: Why) -> Notice {
        Notice::Polling { root: self.root.path.clone(), why }
    }
}

/// Where a path truly is: links on the way to it are resolved, as far as it is there.
pub(super) fn locate(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => locate(parent).join(name),
        _ => path.to_owned(),
    })
}
