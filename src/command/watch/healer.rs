//! When a service may be mended: at once, later, or not any more. Pure; `now` is the time since any fixed moment.

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

/// What is known of the services that were mended.
#[derive(Debug, Default)]
pub struct Healer(BTreeMap<ServiceName, Patient>);

#[derive(Debug, Default)]
struct Patient {
    /// When it crashed, each shortly after a start.
    crashes: Vec<Duration>,
    not_before: Duration,
    given_up: bool,
}

/// Whether a service may be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// Not before this time.
    At(Duration),
    /// It crashed so often that nothing more is tried; the number of times. Told once.
    GiveUp(usize),
    /// As was told.
    GivenUp,
}

impl Healer {
    /// A service needs mending. `crashed`: it ended by itself shortly after its start, or it was mended and failed at
    /// once. What a hand did to it is no crash.
    pub fn ask(&mut self, service: &ServiceName, crashed: bool, now: Duration) -> Turn {
        let patient = self.0.entry(service.clone()).or_default();
        if patient.given_up {
            return Turn::GivenUp;
        }
        if now < patient.not_before {
            return Turn::At(patient.not_before);
        }
        if !crashed {
            return Turn::Now;
        }
        patient.crashes.retain(|crash| now <= *crash + WITHIN);
        patient.crashes.push(now);
        if patient.crashes.len() >= CRASHES {
            patient.given_up = true;
            return Turn::GiveUp(patient.crashes.len());
        }
        // The first crash is mended at once; what follows it waits.
        let before = u32::try_from(patient.crashes.len()).unwrap_or(u32::MAX) - 1;
        patient.not_before = now + (FIRST * FACTOR.saturating_pow(before)).min(LONGEST);
        Turn::Now
    }

    /// The service has run well for a while.
    pub fn well(&mut self, service: &ServiceName) {
        self.0.remove(service);
    }

    /// Another spec, or the user's word: everything is tried again.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_loop_is_mended_ever_more_slowly_and_then_given_up() {
        let (mut healer, web) = (Healer::default(), ServiceName::new("web"));
        let mut told = Vec::new();
        let mut now = Duration::ZERO;
        loop {
            match healer.ask(&web, true, now) {
                Turn::Now => told.push(now.as_secs()),
                Turn::At(at) => now = at,
                Turn::GiveUp(times) => break assert_eq!(times, 5),
                Turn::GivenUp => panic!("it is told first"),
            }
            now += Duration::from_millis(100);
        }
        assert_eq!(told, [0, 2, 8, 26]);
        assert_eq!(healer.ask(&web, true, now), Turn::GivenUp);
        healer.forget();
        assert_eq!(healer.ask(&web, true, now), Turn::Now);
    }

    #[test]
    fn what_a_hand_did_is_mended_at_once_however_often() {
        let (mut healer, web) = (Healer::default(), ServiceName::new("web"));
        for second in 0..20 {
            assert_eq!(healer.ask(&web, false, Duration::from_secs(second)), Turn::Now);
        }
    }

    #[test]
    fn who_has_run_well_begins_anew() {
        let (mut healer, web) = (Healer::default(), ServiceName::new("web"));
        for round in 0..20 {
            assert_eq!(healer.ask(&web, true, Duration::from_secs(round * 15)), Turn::Now);
            healer.well(&web);
        }
    }
}
