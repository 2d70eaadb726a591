//! What a person at the terminal asks for, and what stays on the screen.

use std::collections::BTreeSet;
use std::time::Duration;

use super::activity::RestartReason;
use super::out::Out;
use super::{Desired, Effect, Now, Show, State, Stop};
use crate::model::ServiceName;
use crate::state::Observed;

/// The age of a container is shown in seconds until it is so old, and in minutes then.
const YOUNG: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What is shown to a person.
#[derive(Debug)]
pub struct Shown<'s> {
    /// What was applied last.
    pub applied: &'s Desired,
    /// What the last look found.
    pub observed: &'s Observed,
    /// Services that are left alone, since they broke again and again.
    pub degraded: BTreeSet<&'s ServiceName>,
    /// Whether a plan waits for the user's word.
    pub awaits_word: bool,
    /// Whether the next digit picks a service to restart.
    pub picks_restart: bool,
    /// Whether logs are shown.
    pub logs: bool,
    /// Whether what breaks is repaired.
    pub heals: bool,
}

impl State {
    /// What is shown to a person.
    pub fn shown_to_person(&self) -> Shown<'_> {
        let applied = &self.spec.applied;
        let degraded = applied.project.services.keys().filter(|service| self.healing.has_given_up(service));
        Shown {
            applied,
            observed: &self.observed,
            degraded: degraded.collect(),
            awaits_word: self.spec.awaits_word,
            picks_restart: self.view.picks_restart,
            logs: self.view.logs,
            heals: self.settings.heal,
        }
    }

    pub(super) fn key(&mut self, now: Now, key: char, out: &mut Out) {
        match key {
            'q' => self.stop(Stop::Asked, out),
            'a' | '\n' | '\r' if self.spec.awaits_word => self.begin_proposal(true, out),
            'p' => self.begin_preview(out),
            's' => {
                out.show(Show::Clear);
                out.show(Show::Status);
            }
            'l' => {
                self.view.logs = !self.view.logs;
                out.push(Effect::StopLogs);
                if self.view.logs {
                    self.follow_logs(out);
                }
            }
            'r' => self.view.picks_restart = true,
            '1'..='9' if self.view.picks_restart => {
                self.view.picks_restart = false;
                let number = key.to_digit(10).map_or(0, |digit| digit as usize);
                self.restart_service(now, number - 1, out);
            }
            'h' => {
                self.healing.retry();
                self.due.look = now.since;
            }
            _ => self.view.picks_restart = false,
        }
    }

    /// Restarts the service with this number, in the order of their names.
    fn restart_service(&mut self, now: Now, number: usize, out: &mut Out) {
        let Some(service) = self.spec.applied.project.services.keys().nth(number).cloned() else { return };
        let containers = Self::containers(&self.spec, &self.observed, &service).into_iter().cloned().collect();
        self.restart(now, containers, RestartReason::Key { service, begun: now.since }, out);
    }

    /// Shows the services as the last look had them, and the keys.
    pub(super) fn draw(&mut self, now: Now, out: &mut Out) {
        if !self.view.terminal.screen {
            return;
        }
        out.show(Show::Services);
        let containers = self.observed.containers.iter().filter(|container| !container.oneoff);
        let youngest = containers.filter_map(|container| container.started_at).max();
        let age = youngest.map(|at| Duration::try_from(now.date.duration_since(at)).unwrap_or_default());
        self.due.redraw = age.map(|age| now.since + if age < YOUNG { SECOND } else { MINUTE });
    }
}
