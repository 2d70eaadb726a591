//! Everything that a watch looks at: the files of the spec, and the rules of its services.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::sync_back::Mapping;
use super::{Changed, Rule, filter};
use crate::model::{Build, Dockerfile, ImageSource, MountKind, Project, Service, ServiceName, WatchAction, WatchRule};
use crate::watch::{Changes, Pace, Root, everything};

/// A save of the spec: an editor that takes the file away for a moment must not look like a broken spec.
const SPEC: Pace =
    Pace::Quiet { quiet: std::time::Duration::from_millis(40), most: std::time::Duration::from_millis(400) };

/// What one root is watched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A file that the spec is made of.
    Spec,
    /// A rule, by its place in [`Watchlist::rules`].
    Rule(usize),
}

/// Everything that is watched.
#[derive(Debug, Clone, Default)]
pub struct Watchlist {
    /// For the watcher.
    pub roots: Vec<Root>,
    /// What each root is watched for.
    pub purposes: Vec<Purpose>,
    /// The rules of all services.
    pub rules: Vec<Rule>,
    /// Folders of containers whose files come back.
    pub sync_back: Vec<(ServiceName, Mapping)>,
    /// Rules that can do nothing, and why.
    pub notes: Vec<String>,
}

impl Watchlist {
    /// What a spec asks to be watched: its rules of `develop.watch`, the paths of `x-dsenv.sync_back`, and the files that
    /// it was read from. Reads the ignore rules of builds.
    ///
    /// # Errors
    /// When a rule's pattern is none.
    pub fn of(
        project: &Project,
        rules: &BTreeMap<ServiceName, Vec<WatchRule>>,
        sync_back: &BTreeMap<ServiceName, Vec<String>>,
        files: &[Utf8PathBuf],
    ) -> Result<Self, String> {
        let mut list = Self::default();
        list.add_spec(spec_files(project, files));
        for (name, rules) in rules {
            let Some(service) = project.services.get(name) else { continue };
            for (number, rule) in rules.iter().enumerate() {
                list.add(name, service, number, rule)?;
            }
        }
        for (service, paths) in sync_back {
            paths.iter().for_each(|path| list.add_sync_back(service, path));
        }
        Ok(list)
    }

    /// Watches files that the spec is made of. Answers whether any was not watched so far.
    pub fn add_spec(&mut self, files: BTreeSet<Utf8PathBuf>) -> bool {
        let watched = self.roots.iter().zip(&self.purposes).filter(|(_, purpose)| **purpose == Purpose::Spec);
        let watched: BTreeSet<_> = watched.map(|(root, _)| root.path.clone()).collect();
        let before = self.roots.len();
        for path in files.into_iter().filter(|file| !watched.contains(file)) {
            self.roots.push(Root { path, filter: everything(), pace: SPEC });
            self.purposes.push(Purpose::Spec);
        }
        self.roots.len() > before
    }

    /// The rule that copies there says where it belongs on this machine.
    fn add_sync_back(&mut self, service: &ServiceName, path: &str) {
        let path = path.trim_end_matches('/');
        let below = |rule: &Rule| {
            let rest = path.strip_prefix(rule.target.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| Utf8PathBuf::from(rest.trim_start_matches('/')))
        };
        let copying = |rule: &&Rule| rule.service == *service && rule.action.copies();
        let Some((rule, below)) = self.rules.iter().filter(copying).find_map(|rule| Some((rule, below(rule)?))) else {
            self.notes.push(format!("services.{service}.x-dsenv.sync_back: no rule of develop.watch copies to {path}, so nothing says where it belongs here"));
            return;
        };
        let number = self.rules.iter().position(|other| other == rule);
        let root = self.purposes.iter().position(|purpose| matches!(purpose, Purpose::Rule(at) if Some(*at) == number));
        let Some(filter) = root.map(|root| self.roots[root].filter.clone()) else { return };
        let mapping = Mapping { target: path.to_owned(), rule: rule.path.clone(), below, filter };
        self.sync_back.push((service.clone(), mapping));
    }

    /// The rules that copy everything at the start, each with its root.
    pub fn initial_sync(&self) -> Vec<(usize, usize)> {
        let of = |(root, purpose): (usize, &Purpose)| match purpose {
            Purpose::Rule(rule) if self.rules[*rule].initial_sync => Some((*rule, root)),
            Purpose::Rule(_) | Purpose::Spec => None,
        };
        self.purposes.iter().enumerate().filter_map(of).collect()
    }

    /// What changed, sorted by what it is watched for: files of the spec, and paths by rule.
    pub fn sort(&self, changes: Changes) -> (BTreeSet<String>, Changed) {
        let (mut files, mut changed) = (BTreeSet::new(), Changed::new());
        for (root, paths) in changes {
            match self.purposes.get(root) {
                Some(Purpose::Spec) => {
                    files.insert(self.roots[root].path.to_string());
                }
                Some(Purpose::Rule(number)) => changed.entry(*number).or_default().extend(paths),
                None => {}
            }
        }
        (files, changed)
    }

    fn add(&mut self, name: &ServiceName, service: &Service, number: usize, rule: &WatchRule) -> Result<(), String> {
        let place = format!("services.{name}.develop.watch[{number}]");
        if let Some(note) =
            rule.target.as_deref().filter(|_| rule.action.copies()).and_then(|to| unreachable(service, to))
        {
            self.notes.push(format!("{place} copies nothing: {note}"));
            return Ok(());
        }
        let filter = filter::filter(rule, build(service)).map_err(|error| format!("{place}: {error}"))?;
        let pace = match rule.action {
            WatchAction::Sync => Pace::PROMPT,
            WatchAction::SyncExec | WatchAction::SyncRestart => Pace::TOGETHER,
            WatchAction::Rebuild | WatchAction::Restart => Pace::CALM,
        };
        self.roots.push(Root { path: rule.path.clone(), filter, pace });
        self.purposes.push(Purpose::Rule(self.rules.len()));
        self.rules.push(Rule {
            service: name.clone(),
            number,
            path: rule.path.clone(),
            action: rule.action,
            target: rule.target.clone().unwrap_or_default(),
            exec: rule.exec.clone(),
            initial_sync: rule.initial_sync,
        });
        Ok(())
    }
}

/// Why the archive call cannot bring files there, or need not.
fn unreachable(service: &Service, target: &str) -> Option<String> {
    let holds = |mount: &&String| {
        let mount = mount.trim_end_matches('/');
        target.strip_prefix(mount).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(mount) = service.fixed.tmpfs.keys().find(holds) {
        return Some(format!("{mount} is in memory, where the engine takes no files"));
    }
    let (mount, what) =
        service.fixed.mounts.iter().filter(|(mount, _)| holds(mount)).max_by_key(|(mount, _)| mount.len())?;
    match &what.kind {
        MountKind::Bind { source, .. } => Some(format!("{mount} is {source} of this machine already")),
        MountKind::Tmpfs { .. } => Some(format!("{mount} is in memory, where the engine takes no files")),
        _ => None,
    }
}

fn build(service: &Service) -> Option<&Build> {
    match &service.source {
        ImageSource::Build(build, _) => Some(build),
        ImageSource::Pull(_) => None,
    }
}

/// The spec, what it includes, files of variables, contents of configs and secrets, Dockerfiles and their rules.
fn spec_files(project: &Project, files: &[Utf8PathBuf]) -> BTreeSet<Utf8PathBuf> {
    let mut files: BTreeSet<_> = files.iter().cloned().collect();
    for build in project.services.values().filter_map(build) {
        if !Utf8Path::new(&build.context).is_absolute() {
            continue;
        }
        if let Dockerfile::Path(path) = &build.dockerfile {
            files.insert(Utf8Path::new(&build.context).join(path));
        }
        files.extend(filter::ignore_files(build));
    }
    files
}
