//! What is known to be under a root, and how that differs from what is there now.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Filter, Verdict};

/// What tells one state of a path from the next without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub kind: Kind,
    inode: u64,
    mode: u32,
    /// Of a folder, 0: they change with what is in it, which is told by itself.
    size: u64,
    modified: (i64, i64),
    device: u64,
    names: u64,
}

/// What a path is. Sockets, pipes and devices are not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
}

impl Stat {
    /// Looks at a path, without following a link at its end.
    pub fn of(path: &Utf8Path) -> Option<Self> {
        path.symlink_metadata().ok().and_then(|about| Self::read(&about))
    }

    fn read(about: &Metadata) -> Option<Self> {
        let kind = match about.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() => Kind::Link,
            _ => return None,
        };
        let (size, modified) = match kind {
            Kind::Folder => (0, (0, 0)),
            Kind::File | Kind::Link => (about.len(), (about.mtime(), about.mtime_nsec())),
        };
        // A folder has a name more with each folder in it.
        let names = if kind == Kind::Folder { 1 } else { about.nlink() };
        Some(Self { kind, inode: about.ino(), mode: about.mode(), size, modified, device: about.dev(), names })
    }

    /// Whether both are the same file or folder, whatever is in it.
    pub fn is_same_object(&self, other: &Self) -> bool {
        (self.kind, self.inode, self.device) == (other.kind, other.inode, other.device)
    }

    /// Whether the file has names besides this one.
    pub fn has_other_names(&self) -> bool {
        self.names > 1
    }

    /// Whether its last change is so short ago that its writer may still be at work.
    pub fn is_fresh(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let modified = Duration::from_secs(u64::try_from(self.modified.0).unwrap_or_default());
        self.kind == Kind::File && now.saturating_sub(modified) < Duration::from_secs(2)
    }
}

/// What is known of one root, by path relative to it. A root that is a file has one entry, with an empty path.
#[derive(Debug, Default)]
pub(super) struct Snapshot(BTreeMap<Utf8PathBuf, Stat>);

/// How a path differs from what was known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// It is new.
    New(Utf8PathBuf, Stat),
    /// It is another one than before.
    Changed(Utf8PathBuf, Stat),
    /// It is not there any more. Each path is named, not only the topmost: another may be back by the time that
    /// somebody acts.
    Gone(Utf8PathBuf),
}

impl Snapshot {
    pub fn get(&self, path: &Utf8Path) -> Option<&Stat> {
        self.0.get(path)
    }

    /// Every known path.
    pub fn paths(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.0.keys()
    }

    /// A path and all below it.
    fn under<'a>(&'a self, path: &'a Utf8Path) -> impl Iterator<Item = (&'a Utf8PathBuf, &'a Stat)> {
        let from = (Bound::Included(path), Bound::Unbounded);
        self.0.range::<Utf8Path, _>(from).take_while(move |(other, _)| other.starts_with(path))
    }

    /// Takes in what is at `path` and below it now, and tells the differences.
    pub fn replace(&mut self, path: &Utf8Path, found: BTreeMap<Utf8PathBuf, Stat>) -> Vec<Difference> {
        let lost = self.under(path).filter(|(old, _)| !found.contains_key(*old)).map(|(old, _)| old.clone());
        let lost: Vec<_> = lost.collect();
        let mut differences = Vec::new();
        for old in lost {
            self.0.remove(&old);
            differences.push(Difference::Gone(old));
        }
        for (path, stat) in found {
            match self.0.insert(path.clone(), stat) {
                None => differences.push(Difference::New(path, stat)),
                Some(old) if old != stat => differences.push(Difference::Changed(path, stat)),
                Some(_) => {}
            }
        }
        differences
    }
}

/// Everything that counts under `base`/`from`, itself included; `enter` hears of each folder before it is read, so
/// that nothing falls between a watch and a look.
pub(super) fn scan(
    base: &Utf8Path,
    from: &Utf8Path,
    filter: &Filter,
    enter: &mut dyn FnMut(&Utf8Path),
) -> BTreeMap<Utf8PathBuf, Stat> {
    let mut found = BTreeMap::new();
    let mut open = vec![from.to_owned()];
    while let Some(path) = open.pop() {
        let whole = join(base, &path);
        let Some(stat) = Stat::of(&whole) else { continue };
        let folder = stat.kind == Kind::Folder;
        let verdict = if path.as_str().is_empty() { Verdict::Take } else { filter(&path, folder) };
        if verdict == Verdict::Take {
            found.insert(path.clone(), stat);
        }
        if folder && verdict != Verdict::Skip {
            enter(&whole);
            // A folder that vanishes meanwhile, or that may not be read, has nothing for us in it.
            let entries = whole.read_dir_utf8().into_iter().flatten().flatten();
            open.extend(entries.map(|entry| path.join(entry.file_name())));
        }
    }
    found
}

/// `base` itself for an empty path: joining one would add a slash.
fn join(base: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    if path.as_str().is_empty() { base.to_owned() } else { base.join(path) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::watch::everything;

    fn told(differences: &[Difference]) -> Vec<String> {
        let told = |difference: &Difference| match difference {
            Difference::New(path, _) => format!("{path} new"),
            Difference::Changed(path, _) => format!("{path} changed"),
            Difference::Gone(path) => format!("{path} gone"),
        };
        differences.iter().map(told).collect()
    }

    #[test]
    fn a_second_scan_tells_only_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(base.join("d/e")).unwrap();
        for file in ["a", "d/b", "d/e/c", "x"] {
            fs::write(base.join(file), file).unwrap();
        }
        let mut snapshot = Snapshot::default();
        let look = |snapshot: &mut Snapshot| {
            told(&snapshot.replace("".into(), scan(base, "".into(), &everything(), &mut |_| {})))
        };
        let all = [" new", "a new", "d new", "d/b new", "d/e new", "d/e/c new", "x new"];
        assert_eq!(look(&mut snapshot), all);
        assert_eq!(look(&mut snapshot), [""; 0]);
        fs::remove_dir_all(base.join("d")).unwrap();
        fs::write(base.join("a"), "longer").unwrap();
        fs::remove_file(base.join("x")).unwrap();
        fs::create_dir(base.join("x")).unwrap();
        assert_eq!(look(&mut snapshot), ["d gone", "d/b gone", "d/e gone", "d/e/c gone", "a changed", "x changed"]);
    }

    #[test]
    fn what_is_left_out_is_not_entered() {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(base.join("node_modules/x")).unwrap();
        fs::create_dir_all(base.join("src")).unwrap();
        fs::write(base.join("src/a"), "").unwrap();
        let filter: Filter = Arc::new(|path, _| match path.as_str() {
            "node_modules" => Verdict::Skip,
            "src" => Verdict::Enter,
            _ => Verdict::Take,
        });
        let mut entered = Vec::new();
        let found = scan(base, "".into(), &filter, &mut |folder| entered.push(folder.to_owned()));
        assert_eq!(found.keys().collect::<Vec<_>>(), ["", "src/a"]);
        assert_eq!(entered, [base.to_owned(), base.join("src")]);
    }
}
