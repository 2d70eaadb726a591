//! Waiting until a container is up. Woken by the engine's events; no clock ticks.

use std::time::Duration;

use bollard::models::{ContainerInspectResponse, HealthcheckResult};
use jiff::Timestamp;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::events::ContainerEvent;
use super::perform::Report;
use super::wire::{Around, Wire};
use super::{Docker, codec, observe};
use crate::engine::{Done, EngineError, GateFailure};
use crate::event::Progress;
use crate::model::Restart;
use crate::plan::Until;
use crate::state::{ContainerId, Health, RunState};

/// Restarts after which a container with a health check is given up.
const RESTARTS: i64 = 3;
/// Before listening anew after the stream of events broke.
const AGAIN: Duration = Duration::from_millis(200);

/// What one look says of a container.
#[derive(Debug, Clone, PartialEq)]
struct Look {
    state: RunState,
    health: Option<Health>,
    restarts: i64,
    policy: Restart,
    /// The last exit code that is known.
    code: i64,
}

/// What a look means for the wait.
#[derive(Debug, Clone, PartialEq)]
enum Verdict {
    Passed,
    Failed(GateFailure),
    /// Something must happen.
    Waiting,
    /// Nothing must happen for a while.
    Settling(Duration),
}

pub(super) async fn wait(
    docker: &Docker,
    id: &ContainerId,
    until: Until,
    limit: Duration,
    progress: Report<'_>,
) -> Result<Done, EngineError> {
    let mut probes = Probes { progress, last: None, output: None };
    match tokio::time::timeout(limit, pass(docker, id, until, &mut probes)).await {
        Ok(passed) => passed.map(|()| Done::Nothing),
        Err(_) => Err(EngineError::Timeout {
            what: match until {
                Until::Ready { .. } => "ready",
                Until::Healthy => "healthy",
                Until::Completed => "completed",
            }
            .to_owned(),
            seconds: limit.as_secs(),
            output: probes.output,
        }),
    }
}

async fn pass(docker: &Docker, id: &ContainerId, until: Until, probes: &mut Probes<'_>) -> Result<(), EngineError> {
    // A stream that stands already is joined before the first look, so that nothing falls between the two.
    let mut events = docker.events.join();
    let (mut look, started) = look(docker, id, probes, 0).await?;
    let started = started.unwrap_or(Timestamp::UNIX_EPOCH);
    // What happened before the wait is forgiven: a container may have been restarted once long ago.
    let before = std::mem::take(&mut look.restarts);
    let mut settled_at: Option<Instant> = None;
    loop {
        let settled = settled_at.is_some_and(|at| at <= Instant::now());
        match judge(until, &look) {
            Verdict::Passed => return Ok(()),
            Verdict::Failed(failure) => return Err(EngineError::Gate(failure)),
            Verdict::Settling(_) if settled => return Ok(()),
            Verdict::Settling(window) => drop(settled_at.get_or_insert_with(|| Instant::now() + window)),
            Verdict::Waiting => settled_at = None,
        }
        let stream = events.get_or_insert_with(|| docker.events.subscribe(started));
        let code = match next(stream, id, settled_at, &look).await {
            Next::Died(0) if until == Until::Completed => return Ok(()),
            Next::Died(code) => code,
            Next::Look => look.code,
            Next::Lost => {
                tokio::time::sleep(AGAIN).await;
                events = Some(docker.events.subscribe(started));
                look.code
            }
        };
        look = self::look(docker, id, probes, code).await?.0;
        look.restarts -= before;
    }
}

/// Why to look again.
enum Next {
    Died(i64),
    Look,
    Lost,
}

async fn next(
    stream: &mut Receiver<ContainerEvent>,
    id: &ContainerId,
    settled_at: Option<Instant>,
    look: &Look,
) -> Next {
    let settled = async {
        match settled_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(settled);
    loop {
        let event = tokio::select! {
            event = stream.recv() => event,
            () = &mut settled => return Next::Look,
        };
        match event {
            Ok(event) if event.id != id.0 => {}
            Ok(event) if event.action == "die" => return Next::Died(event.exit_code.unwrap_or_default()),
            // A command that ended in the container may have been a probe.
            Ok(event) if event.action.starts_with("exec_die") && look.health.is_none() => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return Next::Look,
            Err(RecvError::Closed) => return Next::Lost,
        }
    }
}

async fn look(
    docker: &Docker,
    id: &ContainerId,
    probes: &mut Probes<'_>,
    code: i64,
) -> Result<(Look, Option<Timestamp>), EngineError> {
    let inspect = match docker.inspect(id).await {
        Err(EngineError::NotFound(_)) => return Err(EngineError::Gate(GateFailure::Gone)),
        other => other?,
    };
    probes.report(&inspect);
    let state = inspect.state.clone().unwrap_or_default();
    let restarts = inspect.restart_count.unwrap_or_default();
    let shown = state.exit_code.filter(|code| *code != 0);
    let tunable = codec::read_tunable(&Wire::of(inspect), &Around::nothing(docker.rules.api));
    let look = Look {
        health: observe::health(&state),
        restarts,
        policy: tunable.restart,
        code: shown.unwrap_or(code),
        state: observe::run_state(&state),
    };
    Ok((look, observe::started_at(&state)))
}

fn judge(until: Until, look: &Look) -> Verdict {
    let Look { state, health, restarts, policy, code } = look;
    let restarting = Verdict::Failed(GateFailure::Restarting { code: *code });
    match (until, state) {
        (_, RunState::Removing | RunState::Dead) => Verdict::Failed(GateFailure::Gone),
        (_, RunState::Created) => Verdict::Waiting,

        (Until::Completed, RunState::Exited { code: 0, .. }) => Verdict::Passed,
        (Until::Ready { .. }, RunState::Exited { code: 0, .. }) if ends(*policy) => Verdict::Passed,
        (_, RunState::Exited { code, oom }) => Verdict::Failed(GateFailure::Exited { code: *code, oom: *oom }),

        // The policy of a job says how often it is tried; with `always` it never ends.
        (Until::Completed, RunState::Running | RunState::Paused | RunState::Restarting) => {
            if !ends(*policy) && *restarts >= RESTARTS { restarting } else { Verdict::Waiting }
        }

        (Until::Ready { .. } | Until::Healthy, RunState::Running | RunState::Paused) => match (health, until) {
            (Some(Health::Healthy), _) => Verdict::Passed,
            (Some(Health::Unhealthy { output }), _) => {
                Verdict::Failed(GateFailure::Unhealthy { output: output.clone() })
            }
            (Some(Health::Starting), _) if *restarts >= RESTARTS => restarting,
            (Some(Health::Starting), _) => Verdict::Waiting,
            (None, Until::Ready { .. }) if *restarts > 0 => restarting,
            (None, Until::Ready { settle }) => Verdict::Settling(settle),
            (None, Until::Healthy | Until::Completed) => Verdict::Failed(GateFailure::NoHealthcheck),
        },
        (Until::Ready { .. } | Until::Healthy, RunState::Restarting) => {
            if health.is_some() && *restarts < RESTARTS {
                Verdict::Waiting
            } else {
                restarting
            }
        }
    }
}

/// Whether a container of this policy may rest after it ended with 0.
fn ends(policy: Restart) -> bool {
    match policy {
        Restart::No | Restart::OnFailure(_) => true,
        Restart::Always | Restart::UnlessStopped => false,
    }
}

/// Reports each health probe once.
struct Probes<'a> {
    progress: Report<'a>,
    last: Option<i128>,
    output: Option<String>,
}

impl Probes<'_> {
    fn report(&mut self, inspect: &ContainerInspectResponse) {
        let health = inspect.state.as_ref().and_then(|state| state.health.as_ref());
        for HealthcheckResult { start, end: _, exit_code, output } in
            health.iter().flat_map(|health| health.log.iter().flatten())
        {
            let start = start.map(|start| start.unix_timestamp_nanos());
            if start <= self.last {
                continue;
            }
            self.last = start;
            let output = output.clone().unwrap_or_default().trim_end().to_owned();
            self.output = Some(output.clone());
            (self.progress)(Progress::Probe { code: exit_code.unwrap_or_default(), output });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Until = Until::Ready { settle: Duration::from_secs(1) };

    fn look(state: RunState) -> Look {
        Look { state, health: None, restarts: 0, policy: Restart::No, code: 0 }
    }

    #[test]
    fn a_container_without_a_health_check_must_live_a_while() {
        assert_eq!(judge(READY, &look(RunState::Running)), Verdict::Settling(Duration::from_secs(1)));
        let restarted = Look { restarts: 1, code: 3, ..look(RunState::Running) };
        assert_eq!(judge(READY, &restarted), Verdict::Failed(GateFailure::Restarting { code: 3 }));
        assert_eq!(judge(Until::Healthy, &look(RunState::Running)), Verdict::Failed(GateFailure::NoHealthcheck));
    }

    #[test]
    fn to_end_with_0_is_ready_only_where_the_policy_lets_it_rest() {
        let ended = look(RunState::Exited { code: 0, oom: false });
        assert_eq!(judge(READY, &ended), Verdict::Passed);
        let always = Look { policy: Restart::Always, ..ended.clone() };
        assert_eq!(judge(READY, &always), Verdict::Failed(GateFailure::Exited { code: 0, oom: false }));
        assert_eq!(judge(Until::Completed, &always), Verdict::Passed);
        let failed = look(RunState::Exited { code: 1, oom: true });
        assert_eq!(judge(Until::Completed, &failed), Verdict::Failed(GateFailure::Exited { code: 1, oom: true }));
    }

    #[test]
    fn a_health_check_decides_alone() {
        let with = |health| Look { health: Some(health), ..look(RunState::Running) };
        assert_eq!(judge(READY, &with(Health::Starting)), Verdict::Waiting);
        assert_eq!(judge(READY, &with(Health::Healthy)), Verdict::Passed);
        let output = || "refused".to_owned();
        let unhealthy = Verdict::Failed(GateFailure::Unhealthy { output: output() });
        assert_eq!(judge(Until::Healthy, &with(Health::Unhealthy { output: output() })), unhealthy);
        let once = Look { restarts: 1, ..with(Health::Starting) };
        assert_eq!(judge(READY, &once), Verdict::Waiting);
        let again = Look { restarts: 3, code: 7, ..with(Health::Starting) };
        assert_eq!(judge(READY, &again), Verdict::Failed(GateFailure::Restarting { code: 7 }));
    }

    #[test]
    fn a_job_is_tried_as_often_as_its_policy_says() {
        let tried = Look { restarts: 9, policy: Restart::OnFailure(0), ..look(RunState::Restarting) };
        assert_eq!(judge(Until::Completed, &tried), Verdict::Waiting);
        let endless = Look { policy: Restart::Always, ..tried };
        assert_eq!(judge(Until::Completed, &endless), Verdict::Failed(GateFailure::Restarting { code: 0 }));
    }
}
