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
use crate::engine::readiness::{self, Seen, Verdict};
use crate::engine::{Done, EngineError, GateFailure};
use crate::event::Progress;
use crate::plan::Until;
use crate::state::{ContainerId, RunState};

/// Before listening anew after the stream of events broke.
const AGAIN: Duration = Duration::from_millis(200);

pub(super) async fn wait(
    docker: &Docker,
    id: &ContainerId,
    until: Until,
    limit: Duration,
    progress: Report<'_>,
) -> Result<Done, EngineError> {
    let probes = Probes { progress, last: None, output: None };
    let (begun, longest) = (Instant::now(), Duration::ZERO);
    let mut watch = Watch { docker, id, probes, begun, run: None, longest, restarts: 0, seen: None };
    match tokio::time::timeout(limit, watch.pass(until)).await {
        Ok(passed) => passed.map(|()| Done::Nothing),
        Err(_) => Err(readiness::overdue(until, limit, watch.seen.as_ref(), watch.probes.output)),
    }
}

/// A wait for one container.
struct Watch<'a> {
    docker: &'a Docker,
    id: &'a ContainerId,
    probes: Probes<'a>,
    begun: Instant,
    run: Option<Run>,
    /// How long the longest run was that ended.
    longest: Duration,
    /// Restarts that were told.
    restarts: i64,
    /// By the last look.
    seen: Option<Seen>,
}

/// The run of a container that was seen last.
struct Run {
    /// When it began, by the engine's clock.
    started: Option<Timestamp>,
    /// The same by this program's, at the latest: the two may differ.
    since: Instant,
}

impl Watch<'_> {
    async fn pass(&mut self, until: Until) -> Result<(), EngineError> {
        // A stream that stands already is joined before the first look, so that nothing falls between the two.
        let mut events = self.docker.events.join();
        let mut code = None;
        let mut first = None;
        loop {
            let seen = self.look(code).await?;
            let rest = match readiness::judge(until, &seen) {
                Verdict::Passed => return Ok(()),
                Verdict::Failed(failure) => return Err(EngineError::Gate(failure)),
                Verdict::Settling(rest) => Some(rest),
                Verdict::Waiting => None,
            };
            let started = self.run.as_ref().and_then(|run| run.started);
            let first = *first.get_or_insert(started.unwrap_or(Timestamp::UNIX_EPOCH));
            let stream = events.get_or_insert_with(|| self.docker.events.subscribe(first));
            match next(stream, self.id, started, rest, &seen).await {
                Next::Died(last) => {
                    code = Some(last);
                    let lived = self.run.as_ref().map_or(Duration::ZERO, |run| run.since.elapsed());
                    self.longest = self.longest.max(lived);
                    // Of one that completed nothing may be left to look at.
                    if readiness::judge(until, &Seen { code, ..seen }) == Verdict::Passed {
                        return Ok(());
                    }
                }
                Next::Look => {}
                Next::Lost => {
                    tokio::time::sleep(AGAIN).await;
                    events = Some(self.docker.events.subscribe(first));
                }
            }
        }
    }

    /// `code`: how the last run ended, where that was heard.
    async fn look(&mut self, code: Option<i64>) -> Result<Seen, EngineError> {
        let inspect = match self.docker.inspect(self.id).await {
            Err(EngineError::NotFound(_)) => return Err(EngineError::Gate(GateFailure::Gone)),
            other => other?,
        };
        self.probes.report(&inspect);
        let state = inspect.state.clone().unwrap_or_default();
        let restarts = inspect.restart_count.unwrap_or_default();
        let since = self.since(observe::started_at(&state), restarts);
        let tunable = codec::read_tunable(&Wire::of(inspect), &Around::nothing(self.docker.rules.api));
        let run_state = observe::run_state(&state);
        let seen = Seen {
            health: observe::health(&state),
            policy: tunable.restart,
            restarts,
            code: if run_state == RunState::Restarting { state.exit_code.or(code) } else { code },
            age: since.elapsed(),
            longest: self.longest,
            waited: self.begun.elapsed(),
            state: run_state,
        };
        if restarts > self.restarts {
            self.restarts = restarts;
            (self.probes.progress)(Progress::Line(readiness::told(&seen)));
        }
        self.seen = Some(seen.clone());
        Ok(seen)
    }

    /// Since when the run that was just seen has been under way, at the latest.
    fn since(&mut self, started: Option<Timestamp>, restarts: i64) -> Instant {
        let now = Instant::now();
        let since = match &self.run {
            Some(run) if run.started == started => run.since,
            Some(_) => now,
            None => {
                let ours = self.docker.known.started(self.id).filter(|_| restarts == 0);
                let age = started.and_then(|started| Timestamp::now().duration_since(started).try_into().ok());
                let told = age.and_then(|age| now.checked_sub(age));
                ours.into_iter().chain(told).max().unwrap_or(now)
            }
        };
        self.run = Some(Run { started, since });
        since
    }
}

/// Why to look again.
enum Next {
    Died(i64),
    Look,
    Lost,
}

/// `started`: what was before that is of an earlier run. `rest`: how long nothing may happen.
async fn next(
    stream: &mut Receiver<ContainerEvent>,
    id: &ContainerId,
    started: Option<Timestamp>,
    rest: Option<Duration>,
    seen: &Seen,
) -> Next {
    let settled = async {
        match rest {
            Some(rest) => tokio::time::sleep(rest).await,
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
            Ok(event) if event.id != id.0 || event.at.zip(started).is_some_and(|(at, started)| at < started) => {}
            Ok(event) if event.action == "die" => return Next::Died(event.exit_code.unwrap_or_default()),
            // A command that ended in the container may have been a probe.
            Ok(event) if event.action.starts_with("exec_die") && seen.health.is_none() => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return Next::Look,
            Err(RecvError::Closed) => return Next::Lost,
        }
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
