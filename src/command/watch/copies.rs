//! What containers have got of the files that rules copy.
//!
//! A container that takes another one's place starts from its image, so everything that was copied since that image
//! was built is copied again; and what a container has already is not copied twice, however often it is saved.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};

use super::job::Changed;
use super::rules::Rule;
use crate::context::regular;
use crate::model::ServiceName;
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

/// So many deletions of what may have been an empty folder are worth a look each.
const FEW: usize = 16;

/// The state of a file, as far as a copy has it: what it is, what it holds, its mode. `None`: it is not there.
pub type Print = Option<(u32, [u8; 32])>;

/// What containers have got.
#[derive(Debug, Default)]
pub struct Copies {
    /// Every path that was ever changed since the service's image was built, in the container, and where it comes from.
    wanted: BTreeMap<ServiceName, BTreeMap<String, Source>>,
    /// What each container has.
    sent: BTreeMap<ContainerId, BTreeMap<String, Print>>,
}

/// A file of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    /// The rule's path: nothing above it is anybody's business.
    root: Utf8PathBuf,
    path: Utf8PathBuf,
}

/// What one container lacks.
#[derive(Debug, Default)]
pub struct Lack {
    /// Files and folders to copy, each folder before what is in it.
    pub files: Vec<CopiedFile>,
    /// What is to be deleted, none below another.
    pub gone: Vec<Gone>,
    prints: BTreeMap<String, Print>,
}

impl Lack {
    /// Whether it lacks nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.gone.is_empty()
    }
}

/// A path to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// In the container.
    pub path: String,
    /// Whether it was, or may have been, a folder here. Where the container has a link in its place that link is the
    /// container's own, and only what is named below it goes.
    pub folder: bool,
    /// Paths below it that are gone, too.
    pub below: Vec<String>,
}

/// What to compare, for a thread that may read files.
#[derive(Debug)]
pub struct Errand {
    paths: BTreeMap<String, Source>,
    has: BTreeMap<String, Print>,
}

impl Copies {
    /// Paths changed. Answers with their paths in the container.
    pub fn want(&mut self, service: &ServiceName, rules: &[Rule], paths: &Changed) -> BTreeSet<String> {
        let wanted = self.wanted.entry(service.clone()).or_default();
        let mut targets = BTreeSet::new();
        for (number, below) in paths {
            let rule = &rules[*number];
            for below in below {
                let source = Source { root: rule.path.clone(), path: rule.source_of(below) };
                let target = rule.target_of(below);
                targets.insert(target.clone());
                wanted.insert(target, source);
            }
        }
        targets
    }

    /// The image was built anew and holds everything.
    pub fn built(&mut self, service: &ServiceName) {
        self.wanted.remove(service);
    }

    /// Whether a container has never been given what it should have.
    pub fn is_new(&self, service: &ServiceName, container: &ContainerId) -> bool {
        !self.sent.contains_key(container) && self.wanted.get(service).is_some_and(|wanted| !wanted.is_empty())
    }

    /// What to compare for a container: these paths, or everything if it is a new one.
    pub fn errand(&self, service: &ServiceName, container: &ContainerId, paths: &BTreeSet<String>) -> Errand {
        let wanted = self.wanted.get(service).into_iter().flatten();
        let has = self.sent.get(container);
        let chosen = wanted.filter(|(path, _)| has.is_none() || paths.contains(*path));
        let paths: BTreeMap<_, _> = chosen.map(|(path, source)| (path.clone(), source.clone())).collect();
        let known = |path: &String| Some((path.clone(), *has?.get(path)?));
        Errand { has: paths.keys().filter_map(known).collect(), paths }
    }

    /// A container has been given what it lacked.
    pub fn sent(&mut self, container: &ContainerId, lack: Lack) {
        self.sent.entry(container.clone()).or_default().extend(lack.prints);
    }

    /// How many paths are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.wanted.values().map(BTreeMap::len).sum::<usize>() + self.sent.values().map(BTreeMap::len).sum::<usize>()
    }

    /// What a container has, as far as it is known.
    pub fn known(&self, container: &ContainerId) -> BTreeMap<String, Print> {
        self.sent.get(container).cloned().unwrap_or_default()
    }

    /// What came back from a container is nothing that it lacks.
    pub fn learn(&mut self, container: &ContainerId, known: BTreeMap<String, Print>) {
        self.sent.entry(container.clone()).or_default().extend(known);
    }

    /// Only these containers are there.
    pub fn keep(&mut self, containers: &BTreeSet<ContainerId>) {
        self.sent.retain(|container, _| containers.contains(container));
    }
}

impl Errand {
    /// Looks at the files as they are now. Blocks.
    pub fn run(self) -> Lack {
        let mut lack = Lack::default();
        let mut gone = BTreeSet::new();
        let mut every = Vec::new();
        for (target, source) in &self.paths {
            let (kind, mode, print) = match look(&source.path) {
                Some(found) => found,
                None => {
                    let known = self.has.get(target);
                    if known != Some(&None) {
                        gone.extend(top(target, source));
                        every.push(target);
                    }
                    lack.prints.insert(target.clone(), None);
                    continue;
                }
            };
            // The target itself may be the image's, with an owner of its own; it is made with the first file in it.
            if kind == CopiedKind::Folder && source.path == source.root {
                continue;
            }
            if self.has.get(target) != Some(&Some(print)) {
                lack.files.push(CopiedFile { path: target.clone(), kind, mode });
                lack.prints.insert(target.clone(), Some(print));
            }
        }
        // The order of paths puts each topmost one before what is below it.
        let few = gone.len() <= FEW;
        for path in gone {
            if !lack.gone.last().is_some_and(|top| is_below(&path, &top.path)) {
                let below: Vec<_> =
                    every.iter().filter(|other| is_below(other, &path)).map(|it| (*it).clone()).collect();
                let folder = match self.has.get(&path) {
                    Some(print) => print.is_some_and(|(mode, _)| mode & 0o170_000 == 0o040_000),
                    None => few || !below.is_empty(),
                };
                lack.gone.push(Gone { path, folder, below });
            }
        }
        lack
    }
}

fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
}

/// What is at a path now: what a copy of it is, its permission bits, and its print. What a file holds is read again
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WatchAction;

    struct Lab {
        folder: tempfile::TempDir,
        copies: Copies,
        rules: Vec<Rule>,
    }

    impl Lab {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = Utf8Path::from_path(folder.path()).unwrap().to_owned();
            let rule = Rule {
                service: "web".into(),
                number: 0,
                path,
                action: WatchAction::Sync,
                target: "/app".into(),
                exec: None,
                initial_sync: false,
            };
            Self { folder, copies: Copies::default(), rules: vec![rule] }
        }

        fn shell(&self, script: &str) {
            let status =
                std::process::Command::new("sh").args(["-ec", script]).current_dir(self.folder.path()).status();
            assert!(status.unwrap().success());
        }

        /// What container `id` lacks after these paths changed.
        fn lack(&mut self, id: &str, paths: &[&str]) -> String {
            let web = ServiceName::new("web");
            let changed = [(0, paths.iter().map(|path| Utf8PathBuf::from(*path)).collect())].into();
            let targets = self.copies.want(&web, &self.rules, &changed);
            let id = ContainerId(id.to_owned());
            let lack = self.copies.errand(&web, &id, &targets).run();
            let told = lack.files.iter().map(|file| format!("+{}", file.path));
            let told: Vec<_> = told.chain(lack.gone.iter().map(|gone| format!("-{}", gone.path))).collect();
            self.copies.sent(&id, lack);
            told.join(" ")
        }
    }

    #[test]
    fn only_what_differs_from_what_was_sent_is_sent() {
        let mut lab = Lab::new();
        lab.shell("mkdir d; echo 1 > d/a; ln -s a d/l");
        assert_eq!(lab.lack("one", &["d", "d/a", "d/l"]), "+/app/d +/app/d/a +/app/d/l");
        assert_eq!(lab.lack("one", &["d", "d/a", "d/l"]), "");
        lab.shell("chmod 755 d/a; ln -sf b d/l");
        assert_eq!(lab.lack("one", &["d/a", "d/l"]), "+/app/d/a +/app/d/l");
    }

    #[test]
    fn a_container_that_takes_another_s_place_gets_everything_since_the_build() {
        let mut lab = Lab::new();
        lab.shell("echo 1 > a; echo 2 > b");
        assert_eq!(lab.lack("one", &["a"]), "+/app/a");
        assert_eq!(lab.lack("two", &["b"]), "+/app/a +/app/b");
        lab.copies.built(&"web".into());
        assert_eq!(lab.lack("three", &["b"]), "+/app/b");
    }

    #[test]
    fn what_is_gone_is_deleted_at_its_top_and_only_once() {
        let mut lab = Lab::new();
        lab.shell("mkdir -p d/e; echo 1 > d/e/a; echo 2 > d/e/b; echo 3 > d/c; echo 4 > f");
        lab.lack("one", &["d", "d/e", "d/e/a", "d/e/b", "d/c", "f"]);
        lab.shell("rm -r d/e f");
        assert_eq!(lab.lack("one", &["d/e", "d/e/a", "d/e/b", "f"]), "-/app/d/e -/app/f");
        assert_eq!(lab.lack("one", &["d/e", "d/e/a", "f"]), "");
        lab.shell("rm -r d; echo file > d");
        assert_eq!(lab.lack("one", &["d", "d/c"]), "+/app/d", "the file takes the folder's place");
    }
}
