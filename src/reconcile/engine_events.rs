//! The beginning of the loop, and what the engine tells.

use std::time::Duration;

use super::activity::Activity;
use super::out::Out;
use super::{Now, State, Task, Terminal};
use crate::event::Watched;

/// What happens so shortly after an event of the engine is looked at together with it.
const JOIN: Duration = Duration::from_millis(100);
/// An engine that went away is asked again after this.
const RETRY: Duration = Duration::from_secs(2);

impl State {
    pub(super) fn begin(&mut self, now: Now, terminal: Terminal, out: &mut Out) {
        self.view.terminal = terminal;
        out.tell(Watched::WatchStarted { rules: self.spec.watchlist.rules.len(), heal: self.settings.heal });
        self.spec.watchlist.notes.iter().for_each(|note| out.notice(note, None));
        self.due.look = now.since;
        self.begin_subscribing(out);
    }

    pub(super) fn begin_subscribing(&mut self, out: &mut Out) {
        self.due.subscribe = None;
        self.activity = Activity::Subscribing;
        out.begin(Task::Subscribe(self.spec.wanted.clone()));
    }

    pub(super) fn subscribed(&mut self, now: Now, result: Result<(), String>, out: &mut Out) {
        if let Err(error) = result {
            out.notice(format!("the engine does not tell what happens: {error}"), None);
            self.engine_lost(now);
        }
        // What happened before the engine was listened to.
        self.due.look = now.since;
    }

    /// What has come by now is answered by one look.
    pub(super) fn engine_event(&mut self, now: Now) {
        self.due.look_by(now.since + JOIN);
    }

    pub(super) fn engine_lost(&mut self, now: Now) {
        self.due.subscribe = Some(now.since + RETRY);
    }
}
