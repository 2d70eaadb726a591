//! The times at which something is due.

use std::time::Duration;

/// The times at which something is due, since a fixed moment.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// The next look.
    pub look: Duration,
    /// Fetching what containers have saved.
    pub sync_back: Duration,
    /// Drawing ages anew that are on the screen.
    pub redraw: Option<Duration>,
    /// Listening to the engine's events again.
    pub subscribe: Option<Duration>,
    /// The end, whatever is under way.
    pub stop: Option<Duration>,
}

impl Due {
    /// The look is due by this time.
    pub fn look_by(&mut self, at: Duration) {
        self.look = self.look.min(at);
    }

    /// The next thing that is due when nothing is under way.
    pub fn next(&self, syncs_back: bool) -> Duration {
        let others = [self.redraw, self.subscribe, self.stop, syncs_back.then_some(self.sync_back)];
        others.into_iter().flatten().fold(self.look, Duration::min)
    }
}
