//! What a container saves comes back (`x-dsenv.sync_back`), such as the notebooks that Jupyter writes.
//!
//! An engine tells nothing of files, so they are fetched every few seconds while the container runs. A file that
//! changed on both sides since they were last equal is kept twice, side by side. Only a save over there in the tenth of a
//! second between such a fetch and a copy is lost to the copy: no engine compares before it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};

use super::copies::{Print, look, print_of};
use crate::plan::{CopiedFile, CopiedKind};
use crate::watch::{Filter, Verdict};

/// A folder of a container whose files come back.
#[derive(Clone)]
pub struct Way {
    /// In the container.
    pub target: String,
    /// On this machine.
    pub source: Utf8PathBuf,
    /// Below which path of this machine the filter counts.
    pub root: Utf8PathBuf,
    /// What counts.
    pub filter: Filter,
}

/// What was found equal on both sides, or was copied, by path in the container.
pub type Known = BTreeMap<String, Print>;

/// What came back.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Files of this machine that were written or deleted.
    pub files: Vec<Utf8PathBuf>,
    /// Files that were kept beside one that had changed here too.
    pub conflicts: Vec<Utf8PathBuf>,
    /// What both sides have now.
    pub known: Known,
}

/// Compares what a container holds with this machine and brings back what changed there. `known` is what both sides had
/// last. Blocks.
///
/// # Errors
/// When a file of this machine cannot be written.
pub fn bring_back(way: &Way, found: &[CopiedFile], known: &Known, container: &str) -> io::Result<Returned> {
    let mut returned = Returned::default();
    let mut seen = BTreeSet::new();
    for file in found {
        let Some(below) = below(&file.path, &way.target) else { continue };
        let source = if below.as_str().is_empty() { way.source.clone() } else { way.source.join(&below) };
        let folder = file.kind == CopiedKind::Folder;
        seen.insert(file.path.clone());
        if !counts(way, &source, folder) {
            continue;
        }
        let theirs = print_of(&file.kind, file.mode);
        let ours = look(&source).map(|(_, _, print)| print);
        let last = known.get(&file.path).copied();
        if folder {
            if ours.is_none() {
                fs::create_dir_all(&source)?;
            }
            continue;
        }
        let same = |one: Print, other: Print| one.map(|print| print.1) == other.map(|print| print.1);
        match last {
            // Equal, or nothing new over there: what is new here goes there by the rule's own way.
            _ if same(theirs, ours) => drop(returned.known.insert(file.path.clone(), ours)),
            Some(last) if same(last, theirs) => {}
            // Never equal so far: the image's own file is no news.
            None if ours.is_some() => drop(returned.known.insert(file.path.clone(), theirs)),
            Some(last) if !same(last, ours) && ours.is_some() => {
                let beside = beside(&source, container);
                write(&beside, file)?;
                returned.conflicts.push(beside);
                returned.known.insert(file.path.clone(), theirs);
            }
            Some(_) | None => {
                write(&source, file)?;
                returned.files.push(source.clone());
                returned.known.insert(file.path.clone(), look(&source).map(|(_, _, print)| print));
            }
        }
    }
    // What both sides had and the container has no more, unless it changed here.
    let prefix = format!("{}/", way.target.trim_end_matches('/'));
    for (path, last) in known.iter().filter(|(path, last)| last.is_some() && path.starts_with(&prefix)) {
        let Some(below) = below(path, &way.target).filter(|_| !seen.contains(path)) else { continue };
        let source = way.source.join(below);
        let ours = look(&source).map(|(_, _, print)| print);
        if ours == *last && source.is_file() {
            fs::remove_file(&source)?;
            returned.files.push(source);
        }
        returned.known.insert(path.clone(), None);
    }
    Ok(returned)
}

fn below(path: &str, target: &str) -> Option<Utf8PathBuf> {
    let rest = path.strip_prefix(target.trim_end_matches('/'))?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(Utf8PathBuf::from(rest)),
        None => rest.is_empty().then(Utf8PathBuf::new),
    }
}

fn counts(way: &Way, source: &Utf8Path, folder: bool) -> bool {
    match source.strip_prefix(&way.root) {
        Ok(below) if below.as_str().is_empty() => true,
        Ok(below) => (way.filter)(below, folder) == Verdict::Take,
        Err(_) => true,
    }
}

/// `a.ipynb` of container `lab-notebook-1` beside one of this machine: `a.from-lab-notebook-1.ipynb`.
fn beside(source: &Utf8Path, container: &str) -> Utf8PathBuf {
    let stem = source.file_stem().unwrap_or_default();
    let extension = source.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
    source.with_file_name(format!("{stem}.from-{container}{extension}"))
}

/// At once or not at all: nobody reads half a file.
fn write(path: &Utf8Path, file: &CopiedFile) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_file_name(format!(".dsenv-{}.new", path.file_name().unwrap_or_default()));
    match &file.kind {
        CopiedKind::Folder => return Ok(()),
        CopiedKind::File(content) => {
            fs::write(&new, content.bytes())?;
            fs::set_permissions(&new, fs::Permissions::from_mode(file.mode & 0o7777))?;
        }
        CopiedKind::Link(to) => {
            // A leftover of an interruption would be in the way.
            fs::remove_file(&new).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
            std::os::unix::fs::symlink(to, &new)?;
        }
    }
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Content;
    use crate::watch::everything;

    struct Lab {
        folder: tempfile::TempDir,
        known: Known,
    }

    impl Lab {
        fn at(&self, name: &str) -> Utf8PathBuf {
            Utf8Path::from_path(self.folder.path()).unwrap().join(name)
        }

        /// The container has these files now; tells what was written here and what was kept beside.
        fn back(&mut self, files: &[(&str, &str)]) -> String {
            let folder = Utf8Path::from_path(self.folder.path()).unwrap().to_owned();
            let way = Way { target: "/nb".into(), source: folder.clone(), root: folder.clone(), filter: everything() };
            let file = |(name, text): &(&str, &str)| CopiedFile {
                path: format!("/nb/{name}"),
                kind: CopiedKind::File(Content::new(text.as_bytes())),
                mode: 0o644,
            };
            let found: Vec<_> = files.iter().map(file).collect();
            let returned = bring_back(&way, &found, &self.known, "lab-nb-1").unwrap();
            self.known.extend(returned.known);
            let name = |path: &Utf8PathBuf| path.strip_prefix(&folder).unwrap().to_string();
            let written: Vec<_> = returned.files.iter().map(name).collect();
            let beside: Vec<_> = returned.conflicts.iter().map(|path| format!("!{}", name(path))).collect();
            [written, beside].concat().join(" ")
        }
    }

    #[test]
    fn what_is_saved_over_there_comes_back_once() {
        let mut lab = Lab { folder: tempfile::tempdir().unwrap(), known: Known::new() };
        fs::write(lab.at("a.ipynb"), "1").unwrap();
        assert_eq!(lab.back(&[("a.ipynb", "1")]), "");
        assert_eq!(lab.back(&[("a.ipynb", "2"), ("d/new.ipynb", "x")]), "a.ipynb d/new.ipynb");
        assert_eq!(fs::read_to_string(lab.at("a.ipynb")).unwrap(), "2");
        assert_eq!(lab.back(&[("a.ipynb", "2"), ("d/new.ipynb", "x")]), "");
        assert_eq!(lab.back(&[("a.ipynb", "2")]), "d/new.ipynb", "deleted over there");
        assert!(!lab.at("d/new.ipynb").exists());
    }

    #[test]
    fn what_changed_on_both_sides_is_kept_twice() {
        let mut lab = Lab { folder: tempfile::tempdir().unwrap(), known: Known::new() };
        fs::write(lab.at("a.ipynb"), "1").unwrap();
        lab.back(&[("a.ipynb", "1")]);
        fs::write(lab.at("a.ipynb"), "here").unwrap();
        assert_eq!(lab.back(&[("a.ipynb", "there")]), "!a.from-lab-nb-1.ipynb");
        assert_eq!(fs::read_to_string(lab.at("a.ipynb")).unwrap(), "here");
        assert_eq!(fs::read_to_string(lab.at("a.from-lab-nb-1.ipynb")).unwrap(), "there");
        assert_eq!(lab.back(&[("a.ipynb", "there")]), "", "told once");
    }

    #[test]
    fn an_image_s_own_file_overwrites_nothing_here() {
        let mut lab = Lab { folder: tempfile::tempdir().unwrap(), known: Known::new() };
        fs::write(lab.at("a.ipynb"), "newer").unwrap();
        assert_eq!(lab.back(&[("a.ipynb", "of the image")]), "");
        assert_eq!(fs::read_to_string(lab.at("a.ipynb")).unwrap(), "newer");
    }
}
