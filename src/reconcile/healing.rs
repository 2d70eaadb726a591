//! Healing: what a look says is wrong, and which repair is due. Pure.
//!
//! In go looks ([`Healing::examine`]), each at a plan for what was applied last, and how repairs went
//! ([`Healing::repaired`]); out come news, when to look next, and a [`Repair`]. A service that breaks again and again is
//! repaired ever more slowly and at last left alone ([`Backoff`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::{Backoff, Crash, Permit};
use super::diagnosis::{self, Diagnosis};
use super::{Desired, Look, Now};
use crate::event::Watched;
use crate::model::{Project, ServiceName};
use crate::state::{Container, ContainerId, Observed};

/// When to look again at what is in between two states.
const SOON: Duration = Duration::from_millis(300);

/// What is known of the health of services.
#[derive(Debug, Default)]
pub struct Healing {
    /// Whether anything is repaired; else it is only told.
    enabled: bool,
    backoff: Backoff,
    /// Containers that do not run, each with its last start: a death is judged when it is first seen.
    deaths: BTreeSet<(ContainerId, Option<Timestamp>)>,
    /// What was repaired by a plan since the last look.
    attempts: BTreeMap<ServiceName, Attempt>,
    /// What is broken, as was told.
    told: BTreeMap<ServiceName, String>,
}

/// A repair whose success the next look shows.
#[derive(Debug)]
struct Attempt {
    /// When it ended.
    at: Duration,
    /// What was wrong; `None`: the repair failed.
    what: Option<String>,
}

/// What a look asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Findings {
    /// What is to be told, in order.
    pub news: Vec<Watched>,
    /// The next look is due by this time.
    pub look_by: Option<Duration>,
    /// What is to be repaired now.
    pub repair: Option<Repair>,
}

/// What is to be repaired now: first by restarts, then by a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repair {
    /// Containers that run and are unhealthy: no plan restarts them, since nothing of them differs.
    pub restart: Vec<Container>,
    /// What a plan repairs, each with what is wrong. What is no service goes by its address.
    pub planned: BTreeMap<ServiceName, String>,
    /// Services that the plan leaves alone.
    pub without: BTreeSet<ServiceName>,
}

impl Healing {
    /// Nothing is known yet.
    pub fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// Another spec is applied: everything is tried again.
    pub fn spec_changed(&mut self) {
        self.backoff.forget();
        self.attempts.clear();
    }

    /// The user wants everything to be tried, and told, again.
    pub fn retry(&mut self) {
        self.backoff.forget();
        self.told.clear();
    }

    /// Whether a service is left alone, since it broke again and again.
    pub fn has_given_up(&self, service: &ServiceName) -> bool {
        self.backoff.has_given_up(service)
    }

    /// Examines a look at what was applied last.
    pub fn examine(&mut self, desired: &Desired, look: &Look, now: Now) -> Findings {
        let mut findings = Findings::default();
        let (project, observed) = (&desired.project, &look.observed);
        self.note_health(project, observed, now, &mut findings);
        // An empty spec would ask for nothing, and nothing is what would be left.
        if project.services.is_empty() {
            return findings;
        }
        if Diagnosis::is_leaving(project, observed) {
            findings.look_by = Some(now.since + SOON);
            return findings;
        }
        let mut diagnosis = Diagnosis::of(&look.plan, project, observed);
        let left = diagnosis.leave(&desired.left_unhealthy);
        if diagnosis.is_none() && !left.is_empty() {
            let why = "x-dsenv.restart_unhealthy is false, so it is not restarted".to_owned();
            self.tell_broken(left, why, &mut findings);
        } else if diagnosis.is_none() {
            self.told.clear();
            self.attempts.clear();
        } else if let Some(why) = diagnosis.forbidden.clone().or_else(|| (!self.enabled).then(unasked)) {
            self.tell_broken(diagnosis.told(), why, &mut findings);
        } else {
            self.decide(diagnosis, observed, now.since, &mut findings);
        }
        findings
    }

    /// A plan that repairs has ended; `failed`: not as it should.
    pub fn repaired(&mut self, repair: Repair, failed: bool, now: Duration) {
        let attempt = |(service, what)| (service, Attempt { at: now, what: (!failed).then_some(what) });
        self.attempts = repair.planned.into_iter().map(attempt).collect();
    }

    /// Who has run well for a while is forgiven, and each death is judged when it is first seen.
    fn note_health(&mut self, project: &Project, observed: &Observed, now: Now, findings: &mut Findings) {
        let mut well: BTreeMap<ServiceName, bool> = BTreeMap::new();
        let (mut deaths, mut crashed) = (BTreeSet::new(), BTreeSet::new());
        for container in diagnosis::replicas(project, observed) {
            *well.entry(container.service.clone()).or_insert(true) &= diagnosis::well(container, now.date);
            if !container.state.is_up() {
                let key = (container.id.clone(), container.started_at);
                if !self.deaths.contains(&key) && diagnosis::crashed(container, now.date) {
                    crashed.insert(container.service.clone());
                }
                deaths.insert(key);
            }
        }
        self.deaths = deaths;
        for service in &crashed {
            self.crashed(service, Crash::Ended, now.since, findings);
        }
        well.iter().filter(|(_, well)| **well).for_each(|(service, _)| self.backoff.well(service, now.since));
    }

    /// Notes a crash. Answers whether the service may be brought back.
    fn crashed(&mut self, service: &ServiceName, how: Crash, now: Duration, findings: &mut Findings) -> bool {
        let Some(crashes) = self.backoff.crashed(service, how, now) else { return true };
        if self.enabled {
            findings.news.push(Watched::HealingGivenUp { service: service.clone(), crashes });
        }
        false
    }

    /// What was repaired just now and is broken in the same way was not repaired; nor was what is still broken after a
    /// failure.
    fn judge_attempts(&mut self, broken: &BTreeMap<ServiceName, String>, now: Duration, findings: &mut Findings) {
        for (service, Attempt { at, what }) in std::mem::take(&mut self.attempts) {
            // One that ended again has been counted already.
            let ended = matches!(self.backoff.last(&service), Some((last, Crash::Ended)) if last >= at);
            let still = broken.get(&service).is_some_and(|now| what.is_none_or(|what| what == *now));
            if !still || ended {
                continue;
            }
            if let Some(tries) = self.backoff.crashed(&service, Crash::NotRepaired, now) {
                findings.news.push(Watched::WatchNotice {
                    message: format!("{service} could not be mended {tries} times in a row, so nothing more is tried"),
                    hint: Some("set it right, then save the spec".to_owned()),
                });
            }
        }
    }

    /// Which of what is broken is repaired now.
    fn decide(&mut self, diagnosis: Diagnosis, observed: &Observed, now: Duration, findings: &mut Findings) {
        // What is no service goes by its address.
        let things = diagnosis.things.iter().map(|(address, what)| (ServiceName::new(address.as_str()), what.clone()));
        let broken: BTreeMap<_, _> = diagnosis.told().into_iter().chain(things).collect();
        self.judge_attempts(&broken, now, findings);
        let (mut due, mut without) = (BTreeSet::new(), diagnosis.other.clone());
        for service in broken.keys() {
            match self.backoff.permit(service, now) {
                Permit::Now => drop(due.insert(service.clone())),
                Permit::At(at) => {
                    findings.look_by = Some(findings.look_by.map_or(at, |by| by.min(at)));
                    self.tell_wait(service, at.saturating_sub(now), findings);
                    without.insert(service.clone());
                }
                Permit::GivenUp => drop(without.insert(service.clone())),
            }
        }
        if due.is_empty() {
            return;
        }
        let services = diagnosis.told().into_iter().filter(|(service, _)| due.contains(service)).collect();
        findings.news.push(Watched::Healing { services });
        due.iter().for_each(|service| drop(self.told.remove(service)));
        let restart = self.restarts(&diagnosis, &due, observed, now, findings);
        let planned = broken.into_iter().filter(|(it, _)| due.contains(it) && !diagnosis.unhealthy.contains_key(it));
        findings.repair = Some(Repair { restart, planned: planned.collect(), without });
    }

    /// Containers that run, are unhealthy and may be restarted: one that does not stay healthy must not be restarted
    /// without end.
    fn restarts(
        &mut self,
        diagnosis: &Diagnosis,
        due: &BTreeSet<ServiceName>,
        observed: &Observed,
        now: Duration,
        findings: &mut Findings,
    ) -> Vec<Container> {
        let unhealthy = diagnosis.unhealthy.iter().filter(|(service, _)| due.contains(*service));
        let unhealthy: BTreeSet<_> = unhealthy.flat_map(|(_, ids)| ids).collect();
        let mut restart = Vec::new();
        for container in observed.containers.iter().filter(|it| unhealthy.contains(&it.id)) {
            if self.crashed(&container.service, Crash::Unhealthy, now, findings) {
                restart.push(container.clone());
            }
        }
        restart
    }

    fn tell_wait(&mut self, service: &ServiceName, wait: Duration, findings: &mut Findings) {
        let seconds = wait.as_secs_f64().ceil() as u64;
        if self.told.insert(service.clone(), "waits".to_owned()).as_deref() == Some("waits") {
            return;
        }
        findings.news.push(match self.backoff.last(service) {
            Some((_, Crash::NotRepaired)) => Watched::WatchNotice {
                message: format!("{service} could not be mended; the next try is in {seconds} s"),
                hint: None,
            },
            _ => Watched::HealingWaits { service: service.clone(), seconds },
        });
    }

    fn tell_broken(&mut self, services: BTreeMap<ServiceName, String>, why: String, findings: &mut Findings) {
        if self.told != services || self.told.is_empty() {
            self.told.clone_from(&services);
            findings.news.push(Watched::Broken { services, why });
        }
    }

    /// How many things are remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.backoff.weight() + self.deaths.len() + self.attempts.len() + self.told.len()
    }
}

fn unasked() -> String {
    "it is not mended without --heal".to_owned()
}
