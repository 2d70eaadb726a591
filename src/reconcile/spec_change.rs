//! The spec is saved: it is read again, its files are watched, and what it asks for now is planned and applied.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::activity::{Activity, Planning, Purpose};
use super::out::Out;
use super::{Auto, Builds, Desired, LookRequest, Looked, Show, SpecError, State, Task, TaskError, TaskErrorKind};
use crate::event::Watched;
use crate::plan::{Action, Hazard, Plan};
use crate::sync::Watchlist;
use crate::watch::Changes;

impl State {
    pub(super) fn begin_reading_spec(&mut self, out: &mut Out) {
        let files = std::mem::take(&mut self.changes.spec);
        self.activity = Activity::ReadingSpec(files.iter().map(|file| self.shown(file)).collect());
        out.show(Show::Clear);
        out.begin(Task::ReadSpec);
    }

    pub(super) fn spec_read(
        &mut self,
        files: Vec<String>,
        result: Result<(Rc<Desired>, Watchlist), SpecError>,
        out: &mut Out,
    ) {
        out.tell(Watched::SpecSaved { files, valid: result.is_ok() });
        match result {
            Ok((desired, watchlist)) => {
                self.spec.wanted = desired;
                self.begin_watching(watchlist, None, out);
            }
            Err(SpecError { error, files }) => {
                // The plan that waited is not what the files ask for any more.
                self.spec.awaits_word = false;
                // A mistake may stand in a file that the last good spec did not have, and it will be corrected there.
                let mut watchlist = self.spec.watchlist.clone();
                if watchlist.add_spec(files) {
                    self.begin_watching(watchlist, Some(error), out);
                } else {
                    self.survive(error, out);
                }
            }
        }
    }

    fn begin_watching(&mut self, watchlist: Watchlist, error: Option<TaskError>, out: &mut Out) {
        out.begin(Task::StartWatcher(watchlist.roots.clone()));
        self.activity = Activity::StartingWatcher(watchlist, error);
    }

    /// Nothing that happened meanwhile is lost: the new watcher began before the old one ended, and what waits goes by the
    /// new numbers of its rules.
    pub(super) fn watcher_started(
        &mut self,
        watchlist: Watchlist,
        error: Option<TaskError>,
        rest: Changes,
        out: &mut Out,
    ) {
        let old = std::mem::replace(&mut self.spec.watchlist, watchlist);
        let (spec, rest) = old.sort(rest);
        self.changes.spec.extend(spec);
        self.changes.add(rest);
        for (rule, paths) in std::mem::take(&mut self.changes.by_rule) {
            let same = self.spec.watchlist.rules.iter().position(|new| *new == old.rules[rule]);
            if let Some(same) = same {
                self.changes.by_rule.entry(same).or_default().extend(paths);
            }
        }
        self.sync.rules_changed();
        self.spec.watchlist.notes.iter().for_each(|note| out.notice(note, None));
        match error {
            Some(error) => self.survive(error, out),
            None => self.begin_proposal(false, out),
        }
    }

    /// Plans what the files ask for; `agreed`: the user has said to do it.
    pub(super) fn begin_proposal(&mut self, agreed: bool, out: &mut Out) {
        self.activity = Activity::Planning(Planning::Proposal { agreed });
        out.begin(Task::Look(self.look_at_wanted()));
    }

    /// Plans what the files ask for, only to be seen.
    pub(super) fn begin_preview(&mut self, out: &mut Out) {
        self.spec.awaits_word = true;
        self.activity = Activity::Planning(Planning::Preview);
        out.begin(Task::Look(self.look_at_wanted()));
    }

    fn look_at_wanted(&self) -> LookRequest {
        LookRequest {
            desired: self.spec.wanted.clone(),
            builds: Builds::Compared,
            key: None,
            only: None,
            without: BTreeSet::new(),
        }
    }

    pub(super) fn proposed(&mut self, agreed: bool, looked: Box<Looked>, out: &mut Out) {
        let plan = &looked.look.plan;
        if Self::refuses(plan, out) {
            return;
        }
        self.spec.awaits_word = false;
        if plan.is_empty() {
            self.spec.applied = self.spec.wanted.clone();
            return;
        }
        out.show(Show::Clear);
        out.show(Show::Plan(Box::new(plan.clone())));
        if !agreed && !self.may(plan) {
            self.wait_for_word(stops(plan), out);
            return;
        }
        self.healing.spec_changed();
        let desired = self.spec.wanted.clone();
        self.begin_apply(Purpose::Spec(desired.clone()), desired, *looked, Builds::Compared, out);
    }

    pub(super) fn previewed(&mut self, looked: &Looked, out: &mut Out) {
        let plan = &looked.look.plan;
        if Self::refuses(plan, out) {
            return;
        }
        self.spec.awaits_word = !plan.is_empty();
        out.show(Show::Clear);
        out.show(Show::Plan(Box::new(plan.clone())));
    }

    pub(super) fn spec_applied(&mut self, desired: Rc<Desired>, result: Result<(), TaskError>, out: &mut Out) {
        match result {
            Ok(()) => self.spec.applied = desired,
            Err(error) if error.kind == TaskErrorKind::StalePlan => {
                out.notice("the engine has changed in the meantime; the plan is made again", None);
                self.wait_for_word(Vec::new(), out);
            }
            Err(error) => self.survive(error, out),
        }
    }

    fn wait_for_word(&mut self, stops: Vec<String>, out: &mut Out) {
        self.spec.awaits_word = true;
        out.tell(Watched::PlanWaits { stops, keys: self.view.terminal.keys });
    }

    /// Whether a plan may be carried out without a word.
    fn may(&self, plan: &Plan) -> bool {
        let data =
            plan.changes.iter().flat_map(|change| &change.hazards).any(|it| matches!(it, Hazard::DataLoss { .. }));
        // A file that was emptied, or saved by halves, asks for nothing, and nothing is what would be left.
        let project = &self.spec.wanted.project;
        if project.services.is_empty() && plan.changes.iter().any(|change| change.action == Action::Delete) {
            return false;
        }
        match self.settings.auto {
            Auto::All => !data,
            Auto::None => false,
            Auto::Safe => stops(plan).is_empty(),
        }
    }
}

/// What a plan does that nobody may do unasked.
fn stops(plan: &Plan) -> Vec<String> {
    let mut stops = BTreeSet::new();
    for hazard in plan.changes.iter().flat_map(|change| &change.hazards) {
        match hazard {
            Hazard::DataLoss { volume } => stops.insert(format!("endangers the data of {volume}")),
            Hazard::Downtime { service } => stops.insert(format!("stops {service}")),
            Hazard::PortTaken { .. } | Hazard::ExternalInUse { .. } => false,
        };
    }
    for change in plan.changes.iter().filter(|change| change.action == Action::Delete) {
        stops.insert(format!("removes {}", change.name));
    }
    stops.into_iter().collect()
}
