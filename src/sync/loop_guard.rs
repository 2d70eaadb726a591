//! A rule that sets itself off: what it does changes what it watches. Pure; `now` is the time since any fixed moment.

use std::collections::BTreeMap;
use std::time::Duration;

/// So many times in a row ...
const TIMES: usize = 5;
/// ... within this time ...
const WITHIN: Duration = Duration::from_secs(30);
/// ... each so shortly after the end of the one before, and the rule rests ...
const SHORTLY: Duration = Duration::from_millis(1500);
/// ... for so long.
const REST: Duration = Duration::from_secs(60);

/// Keeps rules that set themselves off from doing so without end.
#[derive(Debug, Default)]
pub struct LoopGuard(BTreeMap<usize, Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// Beginnings in a row, each right after the end of the one before.
    begun: Vec<Duration>,
    ended: Option<Duration>,
    rests_until: Option<Duration>,
}

/// Whether a rule may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Granted,
    /// It sets itself off and rests from now on, for so long.
    Rests(Duration),
    /// It still rests, as was told.
    StillRests,
}

impl LoopGuard {
    /// A rule wants to act.
    pub fn ask(&mut self, rule: usize, now: Duration) -> Leave {
        let turns = self.0.entry(rule).or_default();
        if turns.rests_until.is_some_and(|until| now < until) {
            return Leave::StillRests;
        }
        turns.rests_until = None;
        if turns.ended.is_none_or(|ended| now > ended + SHORTLY) {
            turns.begun.clear();
        }
        turns.begun.retain(|begun| now <= *begun + WITHIN);
        turns.begun.push(now);
        if turns.begun.len() <= TIMES {
            return Leave::Granted;
        }
        turns.begun.clear();
        turns.rests_until = Some(now + REST);
        Leave::Rests(REST)
    }

    /// How many beginnings are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.0.values().map(|turns| turns.begun.len()).sum()
    }

    /// It has acted.
    pub fn ended(&mut self, rule: usize, now: Duration) {
        self.0.entry(rule).or_default().ended = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks at these milliseconds, each action taking 200.
    fn told(times: &[u64]) -> String {
        let mut guard = LoopGuard::default();
        let mut word = |ms: &u64| {
            let now = Duration::from_millis(*ms);
            let leave = guard.ask(0, now);
            if leave == Leave::Granted {
                guard.ended(0, now + Duration::from_millis(200));
            }
            match leave {
                Leave::Granted => 'g',
                Leave::Rests(_) => 'R',
                Leave::StillRests => '-',
            }
        };
        times.iter().map(&mut word).collect()
    }

    #[test]
    fn a_rule_that_sets_itself_off_rests_and_may_try_again() {
        assert_eq!(told(&[0, 700, 1400, 2100, 2800, 3500, 4200, 63_400, 63_600]), "gggggR--g");
    }

    #[test]
    fn a_person_who_saves_often_is_no_loop() {
        assert_eq!(told(&[0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000]), "gggggggg");
    }
}
