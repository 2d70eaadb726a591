//! The state of the loop, and the one function that changes it.

use std::rc::Rc;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::activity::{Activity, Applying, Copying, Purpose};
use super::due::Due;
use super::healing::Healing;
use super::out::Out;
use super::parts::{PendingChanges, Spec, Startup, View};
use super::{Desired, Effect, Ended, Input, Now, Settings, Show, Stop, Task, TaskError, TaskErrorKind, diagnosis};
use crate::model::ServiceName;
use crate::plan::Plan;
use crate::state::{Container, Observed, RunState};
use crate::sync::{FileSync, Watchlist};

/// How often the engine is looked at when nothing happens.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
/// What is under way when the user ends the loop is given so long.
const LAST: Duration = Duration::from_millis(1500);

/// Everything that the loop knows.
#[derive(Debug)]
pub struct State {
    pub(super) settings: Settings,
    pub(super) spec: Spec,
    pub(super) changes: PendingChanges,
    pub(super) sync: FileSync,
    pub(super) healing: Healing,
    /// What the last look found.
    pub(super) observed: Observed,
    pub(super) view: View,
    pub(super) due: Due,
    pub(super) startup: Startup,
    pub(super) activity: Activity,
    /// Files that are being copied.
    pub(super) copying: Option<Copying>,
    /// How often the user has asked for the end.
    pub(super) signals: u32,
}

/// What is listened to; the rest waits where it comes from: changed files join a batch, log lines are not read, keys and
/// events of the engine stay in their queues. Signals, the clock and the ends of tasks are listened to at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// Everything.
    All,
    /// Files, since they are copied while a plan is carried out.
    Files,
    /// Nothing else.
    Nothing,
}

impl State {
    /// Before anything has happened. `desired` is what the files ask for, and counts as applied.
    pub fn new(settings: Settings, desired: Rc<Desired>, watchlist: Watchlist) -> Self {
        Self {
            healing: Healing::new(settings.heal),
            settings,
            spec: Spec { wanted: desired.clone(), applied: desired, watchlist, awaits_word: false },
            changes: PendingChanges::default(),
            sync: FileSync::default(),
            observed: Observed::default(),
            view: View::default(),
            due: Due::default(),
            startup: Startup::Look,
            activity: Activity::NotBegun,
            copying: None,
            signals: 0,
        }
    }

    /// Takes in something that happened, and answers with what is to be done. What it does not listen to is lost, but for
    /// changes of files.
    pub fn on(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let mut out = Out::default();
        match input {
            Input::FirstApply => {
                self.activity = Activity::Applying(Applying { purpose: Purpose::First, ended: None });
                out.begin(Task::FirstApply(self.spec.wanted.clone()));
            }
            Input::Begin(terminal) => self.begin(now, terminal, &mut out),
            Input::Files(changes) => self.files_changed(now, changes, &mut out),
            Input::WatcherNotice(notice) => out.notice(notice.to_string(), notice.hint()),
            Input::EngineEvent => self.engine_event(now),
            Input::EngineLost => self.engine_lost(now),
            Input::Elapsed => {
                if self.due.stop.is_some_and(|at| at <= now.since) {
                    self.stop(Stop::Asked, &mut out);
                }
            }
            Input::Key(key) if matches!(self.activity, Activity::Idle) => self.key(now, key, &mut out),
            Input::Key(_) => {}
            Input::Signal => self.signal(now),
            Input::LogLine { service, text } => out.show(Show::LogLine { service, text }),
            Input::Ended(ended) => self.ended(now, ended, &mut out),
        }
        self.go_on(now, &mut out);
        out.0
    }

    /// What is listened to now.
    pub fn listens(&self) -> Listens {
        match &self.activity {
            Activity::Idle => Listens::All,
            Activity::Applying(Applying { ended: None, .. }) if self.copying.is_none() => Listens::Files,
            _ => Listens::Nothing,
        }
    }

    /// Whether the first apply is under way.
    pub fn is_in_first_apply(&self) -> bool {
        matches!(self.activity, Activity::Applying(Applying { purpose: Purpose::First, .. }))
    }

    fn ended(&mut self, now: Now, ended: Ended, out: &mut Out) {
        match (std::mem::replace(&mut self.activity, Activity::Idle), ended) {
            // These may be under way beside something else.
            (activity, Ended::Copied(done)) => {
                self.activity = activity;
                self.copied(now, done, out);
            }
            (Activity::SyncingBack(begun), Ended::SyncedBack(done)) => self.synced_back(now, begun, done, out),
            (activity, Ended::SyncedBack(done)) => {
                self.activity = activity;
                self.synced_back_before_copy(now, done, out);
            }
            (Activity::Subscribing, Ended::Subscribed(result)) => self.subscribed(now, result, out),
            (Activity::Looking, Ended::Looked(result)) => self.looked(now, result, out),
            (Activity::Listing, Ended::Listed(changed)) => self.act(now, changed, out),
            (Activity::ReadingSpec(files), Ended::SpecRead(result)) => self.spec_read(files, result, out),
            (Activity::StartingWatcher(watchlist, error), Ended::Watching(rest)) => {
                self.watcher_started(watchlist, error, rest, out);
            }
            (Activity::Planning(planning), Ended::Looked(result)) => self.planned(planning, result, out),
            (Activity::Restarting(restarting), Ended::Restarted(result)) => {
                self.restarted(now, *restarting, result, out);
            }
            (Activity::Applying(Applying { purpose, ended: None }), Ended::Applied(result)) => match self.copying {
                Some(_) => self.activity = Activity::Applying(Applying { purpose, ended: Some(result) }),
                None => self.applied(now, purpose, result, out),
            },
            // Nobody waits for it any more.
            (activity, _) => self.activity = activity,
        }
        // Whoever asked for the end waits for what was under way, and for nothing that follows.
        if self.signals > 0 && !matches!(self.activity, Activity::Applying(_) | Activity::Stopped) {
            self.stop(Stop::Asked, out);
        }
    }

    /// While nothing is under way, begins what is next.
    fn go_on(&mut self, now: Now, out: &mut Out) {
        while matches!(self.activity, Activity::Idle) {
            let idle = self.next(now, out);
            if idle {
                break;
            }
        }
        let wake_at = match self.activity {
            Activity::Idle => Some(self.due.next(!self.spec.watchlist.sync_back.is_empty())),
            Activity::Stopped => None,
            _ => self.due.stop,
        };
        out.push(Effect::WakeAt(wake_at));
    }

    /// Begins what is next. Answers whether that is nothing.
    fn next(&mut self, now: Now, out: &mut Out) -> bool {
        if self.signals > 0 {
            self.stop(Stop::Asked, out);
        } else if let Some(job) = self.changes.rebuilds.pop_front() {
            self.begin_rebuild(now, job, out);
        } else if self.startup == Startup::Look {
            self.startup = Startup::InitialSync;
            self.begin_look(now, out);
        } else if self.startup == Startup::InitialSync {
            self.startup = Startup::Done;
            self.begin_initial_sync(out);
        } else if !self.changes.spec.is_empty() {
            self.begin_reading_spec(out);
        } else if !self.changes.by_rule.is_empty() {
            let changed = std::mem::take(&mut self.changes.by_rule);
            self.act(now, changed, out);
        } else if self.due.subscribe.is_some_and(|at| at <= now.since) {
            self.begin_subscribing(out);
        } else if self.due.look <= now.since {
            self.begin_look(now, out);
        } else if !self.spec.watchlist.sync_back.is_empty() && self.due.sync_back <= now.since {
            self.begin_sync_back(now, out);
        } else {
            self.draw(now, out);
            return true;
        }
        false
    }

    pub(super) fn begin_look(&mut self, now: Now, out: &mut Out) {
        self.due.look = now.since + LOOK_INTERVAL;
        self.activity = Activity::Looking;
        out.begin(Task::Look(self.look_at_applied()));
    }

    /// A first signal while a plan is carried out is heard there, and what is begun is finished. The first apply hears all.
    fn signal(&mut self, now: Now) {
        if self.is_in_first_apply() {
            return;
        }
        self.signals += 1;
        if self.signals > 1 || !matches!(self.activity, Activity::Applying(_)) {
            self.due.stop.get_or_insert(now.since + LAST);
        }
    }

    /// Tells of a failure and goes on, unless it was the user's wish to end.
    pub(super) fn survive(&mut self, error: TaskError, out: &mut Out) {
        let TaskError { kind, message, hint, diagnostics } = error;
        if kind == TaskErrorKind::Interrupted {
            return self.stop(Stop::Asked, out);
        }
        out.show(Show::Clear);
        if !diagnostics.is_empty() {
            out.show(Show::Diagnostics(diagnostics));
        }
        if !message.is_empty() {
            out.notice(message, hint);
        }
    }

    /// Tells of what a plan cannot do. Answers whether it may not be carried out.
    pub(super) fn refuses(plan: &Plan, out: &mut Out) -> bool {
        let refused = plan.is_refused();
        if refused {
            out.show(Show::Clear);
        }
        if !plan.diagnostics.is_empty() {
            out.show(Show::Diagnostics(plan.diagnostics.clone()));
        }
        refused
    }

    pub(super) fn stop(&mut self, how: Stop, out: &mut Out) {
        self.activity = Activity::Stopped;
        self.due.stop = None;
        out.0.retain(|effect| !matches!(effect, Effect::Begin(_)));
        out.push(Effect::Stop(how));
    }

    /// Containers of a service, as the last look found them.
    pub(super) fn containers<'s>(spec: &'s Spec, observed: &'s Observed, service: &ServiceName) -> Vec<&'s Container> {
        let all = diagnosis::replicas(&spec.applied.project, observed);
        all.filter(|container| container.service == *service && container.state != RunState::Removing).collect()
    }

    /// A path as the user would write it.
    pub(super) fn shown(&self, path: &str) -> String {
        let below = |folder: &Utf8PathBuf| path.strip_prefix(folder.as_str())?.strip_prefix('/');
        self.settings.folders.iter().find_map(below).unwrap_or(path).to_owned()
    }

    /// How many things are remembered; it must not grow with time.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let changes = self.changes.spec.len() + self.changes.by_rule.len() + self.changes.rebuilds.len();
        self.sync.weight() + self.healing.weight() + changes
    }
}
