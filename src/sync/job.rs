//! From what changed to what to do: one job a service and batch, however many of its rules are concerned. Pure.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::Rule;
use crate::model::{ServiceName, WatchAction};

/// Paths that changed, by rule.
pub type Changed = BTreeMap<usize, BTreeSet<Utf8PathBuf>>;

/// What is to be done for one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which.
    pub service: ServiceName,
    /// What.
    pub work: Work,
    /// What changed, by rule: the cause.
    pub cause: Changed,
}

impl Job {
    /// Whether files are copied and nothing else happens.
    pub fn only_copies(&self) -> bool {
        matches!(&self.work, Work::Copy { commands, restart: false, .. } if commands.is_empty())
    }
}

/// What is to be done. A rebuild comes before everything else: the new image holds what would be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Build and replace.
    Rebuild,
    /// Copy what changed, then run each of these rules' commands, then restart.
    Copy {
        /// Paths by rule.
        paths: Changed,
        /// Rules whose command runs.
        commands: BTreeSet<usize>,
        /// Whether the containers restart.
        restart: bool,
    },
}

/// The jobs of a batch, by service.
pub fn jobs(rules: &[Rule], changed: &Changed) -> Vec<Job> {
    let mut by_service: BTreeMap<&ServiceName, Changed> = BTreeMap::new();
    for (number, paths) in changed {
        by_service.entry(&rules[*number].service).or_default().insert(*number, paths.clone());
    }
    by_service
        .into_iter()
        .map(|(service, cause)| Job { service: service.clone(), work: work(rules, &cause), cause })
        .collect()
}

fn work(rules: &[Rule], cause: &Changed) -> Work {
    let (mut paths, mut commands, mut restart) = (Changed::new(), BTreeSet::new(), false);
    for (number, changed) in cause {
        let action = rules[*number].action;
        if action.copies() {
            paths.insert(*number, changed.clone());
        }
        match action {
            WatchAction::Rebuild => return Work::Rebuild,
            WatchAction::Sync => {}
            WatchAction::SyncExec => {
                commands.insert(*number);
            }
            WatchAction::Restart | WatchAction::SyncRestart => restart = true,
        }
    }
    Work::Copy { paths, commands, restart }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(service: &str, action: WatchAction) -> Rule {
        Rule {
            service: service.into(),
            number: 0,
            path: "/lab".into(),
            action,
            target: "/app".into(),
            exec: None,
            initial_sync: false,
        }
    }

    fn told(actions: &[(&str, WatchAction)]) -> Vec<String> {
        let rules: Vec<_> = actions.iter().map(|(service, action)| rule(service, *action)).collect();
        let changed = (0..rules.len()).map(|number| (number, ["a".into()].into())).collect();
        let word = |job: &Job| match &job.work {
            Work::Rebuild => format!("{} rebuild", job.service),
            Work::Copy { paths, commands, restart } => {
                let restart = if *restart { " restart" } else { "" };
                format!("{} copy {} run {}{restart}", job.service, paths.len(), commands.len())
            }
        };
        jobs(&rules, &changed).iter().map(word).collect()
    }

    #[test]
    fn each_service_has_at_most_one_of_each() {
        use WatchAction::*;
        assert_eq!(
            told(&[("web", Sync), ("web", SyncExec), ("web", SyncRestart), ("web", Restart), ("db", Restart)]),
            ["db copy 0 run 0 restart", "web copy 3 run 1 restart"]
        );
        assert_eq!(told(&[("web", SyncExec), ("web", Rebuild), ("web", Restart)]), ["web rebuild"]);
    }
}
