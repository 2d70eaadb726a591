//! What was seen of a container, held against what it must reach. One pure function for every engine.

use std::time::Duration;

use super::error::{EngineError, GateFailure, last, times};
use crate::model::Restart;
use crate::plan::Until;
use crate::state::{Health, RunState};

/// What a container that was restarted must live for each run so far, where its settle window is shorter.
const LEAST: Duration = Duration::from_millis(100);
/// The longest that a container must live, where its settle window is shorter: an engine forgets its pauses between
/// restarts then, too.
const LONGEST: Duration = Duration::from_secs(10);

/// How long a container may be restarted that was never once up for [`LONGEST`]. An engine's pauses between restarts
/// grow, so that is about ten restarts.
const LOOPING: Duration = Duration::from_secs(60);

/// What one look says of a container.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What it is doing.
    pub state: RunState,
    /// What its health check says; `None` without one.
    pub health: Option<Health>,
    /// Its restart policy.
    pub policy: Restart,
    /// How often its policy started it again since somebody started it.
    pub restarts: i64,
    /// How the last of its runs ended since somebody started it, as far as is known.
    pub code: Option<i64>,
    /// How long it has been running since its last start.
    pub age: Duration,
    /// How long the longest of its runs was that ended since the wait began.
    pub longest: Duration,
    /// How long it has been waited for.
    pub waited: Duration,
}

/// What that means for who waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is where it should be.
    Passed,
    /// It cannot get there any more.
    Failed(GateFailure),
    /// Something must happen first.
    Waiting,
    /// Nothing must happen for so long.
    Settling(Duration),
}

/// Whether a container is where it should be. While its policy restarts it, it may still get there, for a minute if it is
/// never up for a while; each restart makes the time longer that it must live to be believed.
pub fn judge(until: Until, seen: &Seen) -> Verdict {
    let Seen { state, health, policy, restarts, code, age, longest, waited } = seen;
    match (until, state) {
        (Until::Completed, _) if *code == Some(0) => Verdict::Passed,
        (_, RunState::Removing | RunState::Dead) => Verdict::Failed(GateFailure::Gone),
        (_, RunState::Created) => Verdict::Waiting,

        (Until::Completed, RunState::Exited { code: 0, .. }) => Verdict::Passed,
        (Until::Ready { .. }, RunState::Exited { code: 0, .. }) if policy.lets_success_be() => Verdict::Passed,
        (_, RunState::Exited { code: code @ 1.., oom: false }) if *restarts > 0 => {
            Verdict::Failed(GateFailure::GivenUp { code: *code, restarts: *restarts })
        }
        (_, RunState::Exited { code, oom }) => Verdict::Failed(GateFailure::Exited { code: *code, oom: *oom }),

        (_, RunState::Restarting) if *longest < LONGEST => match LOOPING.saturating_sub(*waited) {
            Duration::ZERO => {
                Verdict::Failed(GateFailure::Looping { code: *code, restarts: *restarts, within: *waited, up: LONGEST })
            }
            rest => Verdict::Settling(rest),
        },
        (_, RunState::Restarting) => Verdict::Waiting,
        (Until::Completed, RunState::Running | RunState::Paused) => Verdict::Waiting,
        (Until::Ready { .. } | Until::Healthy, RunState::Running | RunState::Paused) => match (health, until) {
            (Some(Health::Healthy), _) => Verdict::Passed,
            (Some(Health::Unhealthy { output }), _) => {
                Verdict::Failed(GateFailure::Unhealthy { output: output.clone() })
            }
            (Some(Health::Starting), _) => Verdict::Waiting,
            (None, Until::Ready { settle }) => match window(settle, *restarts).saturating_sub(*age) {
                Duration::ZERO => Verdict::Passed,
                rest => Verdict::Settling(rest),
            },
            (None, Until::Healthy | Until::Completed) => Verdict::Failed(GateFailure::NoHealthcheck),
        },
    }
}

/// Why a wait ended at its limit, from what was seen last. `output` is what the last health probe printed.
pub fn overdue(until: Until, limit: Duration, seen: Option<&Seen>, output: Option<String>) -> EngineError {
    let what = match until {
        Until::Ready { .. } => "ready",
        Until::Healthy => "healthy",
        Until::Completed => "completed",
    };
    let what = what.to_owned();
    match seen {
        Some(Seen { restarts, code, .. }) if *restarts > 0 => {
            EngineError::Gate(GateFailure::Restarting { what, code: *code, restarts: *restarts, within: limit })
        }
        Some(_) | None => EngineError::Timeout { what, seconds: limit.as_secs(), output },
    }
}

/// What a wait tells of a container that was restarted meanwhile.
pub fn told(seen: &Seen) -> String {
    format!("restarted {}{}", times(seen.restarts), last(seen.code))
}

/// How long a container without a health check must live. One that lives for a tenth of a second each time and is then
/// restarted is never up; one that was restarted because something else was not there yet is soon believed.
fn window(settle: Duration, restarts: i64) -> Duration {
    match u32::try_from(restarts).unwrap_or_default() {
        0 => settle,
        restarts => settle.max(LEAST).saturating_mul(restarts.saturating_add(1)).min(settle.max(LONGEST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_millis(500);
    const READY: Until = Until::Ready { settle: SETTLE };
    const EXITED: RunState = RunState::Exited { code: 0, oom: false };

    fn seen(state: RunState) -> Seen {
        let (longest, waited) = (Duration::ZERO, Duration::ZERO);
        Seen { state, health: None, policy: Restart::No, restarts: 0, code: None, age: Duration::ZERO, longest, waited }
    }

    #[test]
    fn a_container_without_a_health_check_must_live_a_while_from_its_start() {
        let at = |millis| Seen { age: Duration::from_millis(millis), ..seen(RunState::Running) };
        assert_eq!(judge(READY, &at(0)), Verdict::Settling(SETTLE));
        assert_eq!(judge(READY, &at(400)), Verdict::Settling(Duration::from_millis(100)));
        assert_eq!(judge(READY, &at(500)), Verdict::Passed);
        assert_eq!(judge(Until::Ready { settle: Duration::ZERO }, &at(0)), Verdict::Passed);
        assert_eq!(judge(Until::Healthy, &at(500)), Verdict::Failed(GateFailure::NoHealthcheck));
    }

    #[test]
    fn each_restart_makes_the_time_longer_that_it_must_live() {
        let after = |restarts, settle| {
            let seen = Seen { restarts, policy: Restart::Always, code: Some(1), ..seen(RunState::Running) };
            judge(Until::Ready { settle }, &seen)
        };
        let settling = |millis| Verdict::Settling(Duration::from_millis(millis));
        assert_eq!(after(1, SETTLE), settling(1000));
        assert_eq!(after(3, SETTLE), settling(2000));
        assert_eq!(after(3, Duration::ZERO), settling(400));
        assert_eq!(after(1_000_000, SETTLE), settling(10_000));
        assert_eq!(after(9, Duration::from_secs(30)), settling(30_000));
    }

    #[test]
    fn what_its_policy_restarts_is_waited_for() {
        let health = Some(Health::Starting);
        for policy in [Restart::Always, Restart::UnlessStopped, Restart::OnFailure(0)] {
            let seen =
                Seen { restarts: 9, code: Some(1), policy, health: health.clone(), ..seen(RunState::Restarting) };
            for until in [READY, Until::Healthy, Until::Completed] {
                assert_eq!(judge(until, &seen), Verdict::Settling(LOOPING));
                assert_eq!(judge(until, &Seen { health: None, ..seen.clone() }), Verdict::Settling(LOOPING));
            }
        }
        let given_up =
            Seen { restarts: 3, policy: Restart::OnFailure(3), ..seen(RunState::Exited { code: 1, oom: false }) };
        assert_eq!(judge(READY, &given_up), Verdict::Failed(GateFailure::GivenUp { code: 1, restarts: 3 }));
    }

    #[test]
    fn a_loop_that_is_never_up_for_a_while_is_given_up_after_a_minute() {
        let after = |waited, longest| {
            let (waited, longest) = (Duration::from_secs(waited), Duration::from_secs(longest));
            let policy = Restart::Always;
            judge(READY, &Seen { restarts: 10, code: Some(7), policy, waited, longest, ..seen(RunState::Restarting) })
        };
        assert_eq!(after(59, 0), Verdict::Settling(Duration::from_secs(1)));
        assert_eq!(after(600, 10), Verdict::Waiting, "it was up for a while");
        let Verdict::Failed(failure) = after(60, 9) else { panic!("it is waited for") };
        let told = "restarted 10 times within 60 s and never up for 10 s; the last exit code was 7";
        assert_eq!(failure.to_string(), told);
        let running = Seen { restarts: 10, waited: LOOPING, ..seen(RunState::Running) };
        assert!(matches!(judge(READY, &running), Verdict::Settling(_)), "this run may be the one");
    }

    #[test]
    fn to_end_with_0_is_ready_only_where_the_policy_lets_it_rest() {
        assert_eq!(judge(READY, &seen(EXITED)), Verdict::Passed);
        let always = Seen { policy: Restart::Always, ..seen(EXITED) };
        assert_eq!(judge(READY, &always), Verdict::Failed(GateFailure::Exited { code: 0, oom: false }));
        assert_eq!(judge(Until::Completed, &always), Verdict::Passed);
        let failed = seen(RunState::Exited { code: 1, oom: true });
        assert_eq!(judge(Until::Completed, &failed), Verdict::Failed(GateFailure::Exited { code: 1, oom: true }));
    }

    #[test]
    fn a_health_check_decides_alone() {
        let with = |health| Seen { health: Some(health), age: SETTLE, ..seen(RunState::Running) };
        assert_eq!(judge(READY, &with(Health::Starting)), Verdict::Waiting);
        assert_eq!(judge(READY, &Seen { restarts: 3, ..with(Health::Starting) }), Verdict::Waiting);
        assert_eq!(judge(READY, &Seen { restarts: 3, ..with(Health::Healthy) }), Verdict::Passed);
        let output = || "refused".to_owned();
        let unhealthy = Verdict::Failed(GateFailure::Unhealthy { output: output() });
        assert_eq!(judge(Until::Healthy, &with(Health::Unhealthy { output: output() })), unhealthy);
    }

    #[test]
    fn a_job_that_ended_with_0_once_is_done_whatever_its_policy_does_then() {
        let again = Seen { restarts: 1, policy: Restart::Always, code: Some(0), ..seen(RunState::Restarting) };
        assert_eq!(judge(Until::Completed, &again), Verdict::Passed);
        assert_eq!(judge(Until::Completed, &Seen { state: RunState::Running, ..again }), Verdict::Passed);
    }

    #[test]
    fn a_crash_loop_is_told_with_how_often_and_how_long() {
        let limit = Duration::from_secs(20);
        let looping = Seen { restarts: 7, code: Some(3), ..seen(RunState::Restarting) };
        let said = |seen: &Seen| overdue(READY, limit, Some(seen), None).to_string();
        assert_eq!(said(&looping), "restarted 7 times and still not ready after 20 s; the last exit code was 3");
        assert_eq!(said(&seen(RunState::Running)), "not ready within 20 s");
    }
}
