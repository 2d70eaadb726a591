//! The life of a container: start, stop, end, restart, health; and time going by.

use std::time::Duration;

use super::behaviour::{Behaviour, VARIABLE};
use super::clock::Moment;
use super::process::{Checkup, Halt, Phase, Process, Up, Verdict};
use super::refusal::{conflict, no_container};
use super::script::Script;
use super::world::{Container, Line, World};
use crate::engine::EngineError;
use crate::model::{Probe, Restart};
use crate::state::{ContainerId, Health, RunState};

/// Docker waits 0.1 s before the first restart, twice as long before each further one, a minute at most, and starts
/// over when a container has lived ten seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_secs(10);

/// Killed.
const SIGKILL: i64 = 137;
/// Ended by the stop signal.
const SIGTERM: i64 = 143;

impl Container {
    /// What it is doing, and what its health check says.
    pub(super) fn shown_state(&self) -> (RunState, Option<Health>) {
        match &self.phase {
            Phase::Created => (RunState::Created, None),
            Phase::Up(up) => {
                let state = if up.paused { RunState::Paused } else { RunState::Running };
                (state, up.checkup.as_ref().map(Checkup::health))
            }
            Phase::Restarting { .. } => (RunState::Restarting, None),
            Phase::Exited { code, oom } => (RunState::Exited { code: *code, oom: *oom }, None),
        }
    }

    /// How long a run that ends now was, and whether its health check passed.
    fn run_of(&self, up: &Up, now: Moment) -> (Duration, bool) {
        let healthy = up.checkup.as_ref().is_some_and(|checkup| checkup.health() == Health::Healthy);
        (now.since(self.started_at.unwrap_or(now)), healthy)
    }
}

impl World {
    /// Starts a container. One that is up already stays as it is.
    pub(super) fn start(&mut self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        match &container.phase {
            Phase::Up(up) if up.paused => {
                return Err(conflict("cannot start a paused container, try unpause instead"));
            }
            Phase::Up(_) => return Ok(()),
            Phase::Created | Phase::Restarting { .. } | Phase::Exited { .. } => {}
        }
        self.begin(id, FIRST_PAUSE)?;
        if let Some(container) = self.containers.get_mut(id) {
            container.stopped_by_hand = false;
        }
        self.forget_restarts(id);
        self.advance(self.now);
        Ok(())
    }

    /// Who starts a container begins its count anew.
    fn forget_restarts(&mut self, id: &ContainerId) {
        if let Some(container) = self.containers.get_mut(id) {
            container.restart_count = 0;
            container.last_code = None;
        }
    }

    /// Takes what a running container holds, and lets its process begin.
    fn begin(&mut self, id: &ContainerId, pause: Duration) -> Result<(), EngineError> {
        self.check_borrowed(id)?;
        self.check_files(id)?;
        let behaviour = self.behaviour(id);
        if behaviour == Some(Behaviour::NoStart) {
            return Err(EngineError::Refused(
                "OCI runtime create failed: exec: \"serve\": executable file not found in $PATH".to_owned(),
            ));
        }
        self.bind_ports(id)?;
        if let Err(error) = self.take_addresses(id) {
            self.release(id);
            return Err(error);
        }
        let now = self.now;
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        let script = behaviour.map_or_else(|| Script::of(&container.command), |behaviour| behaviour.script());
        let checkup = container.probe.as_ref().map(|probe| Checkup {
            next: now + pace(probe, Duration::ZERO),
            failures: 0,
            verdict: Verdict::Starting,
            last: None,
        });
        container.started_at = Some(now);
        container.phase = Phase::Up(Box::new(Up {
            process: Process::new(script),
            wake: Some(now),
            end: None,
            checkup,
            paused: false,
            pause,
        }));
        self.touch_container(id);
        Ok(())
    }

    /// Sends the stop signal; the container is up until its process has heard it, or the grace period is over.
    pub(super) fn stop(&mut self, id: &ContainerId, grace: Option<i64>) -> Result<(), EngineError> {
        let stubborn = self.behaviour(id) == Some(Behaviour::Stubborn);
        let now = self.now;
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        container.stopped_by_hand = true;
        let grace = grace.or(container.fixed.stop_grace_period).unwrap_or(10);
        match &mut container.phase {
            Phase::Up(up) => {
                up.paused = false;
                up.end = Some(if stubborn {
                    (now + Duration::from_secs(u64::try_from(grace).unwrap_or(u64::MAX / 2_000_000)), SIGKILL)
                } else {
                    (now, SIGTERM)
                });
            }
            Phase::Restarting { code, .. } => container.phase = Phase::Exited { code: *code, oom: false },
            Phase::Created | Phase::Exited { .. } => return Ok(()),
        }
        self.touch_container(id);
        self.advance(now);
        Ok(())
    }

    /// Kills a container: its restart policy does not bring it back, as after Docker's `kill`.
    pub(super) fn kill(&mut self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        container.stopped_by_hand = true;
        self.end(id, SIGKILL, false);
        Ok(())
    }

    /// Its process dies by itself.
    pub(super) fn die(&mut self, id: &ContainerId, code: i64) {
        self.end(id, code, false);
    }

    /// Somebody waits until it is done: a program that the tiny shell does not know would serve for ever.
    pub(super) fn awaited(&mut self, id: &ContainerId) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else { return };
        if let Phase::Up(up) = &mut container.phase
            && up.process.is_released()
            && up.wake.is_none()
        {
            up.wake = Some(now);
            self.advance(now);
        }
    }

    /// Freezes or unfreezes a container. One that is not frozen need not be unfrozen.
    pub(super) fn pause(&mut self, id: &ContainerId, paused: bool) -> Result<(), EngineError> {
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        let up = match &mut container.phase {
            Phase::Up(up) if up.paused != paused => up,
            _ if !paused => return Ok(()),
            Phase::Up(_) => return Err(conflict(format!("container {} is already paused", container.name))),
            _ => return Err(conflict(format!("container {} is not running", container.name))),
        };
        up.paused = paused;
        self.touch_container(id);
        Ok(())
    }

    /// The engine stops and starts: what its restart policy names comes back, a container that a hand stopped with
    /// `always` too.
    pub(super) fn restart_engine(&mut self) {
        self.networks.values_mut().for_each(|network| network.jammed = false);
        let ids: Vec<_> = self.containers.keys().cloned().collect();
        for id in &ids {
            let Some(container) = self.containers.get_mut(id) else { continue };
            let was_up = matches!(container.phase, Phase::Up(_) | Phase::Restarting { .. });
            let by_hand = container.stopped_by_hand;
            if was_up {
                if let Phase::Up(up) = &container.phase {
                    container.ended = Some(container.run_of(up, self.now));
                }
                container.phase = Phase::Exited { code: SIGTERM, oom: false };
                self.release(id);
            }
            let Some(container) = self.containers.get(id) else { continue };
            let back = match container.tunable.restart {
                Restart::No => false,
                Restart::Always => container.started_at.is_some(),
                Restart::UnlessStopped | Restart::OnFailure(_) => was_up && !by_hand,
            };
            if !back {
                continue;
            }
            match self.begin(id, FIRST_PAUSE) {
                Ok(()) => self.forget_restarts(id),
                Err(_) => self.touch_container(id),
            }
        }
        self.advance(self.now);
    }

    /// Lets time go by until `now`; what falls due happens in its order.
    pub(super) fn advance(&mut self, now: Moment) {
        while let Some((at, id)) = self.due().filter(|(at, _)| *at <= now) {
            self.now = self.now.max(at);
            self.fire(&id);
        }
        self.now = self.now.max(now);
    }

    /// Stands still for so long: everything that was to come comes later.
    pub(super) fn sleep(&mut self, time: Duration) {
        self.now = self.now + time;
        for container in self.containers.values_mut() {
            let times = match &mut container.phase {
                Phase::Created | Phase::Exited { .. } => [None, None, None],
                Phase::Restarting { at, .. } => [Some(at), None, None],
                Phase::Up(up) => [
                    up.wake.as_mut(),
                    up.end.as_mut().map(|(at, _)| at),
                    up.checkup.as_mut().map(|checkup| &mut checkup.next),
                ],
            };
            times.into_iter().flatten().for_each(|at| *at = *at + time);
        }
    }

    /// What happens next by itself, and to whom.
    pub(super) fn due(&self) -> Option<(Moment, ContainerId)> {
        let soonest = self.containers.iter().filter_map(|(id, container)| match &container.phase {
            Phase::Created | Phase::Exited { .. } => None,
            Phase::Restarting { at, .. } => Some((*at, id)),
            Phase::Up(up) if up.paused => None,
            Phase::Up(up) => {
                let times = [up.wake, up.end.map(|(at, _)| at), up.checkup.as_ref().map(|checkup| checkup.next)];
                times.into_iter().flatten().min().map(|at| (at, id))
            }
        });
        soonest.min().map(|(at, id)| (at, id.clone()))
    }

    fn fire(&mut self, id: &ContainerId) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else { return };
        match &mut container.phase {
            Phase::Created | Phase::Exited { .. } => {}
            Phase::Restarting { code, pause, .. } => {
                let (code, pause) = (*code, *pause);
                if self.begin(id, pause).is_err() {
                    if let Some(container) = self.containers.get_mut(id) {
                        container.phase = Phase::Exited { code, oom: false };
                    }
                    self.touch_container(id);
                }
            }
            Phase::Up(up) => {
                if let Some((at, code)) = up.end
                    && at <= now
                {
                    self.end(id, code, false);
                } else if up.wake.is_some_and(|wake| wake <= now) {
                    let process = std::mem::take(&mut up.process);
                    self.go_on(id, process);
                } else {
                    self.probe(id);
                }
            }
        }
    }

    /// The container's own process goes on.
    fn go_on(&mut self, id: &ContainerId, mut process: Process) {
        let mut printed = Vec::new();
        let halt = self.run(id, &mut process, true, &mut printed);
        let now = self.now;
        if let Some(container) = self.containers.get_mut(id) {
            container.log.extend(printed.into_iter().map(|(stderr, text)| Line { at: now, stderr, text }));
            if let (Phase::Up(up), Halt::Sleeps(time)) = (&mut container.phase, halt) {
                up.process = process;
                up.wake = time.map(|time| now + time);
            }
        }
        match halt {
            Halt::Sleeps(_) => {}
            Halt::Ended(code) => self.end(id, code, false),
            Halt::OutOfMemory => self.end(id, SIGKILL, true),
        }
    }

    /// The container's processes are gone. Its restart policy says what follows.
    fn end(&mut self, id: &ContainerId, code: i64, oom: bool) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else { return };
        let Phase::Up(up) = &container.phase else { return };
        let (lived, healthy) = container.run_of(up, now);
        container.ended = Some((lived, healthy));
        container.last_code = Some(code);
        let pause = if lived >= SETTLED { FIRST_PAUSE } else { up.pause };
        let policy = container.tunable.restart;
        let over = container.stopped_by_hand || code == 0 && policy.lets_success_be();
        let again = !over
            && match policy {
                Restart::No => false,
                Restart::Always | Restart::UnlessStopped => true,
                Restart::OnFailure(most) => most == 0 || container.restart_count < i64::from(most),
            };
        container.phase = if again {
            container.restart_count += 1;
            Phase::Restarting { at: now + pause, code, pause: (pause * 2).min(LONGEST_PAUSE) }
        } else {
            Phase::Exited { code, oom }
        };
        self.release(id);
        self.touch_container(id);
    }

    /// Gives back what only a running container holds.
    fn release(&mut self, id: &ContainerId) {
        if let Some(container) = self.containers.get_mut(id) {
            container.ports.clear();
            container.endpoints.values_mut().for_each(|endpoint| endpoint.address = None);
        }
    }

    /// One probe of the health check.
    fn probe(&mut self, id: &ContainerId) {
        let behaviour = self.behaviour(id);
        let now = self.now;
        let Some(container) = self.containers.get(id) else { return };
        let (Some(probe), Some(started)) = (container.probe.clone(), container.started_at) else { return };
        let age = now.since(started);
        let (code, output) = match behaviour.and_then(|behaviour| behaviour.probe(age)) {
            Some(true) => (0, "ok".to_owned()),
            Some(false) => (1, "not yet".to_owned()),
            None => self.run_probe(id, &probe),
        };
        let Some(container) = self.containers.get_mut(id) else { return };
        let Phase::Up(up) = &mut container.phase else { return };
        let Some(checkup) = &mut up.checkup else { return };
        let before = checkup.verdict;
        checkup.next = now + pace(&probe, age);
        checkup.last = Some((code, output));
        if code == 0 {
            checkup.failures = 0;
            checkup.verdict = Verdict::Healthy;
        } else if checkup.verdict != Verdict::Starting || age >= nanos(probe.start_period, Duration::ZERO) {
            checkup.failures += 1;
            if checkup.failures >= probe.retries.filter(|retries| *retries > 0).unwrap_or(3) {
                checkup.verdict = Verdict::Unhealthy;
            }
        }
        if checkup.verdict != before {
            self.touch_container(id);
        }
    }

    /// Runs the probe's own command. One that sleeps longer than its time limit fails.
    fn run_probe(&mut self, id: &ContainerId, probe: &Probe) -> (i64, String) {
        let script = match probe.test.as_slice() {
            [kind, rest @ ..] if kind == "CMD" => Script::of(rest),
            [kind, text] if kind == "CMD-SHELL" => Script::parse(text),
            _ => Script::default(),
        };
        let mut process = Process::new(script);
        let (mut printed, mut slept) = (Vec::new(), Duration::ZERO);
        let limit = nanos(probe.timeout, Duration::from_secs(30));
        loop {
            match self.run(id, &mut process, false, &mut printed) {
                Halt::Ended(code) => {
                    let lines: Vec<_> = printed.into_iter().map(|(_, line)| line).collect();
                    return (code, lines.join("\n"));
                }
                Halt::OutOfMemory => return (SIGKILL, String::new()),
                Halt::Sleeps(time) => {
                    slept = slept.saturating_add(time.unwrap_or(Duration::MAX));
                    if slept > limit {
                        return (-1, format!("Health check exceeded timeout ({limit:?})"));
                    }
                }
            }
        }
    }

    /// What the container does: what its variable says, or else its image.
    fn behaviour(&self, id: &ContainerId) -> Option<Behaviour> {
        let container = self.containers.get(id)?;
        let own = container.environment.get(VARIABLE).and_then(|text| Behaviour::parse(text));
        own.or_else(|| self.images.get(&container.image)?.run.clone())
    }
}

/// The time until the next probe, at this age.
fn pace(probe: &Probe, age: Duration) -> Duration {
    let interval = nanos(probe.interval, Duration::from_secs(30));
    match probe.start_interval {
        Some(_) if age < nanos(probe.start_period, Duration::ZERO) => nanos(probe.start_interval, interval),
        _ => interval,
    }
}

/// A duration of the API: nanoseconds, where 0 and unset are the default.
fn nanos(value: Option<i64>, default: Duration) -> Duration {
    value.and_then(|value| u64::try_from(value).ok()).filter(|value| *value > 0).map_or(default, Duration::from_nanos)
}
