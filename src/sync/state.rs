//! What each container has of the files that rules copy, and what it has yet to be given.
//!
//! A container that takes another one's place starts from its image, so everything that was copied since that image
//! was built is copied again; and what a container has already is not copied twice, however often it is saved. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::pending::Source;
use super::{Changed, Fingerprint, Pending, PendingPaths, Rule};
use crate::model::ServiceName;
use crate::state::ContainerId;

/// What containers have got.
#[derive(Debug, Default)]
pub struct SyncState {
    /// Every path that was ever changed since the service's image was built, in the container, and where it comes from.
    wanted: BTreeMap<ServiceName, BTreeMap<String, Source>>,
    /// What each container has.
    sent: BTreeMap<ContainerId, BTreeMap<String, Fingerprint>>,
    /// Containers that were given everything. What is known of another one came back from it.
    given: BTreeSet<ContainerId>,
}

impl SyncState {
    /// Paths changed. Answers with their paths in the container.
    pub fn changed(&mut self, service: &ServiceName, rules: &[Rule], paths: &Changed) -> BTreeSet<String> {
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
    pub fn image_built(&mut self, service: &ServiceName) {
        self.wanted.remove(service);
    }

    /// Whether a container has never been given what it should have.
    pub fn is_new(&self, service: &ServiceName, container: &ContainerId) -> bool {
        !self.given.contains(container) && self.wanted.get(service).is_some_and(|wanted| !wanted.is_empty())
    }

    /// What to compare for a container: these paths, or everything if it is a new one.
    pub fn pending(&self, service: &ServiceName, container: &ContainerId, paths: &BTreeSet<String>) -> PendingPaths {
        let wanted = self.wanted.get(service).into_iter().flatten();
        let has = self.sent.get(container);
        let new = !self.given.contains(container);
        let chosen = wanted.filter(|(path, _)| new || paths.contains(*path));
        let paths: BTreeMap<_, _> = chosen.map(|(path, source)| (path.clone(), source.clone())).collect();
        let known = |path: &String| Some((path.clone(), *has?.get(path)?));
        PendingPaths { has: paths.keys().filter_map(known).collect(), paths }
    }

    /// A container has been given what was pending.
    pub fn copied(&mut self, container: &ContainerId, pending: Pending) {
        self.given.insert(container.clone());
        self.sent.entry(container.clone()).or_default().extend(pending.fingerprints);
    }

    /// How many paths are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.wanted.values().map(BTreeMap::len).sum::<usize>() + self.sent.values().map(BTreeMap::len).sum::<usize>()
    }

    /// What a container has, as far as it is known.
    pub fn known(&self, container: &ContainerId) -> BTreeMap<String, Fingerprint> {
        self.sent.get(container).cloned().unwrap_or_default()
    }

    /// What came back from a container is not pending.
    pub fn learn(&mut self, container: &ContainerId, known: BTreeMap<String, Fingerprint>) {
        self.sent.entry(container.clone()).or_default().extend(known);
    }

    /// Only these containers are there.
    pub fn retain(&mut self, containers: &BTreeSet<ContainerId>) {
        self.sent.retain(|container, _| containers.contains(container));
        self.given.retain(|container| containers.contains(container));
    }
}

#[cfg(test)]
mod tests {
    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;
    use crate::model::WatchAction;

    struct Lab {
        folder: tempfile::TempDir,
        state: SyncState,
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
            Self { folder, state: SyncState::default(), rules: vec![rule] }
        }

        fn shell(&self, script: &str) {
            let status =
                std::process::Command::new("sh").args(["-ec", script]).current_dir(self.folder.path()).status();
            assert!(status.unwrap().success());
        }

        /// What container `id` is given after these paths changed.
        fn pending(&mut self, id: &str, paths: &[&str]) -> String {
            let web = ServiceName::new("web");
            let changed = [(0, paths.iter().map(|path| Utf8PathBuf::from(*path)).collect())].into();
            let targets = self.state.changed(&web, &self.rules, &changed);
            let id = ContainerId(id.to_owned());
            let pending = self.state.pending(&web, &id, &targets).read();
            let told = pending.files.iter().map(|file| format!("+{}", file.path));
            let told: Vec<_> = told.chain(pending.deletions.iter().map(|gone| format!("-{}", gone.path))).collect();
            self.state.copied(&id, pending);
            told.join(" ")
        }
    }

    #[test]
    fn only_what_differs_from_what_was_sent_is_sent() {
        let mut lab = Lab::new();
        lab.shell("mkdir d; echo 1 > d/a; ln -s a d/l");
        assert_eq!(lab.pending("one", &["d", "d/a", "d/l"]), "+/app/d +/app/d/a +/app/d/l");
        assert_eq!(lab.pending("one", &["d", "d/a", "d/l"]), "");
        lab.shell("chmod 755 d/a; ln -sf b d/l");
        assert_eq!(lab.pending("one", &["d/a", "d/l"]), "+/app/d/a +/app/d/l");
    }

    #[test]
    fn a_container_that_takes_another_s_place_gets_everything_since_the_build() {
        let mut lab = Lab::new();
        lab.shell("echo 1 > a; echo 2 > b");
        assert_eq!(lab.pending("one", &["a"]), "+/app/a");
        assert_eq!(lab.pending("two", &["b"]), "+/app/a +/app/b");
        lab.state.image_built(&"web".into());
        assert_eq!(lab.pending("three", &["b"]), "+/app/b");
    }

    #[test]
    fn what_came_back_from_a_new_container_keeps_nothing_else_from_it() {
        let mut lab = Lab::new();
        lab.shell("echo 1 > a; echo 2 > b");
        assert_eq!(lab.pending("one", &["a", "b"]), "+/app/a +/app/b");
        let known = lab.state.known(&ContainerId("one".to_owned()));
        let a = known.into_iter().filter(|(path, _)| path == "/app/a").collect();
        lab.state.learn(&ContainerId("two".to_owned()), a);
        assert!(lab.state.is_new(&"web".into(), &ContainerId("two".to_owned())));
        assert_eq!(lab.pending("two", &[]), "+/app/b");
    }

    #[test]
    fn what_is_gone_is_deleted_at_its_top_and_only_once() {
        let mut lab = Lab::new();
        lab.shell("mkdir -p d/e; echo 1 > d/e/a; echo 2 > d/e/b; echo 3 > d/c; echo 4 > f");
        lab.pending("one", &["d", "d/e", "d/e/a", "d/e/b", "d/c", "f"]);
        lab.shell("rm -r d/e f");
        assert_eq!(lab.pending("one", &["d/e", "d/e/a", "d/e/b", "f"]), "-/app/d/e -/app/f");
        assert_eq!(lab.pending("one", &["d/e", "d/e/a", "f"]), "");
        lab.shell("rm -r d; echo file > d");
        assert_eq!(lab.pending("one", &["d", "d/c"]), "+/app/d", "the file takes the folder's place");
    }
}
