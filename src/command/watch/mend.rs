//! A look at the running lab: what new containers lack, what is broken, and mending it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use super::healer::{Crash, Turn};
use super::patient::{self, Damage};
use super::session::{Flow, Session};
use crate::command::apply::Word;
use crate::command::session::{self, Builds, Look};
use crate::command::{Desired, Kind};
use crate::engine::EngineError;
use crate::event::Watched;
use crate::model::ServiceName;
use crate::plan::{ContainerRef, ContainerStep, Handle, Options};
use crate::state::{Container, RunState};

/// When to look again at what is in between two states.
const SOON: Duration = Duration::from_millis(300);

impl Session<'_> {
    /// Looks, and does what the look asks for.
    pub(super) async fn glance(&mut self) -> Flow {
        self.rest();
        let desired = self.applied.clone();
        let options = match self.args.select.options(&desired) {
            Ok(options) => options,
            Err(failure) => return self.survive(failure),
        };
        let look = session::look_at(self.engine, &desired, &options, None, &Builds::Trusted).await;
        let look = match look {
            Ok(look) => look,
            Err(failure) => return self.survive(failure),
        };
        self.observed = look.observed.clone();
        let there = self.observed.containers.iter().map(|container| container.id.clone()).collect();
        self.copies.keep(&there);
        self.ledgers.retain(|container, _| there.contains(container));
        self.catch_up().await;
        if self.logs.is_on() {
            self.follow_logs().await;
        }
        self.note_health();
        // An empty spec would ask for nothing, and nothing is what would be left.
        if desired.project.services.is_empty() {
            return Ok(());
        }
        if Damage::is_leaving(&desired.project, &look.observed) {
            self.look_at = tokio::time::Instant::now() + SOON;
            return Ok(());
        }
        let mut damage = Damage::of(&look.plan, &desired.project, &look.observed);
        let left = damage.leave(&desired.left_unhealthy);
        if damage.is_none() && !left.is_empty() {
            let why = "x-dsenv.restart_unhealthy is false, so it is not restarted".to_owned();
            self.tell_broken(left, why);
            return Ok(());
        }
        if damage.is_none() {
            self.told.clear();
            self.mended.clear();
            return Ok(());
        }
        if let Some(why) = damage.forbidden.clone().or_else(|| (!self.args.flags.heal).then(unasked)) {
            self.tell_broken(damage.told(), why);
            return Ok(());
        }
        self.mend(&desired, options, look, damage).await
    }

    /// Who has run well for a while is forgiven, and each death is judged when it is first seen.
    fn note_health(&mut self) {
        let now = session::now();
        let mut well: BTreeMap<ServiceName, bool> = BTreeMap::new();
        let (mut deaths, mut crashed) = (BTreeSet::new(), BTreeSet::new());
        for container in patient::ours(&self.applied.project, &self.observed) {
            *well.entry(container.service.clone()).or_insert(true) &= patient::well(container, now);
            if !container.state.is_up() {
                let key = (container.id.clone(), container.started_at);
                if !self.deaths.contains(&key) && patient::crashed(container, now) {
                    crashed.insert(container.service.clone());
                }
                deaths.insert(key);
            }
        }
        self.deaths = deaths;
        for service in &crashed {
            self.crashed(service, Crash::Ended);
        }
        let now = self.now();
        well.iter().filter(|(_, well)| **well).for_each(|(service, _)| self.healer.well(service, now));
    }

    /// Notes a crash. Answers whether the service may be brought back.
    fn crashed(&mut self, service: &ServiceName, how: Crash) -> bool {
        let Some(crashes) = self.healer.crashed(service, how, self.now()) else { return true };
        if self.args.flags.heal {
            self.tell(&Watched::HealingGivenUp { service: service.clone(), crashes });
        }
        false
    }

    /// What was mended just now and is broken in the same way was not mended; nor was what is still broken after a
    /// failure.
    fn note_unmended(&mut self, broken: &BTreeMap<ServiceName, String>) {
        for (service, (at, what)) in std::mem::take(&mut self.mended) {
            // One that ended again has been counted already.
            let ended = matches!(self.healer.last(&service), Some((last, Crash::Ended)) if last >= at);
            let still = broken.get(&service).is_some_and(|now| what.is_none_or(|what| what == *now));
            if still && !ended {
                self.unmended(&service);
            }
        }
    }

    /// Mending failed.
    fn unmended(&mut self, service: &ServiceName) {
        if let Some(tries) = self.healer.crashed(service, Crash::Unmended, self.now()) {
            let told = format!("{service} could not be mended {tries} times in a row, so nothing more is tried");
            self.notice(told, Some("set it right, then save the spec".to_owned()));
        }
    }

    async fn mend(&mut self, desired: &Rc<Desired>, options: Options, look: Look, damage: Damage) -> Flow {
        // What is no service goes by its address.
        let things = damage.things.iter().map(|(address, what)| (ServiceName::new(address.as_str()), what.clone()));
        let broken: BTreeMap<_, _> = damage.told().into_iter().chain(things).collect();
        self.note_unmended(&broken);
        let now = self.now();
        let (mut turn, mut rest) = (BTreeSet::new(), damage.other.clone());
        for service in broken.keys() {
            match self.healer.ask(service, now) {
                Turn::Now => drop(turn.insert(service.clone())),
                Turn::At(at) => {
                    self.look_at = self.look_at.min(tokio::time::Instant::now() + at.saturating_sub(now));
                    let seconds = at.saturating_sub(now).as_secs_f64().ceil() as u64;
                    if self.told.insert(service.clone(), "waits".to_owned()).as_deref() != Some("waits") {
                        if matches!(self.healer.last(service), Some((_, Crash::Unmended))) {
                            self.notice(format!("{service} could not be mended; the next try is in {seconds} s"), None);
                        } else {
                            self.tell(&Watched::HealingWaits { service: service.clone(), seconds });
                        }
                    }
                    rest.insert(service.clone());
                }
                Turn::GivenUp => drop(rest.insert(service.clone())),
            }
        }
        if turn.is_empty() {
            return Ok(());
        }
        let services = damage.told().into_iter().filter(|(service, _)| turn.contains(service)).collect();
        self.tell(&Watched::Healing { services });
        turn.iter().for_each(|service| drop(self.told.remove(service)));
        self.revive(&damage, &turn).await;
        let mended_by_plan = turn.iter().any(|it| !damage.unhealthy.contains_key(it));
        if !mended_by_plan {
            return Ok(());
        }
        let (options, look) = if rest.is_empty() {
            (options, look)
        } else {
            let options = Options { exclude: options.exclude.into_iter().chain(rest).collect(), ..options };
            match session::look_at(self.engine, desired, &options, Some(&look.key), &Builds::Trusted).await {
                Ok(look) => (options, look),
                Err(failure) => return self.survive(failure),
            }
        };
        if look.plan.is_empty() {
            return Ok(());
        }
        let result = self.carry_out(desired, options, look, Word::Given, Builds::Trusted).await;
        // Another look is due, and shows whether it holds.
        let (now, failed) = (self.now(), result.as_ref().is_err_and(|failure| failure.kind != Kind::StalePlan));
        let by_plan = turn.into_iter().filter(|it| !damage.unhealthy.contains_key(it));
        let what = |it: &ServiceName| broken.get(it).filter(|_| !failed).cloned();
        self.mended = by_plan.map(|it| (it.clone(), (now, what(&it)))).collect();
        match result {
            Err(failure) if failed => self.survive(failure),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    /// Restarts containers that run and are unhealthy: no plan does, since nothing of them differs.
    async fn revive(&mut self, damage: &Damage, turn: &BTreeSet<ServiceName>) {
        let sick: BTreeSet<_> =
            damage.unhealthy.iter().filter(|(service, _)| turn.contains(*service)).flat_map(|(_, ids)| ids).collect();
        let sick: Vec<_> = self.observed.containers.iter().filter(|it| sick.contains(&it.id)).cloned().collect();
        for container in sick {
            // One that does not stay healthy must not be restarted without end.
            if self.crashed(&container.service, Crash::Unhealthy)
                && let Err(error) = self.restart(&container).await
            {
                self.notice(format!("{} cannot be restarted: {error}", container.name), None);
            }
        }
    }

    pub(super) async fn restart(&self, container: &Container) -> Result<(), EngineError> {
        let reference = ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
        if container.state.is_up() || container.state == RunState::Paused {
            let stop = ContainerStep::Stop { container: reference.clone(), grace: None };
            self.engine.perform(&stop.into(), &|_| {}).await?;
        }
        self.engine.perform(&ContainerStep::Start { container: reference }.into(), &|_| {}).await.map(|_| ())
    }

    fn tell_broken(&mut self, services: BTreeMap<ServiceName, String>, why: String) {
        if self.told != services || self.told.is_empty() {
            self.told.clone_from(&services);
            self.tell(&Watched::Broken { services, why });
        }
    }
}

fn unasked() -> String {
    "it is not mended without --heal".to_owned()
}
