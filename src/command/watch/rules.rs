//! Everything that a watch looks at: the files of the spec, and the rules of its services.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::back::Way;
use super::filter;
use crate::command::Desired;
use crate::model::{Build, Dockerfile, Hook, ImageSource, MountKind, Service, ServiceName, WatchAction, WatchRule};
use crate::watch::{Pace, Root, everything};

/// A save of the spec: an editor that takes the file away for a moment must not look like a broken spec.
const SPEC: Pace =
    Pace::Quiet { quiet: std::time::Duration::from_millis(40), most: std::time::Duration::from_millis(400) };

/// A rule of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Whose.
    pub service: ServiceName,
    /// Its place among the service's rules.
    pub number: usize,
    /// What it watches.
    pub path: Utf8PathBuf,
    /// What to do.
    pub action: WatchAction,
    /// Where the files go.
    pub target: String,
    /// What runs after a copy.
    pub exec: Option<Hook>,
    /// Whether everything is copied at the start too.
    pub initial_sync: bool,
}

impl Rule {
    /// As the file has it.
    pub fn name(&self) -> String {
        format!("services.{}.develop.watch[{}]", self.service, self.number)
    }

    /// Where a file of this machine goes, by its path below the rule's.
    pub fn target_of(&self, below: &Utf8Path) -> String {
        let target = self.target.trim_end_matches('/');
        match below.as_str() {
            // A file whose target is a folder keeps its name.
            "" if self.target.ends_with('/') => format!("{target}/{}", self.path.file_name().unwrap_or_default()),
            "" => target.to_owned(),
            below => format!("{target}/{below}"),
        }
    }

    /// The file of this machine.
    pub fn source_of(&self, below: &Utf8Path) -> Utf8PathBuf {
        if below.as_str().is_empty() { self.path.clone() } else { self.path.join(below) }
    }
}

/// What one root is watched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A file that the spec is made of.
    Spec,
    /// A rule, by its place in [`Watchlist::rules`].
    Rule(usize),
}

/// Everything that is watched.
#[derive(Clone, Default)]
pub struct Watchlist {
    /// For the watcher.
    pub roots: Vec<Root>,
    /// What each root is watched for.
    pub purposes: Vec<Purpose>,
    /// The rules of all services.
    pub rules: Vec<Rule>,
    /// Folders of containers whose files come back.
    pub back: Vec<(ServiceName, Way)>,
    /// Rules that can do nothing, and why.
    pub notes: Vec<String>,
}

impl Watchlist {
    /// What a spec asks to be watched.
    ///
    /// # Errors
    /// When a rule's pattern is none.
    pub fn of(desired: &Desired) -> Result<Self, String> {
        let mut list = Self::default();
        list.add_spec(spec_files(desired));
        for (name, rules) in &desired.watch {
            let Some(service) = desired.project.services.get(name) else { continue };
            for (number, rule) in rules.iter().enumerate() {
                list.add(name, service, number, rule)?;
            }
        }
        for (service, paths) in &desired.back {
            paths.iter().for_each(|path| list.bring_back(service, path));
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
    fn bring_back(&mut self, service: &ServiceName, path: &str) {
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
        let way = Way { target: path.to_owned(), rule: rule.path.clone(), below, filter };
        self.back.push((service.clone(), way));
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
fn spec_files(desired: &Desired) -> BTreeSet<Utf8PathBuf> {
    let mut files: BTreeSet<_> = desired.files.iter().cloned().collect();
    for build in desired.project.services.values().filter_map(build) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_the_file_or_the_folder_it_goes_to() {
        let rule = |path: &str, target: &str| Rule {
            service: "web".into(),
            number: 0,
            path: path.into(),
            action: WatchAction::Sync,
            target: target.into(),
            exec: None,
            initial_sync: false,
        };
        assert_eq!(rule("/lab/src", "/app").target_of("d/a.py".into()), "/app/d/a.py");
        assert_eq!(rule("/lab/src", "/").target_of("a.py".into()), "/a.py");
        assert_eq!(rule("/lab/a.py", "/app/main.py").target_of("".into()), "/app/main.py");
        assert_eq!(rule("/lab/a.py", "/app/").target_of("".into()), "/app/a.py");
    }
}
