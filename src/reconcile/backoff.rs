//! Backoff and brake: when a service may be repaired, at once, later, or not any more. Pure; `now` is the time since any
//! fixed moment.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::ServiceName;

/// The wait after the first crash; each further one waits three times as long.
const FIRST: Duration = Duration::from_secs(2);
const FACTOR: u32 = 3;
const LONGEST: Duration = Duration::from_secs(300);
/// So many crashes in a row within this time and nothing more is tried.
const CRASHES: usize = 5;
const WITHIN: Duration = Duration::from_secs(600);

/// What is known of the services that were repaired.
///
/// A service that was restarted since it was unhealthy, and becomes healthy, may do so for ever: flapping. So such
/// restarts, and repairing that did not help, are forgiven by time alone, and crashes by a while of running well.
#[derive(Debug, Default)]
pub struct Backoff(BTreeMap<ServiceName, Record>);

#[derive(Debug, Default)]
struct Record {
    /// When it crashed, and how.
    crashes: Vec<(Duration, Crash)>,
    not_before: Duration,
    given_up: bool,
}

/// How a service crashed. What a hand did to it is no crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// It ended by itself shortly after its start.
    Ended,
    /// It was unhealthy and had to be restarted.
    Unhealthy,
    /// What should have repaired it failed, or left it as it was.
    NotRepaired,
}

/// Whether a service may be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// At once.
    Now,
    /// Not before this time.
    At(Duration),
    /// Not any more.
    GivenUp,
}

impl Backoff {
    /// A service crashed; told once for each time. The first is repaired at once, each further one later than the one
    /// before, and the last not any more: then this is how many there were.
    pub fn crashed(&mut self, service: &ServiceName, how: Crash, now: Duration) -> Option<usize> {
        let record = self.0.entry(service.clone()).or_default();
        record.crashes.retain(|(at, _)| now <= *at + WITHIN);
        if let Ok(earlier @ 1..) = u32::try_from(record.crashes.len()) {
            record.not_before = now + (FIRST * FACTOR.saturating_pow(earlier - 1)).min(LONGEST);
        }
        record.crashes.push((now, how));
        record.given_up |= record.crashes.len() >= CRASHES;
        record.given_up.then_some(record.crashes.len())
    }

    /// How it crashed last, and when.
    pub fn last(&self, service: &ServiceName) -> Option<(Duration, Crash)> {
        self.0.get(service)?.crashes.last().copied()
    }

    /// A service needs repairing.
    pub fn permit(&self, service: &ServiceName, now: Duration) -> Permit {
        match self.0.get(service) {
            Some(Record { given_up: true, .. }) => Permit::GivenUp,
            Some(Record { not_before, .. }) if now < *not_before => Permit::At(*not_before),
            Some(_) | None => Permit::Now,
        }
    }

    /// The service has run well for a while.
    pub fn well(&mut self, service: &ServiceName, now: Duration) {
        if let Some(record) = self.0.get_mut(service) {
            record.crashes.retain(|(at, how)| *how != Crash::Ended && now <= *at + WITHIN);
            if record.crashes.is_empty() {
                self.0.remove(service);
            }
        }
    }

    /// Whether a service is left alone.
    pub fn has_given_up(&self, service: &ServiceName) -> bool {
        self.0.get(service).is_some_and(|record| record.given_up)
    }

    /// How many crashes are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.0.values().map(|record| record.crashes.len()).sum()
    }

    /// Another spec, or the user's word: everything is tried again.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Crashes again as soon as it is repaired; tells when it was repaired, and when it was given up.
    fn play(backoff: &mut Backoff) -> (Vec<u64>, u64) {
        let web = ServiceName::new("web");
        let (mut repaired, mut now) = (Vec::new(), Duration::ZERO);
        while backoff.crashed(&web, Crash::Ended, now).is_none() {
            if let Permit::At(at) = backoff.permit(&web, now) {
                now = at;
            }
            assert_eq!(backoff.permit(&web, now), Permit::Now);
            repaired.push(now.as_secs());
            now += Duration::from_millis(100);
        }
        assert_eq!(backoff.permit(&web, now), Permit::GivenUp);
        (repaired, now.as_secs())
    }

    #[test]
    fn a_crash_loop_is_repaired_ever_more_slowly_and_then_given_up() {
        let mut backoff = Backoff::default();
        assert_eq!(play(&mut backoff), (vec![0, 2, 8, 26], 26));
        backoff.forget();
        assert_eq!(play(&mut backoff).0.len(), 4);
    }

    #[test]
    fn who_is_healthy_after_each_restart_and_never_for_long_is_given_up() {
        let (mut backoff, web) = (Backoff::default(), ServiceName::new("web"));
        let mut restarts = Vec::new();
        for second in (0..600).step_by(30) {
            let now = Duration::from_secs(second);
            if backoff.permit(&web, now) == Permit::Now {
                restarts.extend(backoff.crashed(&web, Crash::Unhealthy, now).is_none().then_some(second));
            }
            backoff.well(&web, now + Duration::from_secs(20));
        }
        assert_eq!(restarts, [0, 30, 60, 90]);
        assert!(backoff.has_given_up(&web));
    }

    #[test]
    fn who_is_unhealthy_now_and_then_is_restarted_each_time() {
        let (mut backoff, web) = (Backoff::default(), ServiceName::new("web"));
        for round in 0..20 {
            let now = Duration::from_secs(round * 200);
            assert_eq!(backoff.permit(&web, now), Permit::Now);
            assert_eq!(backoff.crashed(&web, Crash::Unhealthy, now), None);
            backoff.well(&web, now + Duration::from_secs(60));
        }
    }

    #[test]
    fn who_has_run_well_begins_anew() {
        let (mut backoff, web) = (Backoff::default(), ServiceName::new("web"));
        for round in 0..20 {
            let now = Duration::from_secs(round * 15);
            assert_eq!(backoff.crashed(&web, Crash::Ended, now), None);
            assert_eq!(backoff.permit(&web, now), Permit::Now);
            backoff.well(&web, now);
        }
    }
}
