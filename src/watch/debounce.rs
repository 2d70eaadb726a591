//! From looks at single paths to a batch: which files are whole, and when the batch is ready. Pure; `now` is the time
//! since any fixed moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::Pace;

/// A path that is gone may be back at once: editors move a file away before they write the new one.
const RENAME_GRACE: Duration = Duration::from_millis(25);

/// The changes of one root that nobody has acted on yet.
#[derive(Debug)]
pub(super) struct Debounce {
    pace: Pace,
    pending: BTreeMap<Utf8PathBuf, Pending>,
    /// When the first of `pending` came, and the latest.
    first: Duration,
    last: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pending {
    /// Whether it was there before the batch began: what came and went in between is nobody's business.
    known: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Somebody writes; without a further word it counts as whole at this time.
    Writing(Duration),
    /// It is not there; if nothing comes in its place it counts as gone at this time.
    Gone(Duration),
    /// It is whole since this time.
    Whole(Duration),
}

impl Debounce {
    pub fn new(pace: Pace) -> Self {
        Self { pace, pending: BTreeMap::new(), first: Duration::ZERO, last: Duration::ZERO }
    }

    /// Somebody is writing; after this `timeout` without a word the file counts as whole.
    pub fn writing(&mut self, path: &Utf8Path, known: bool, timeout: Duration, now: Duration) {
        self.put(path, known, State::Writing(now + timeout), now);
    }

    /// The file is whole, or the folder is there.
    pub fn whole(&mut self, path: &Utf8Path, known: bool, now: Duration) {
        self.put(path, known, State::Whole(now), now);
    }

    /// It is not there any more, though it was known a moment ago.
    pub fn gone(&mut self, path: &Utf8Path, now: Duration) {
        if self.pending.get(path).is_some_and(|pending| !pending.known) {
            self.pending.remove(path);
        } else {
            self.put(path, true, State::Gone(now + RENAME_GRACE), now);
        }
    }

    fn put(&mut self, path: &Utf8Path, known: bool, state: State, now: Duration) {
        if self.pending.is_empty() {
            self.first = now;
        }
        self.last = now;
        match self.pending.get_mut(path).map(|pending| (pending.state, pending)) {
            // The batch waits from the first time that a file was whole, or was gone.
            Some((State::Whole(_), _)) if matches!(state, State::Whole(_)) => {}
            Some((State::Gone(_), _)) if matches!(state, State::Gone(_)) => {}
            Some((_, pending)) => pending.state = state,
            None => {
                self.pending.insert(path.to_owned(), Pending { known, state });
            }
        }
    }

    /// When a batch will be ready if nothing further comes. `None`: there is nothing.
    pub fn due(&self) -> Option<Duration> {
        match self.pace {
            Pace::Whole { join } => self.pending.values().map(|pending| pending.whole_at() + join).min(),
            Pace::Quiet { quiet, most } => {
                let whole = self.pending.values().map(Pending::whole_at).min()?;
                Some(whole.max((self.last + quiet).min(self.first + most)))
            }
        }
    }

    /// Takes the batch, if it is ready: every path that is whole. Who still writes is left for the next.
    pub fn take(&mut self, now: Duration) -> BTreeSet<Utf8PathBuf> {
        if self.due().is_none_or(|due| due > now) {
            return BTreeSet::new();
        }
        let (ready, rest) = std::mem::take(&mut self.pending).into_iter().partition(|(_, it)| it.whole_at() <= now);
        self.pending = rest;
        self.first = now;
        let ready: BTreeMap<_, _> = ready;
        ready.into_keys().collect()
    }

    /// Takes everything, ready or not.
    pub fn take_all(&mut self) -> BTreeSet<Utf8PathBuf> {
        std::mem::take(&mut self.pending).into_keys().collect()
    }
}

impl Pending {
    fn whole_at(&self) -> Duration {
        match self.state {
            State::Writing(at) | State::Gone(at) | State::Whole(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = ms(500);

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Plays a script of `<ms> <verb> <path>` and tells the batches, asking each millisecond.
    fn play(pace: Pace, script: &str) -> String {
        let mut lines: Vec<_> = script
            .split(',')
            .map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                (ms(words[0].parse().unwrap()), words[1], Utf8Path::new(words[2]))
            })
            .collect();
        lines.reverse();
        let (mut debounce, mut told) = (Debounce::new(pace), Vec::new());
        for now in (0..10_000).map(ms) {
            while let Some((_, verb, path)) = lines.pop_if(|(at, ..)| *at <= now) {
                match verb {
                    "write" => debounce.writing(path, true, LONG, now),
                    "new" => debounce.writing(path, false, LONG, now),
                    "close" => debounce.whole(path, true, now),
                    "gone" => debounce.gone(path, now),
                    other => panic!("{other}"),
                }
            }
            let batch = debounce.take(now);
            if !batch.is_empty() {
                let paths: Vec<_> = batch.iter().map(|path| path.as_str()).collect();
                told.push(format!("{}: {}", now.as_millis(), paths.join(" ")));
            }
        }
        assert_eq!(debounce.due(), None, "nothing stays behind");
        told.join(", ")
    }

    #[test]
    fn a_file_goes_when_it_is_whole_and_others_may_join_for_a_moment() {
        assert_eq!(play(Pace::PROMPT, "0 write a, 100 close a"), "101: a");
        assert_eq!(play(Pace::TOGETHER, "0 close a, 3 close b, 40 close c"), "10: a b, 50: c");
    }

    #[test]
    fn what_is_moved_away_to_be_replaced_is_never_gone() {
        assert_eq!(play(Pace::PROMPT, "0 gone a, 9 write a, 12 close a"), "13: a");
        assert_eq!(play(Pace::PROMPT, "0 gone a, 9 close b"), "10: b, 26: a");
    }

    #[test]
    fn who_still_writes_does_not_hold_up_the_others() {
        assert_eq!(play(Pace::PROMPT, "0 write log, 10 close a, 300 write log, 700 write log"), "11: a, 1201: log");
    }

    #[test]
    fn a_file_that_is_opened_again_waits_for_its_second_close() {
        assert_eq!(play(Pace::TOGETHER, "0 close a, 2 write a, 9 close a"), "19: a");
    }

    #[test]
    fn what_came_and_went_is_nobody_s_business() {
        assert_eq!(play(Pace::PROMPT, "0 new 4913, 1 gone 4913, 2 close a"), "3: a");
    }

    #[test]
    fn a_rebuild_waits_for_quiet_and_not_for_ever() {
        assert_eq!(play(Pace::CALM, "0 close a, 400 close b, 700 close c"), "1200: a b c");
        let busy: Vec<_> = (0..30).map(|n| format!("{} close f{:02}", n * 100, n)).collect();
        let told = play(Pace::CALM, &busy.join(","));
        let times: Vec<_> = told.split(", ").map(|batch| batch.split(':').next().unwrap()).collect();
        assert_eq!(times, ["2000", "3400"]);
    }
}
