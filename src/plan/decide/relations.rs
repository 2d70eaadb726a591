//! What becomes of a container because of what becomes of another service's.

use super::draft::Draft;
use crate::model::{Service, ServiceName};
use crate::plan::compare::container::{Difference, Wake};
use crate::plan::compare::desired::DesiredService;
use crate::plan::vocabulary::Reason;
use crate::state::{Container, RunState};

/// What earlier decisions mean for one service.
#[derive(Debug)]
pub struct Relations {
    /// The service that it borrows from and that gets new containers.
    borrowed_anew: Option<ServiceName>,
    /// The service that it restarts with and that starts. One that shares a namespace has lost it when its owner starts
    /// again.
    restarted_with: Option<ServiceName>,
}

impl Relations {
    /// As it is decided so far.
    pub fn of(draft: &Draft, service: &Service) -> Self {
        let decided = &draft.decided;
        let borrowed = service.fixed.borrows().into_iter();
        let asked = service.depends_on.iter().filter(|(_, dependency)| dependency.restart).map(|(name, _)| name);
        let shared = service.fixed.shares().into_iter();
        Self {
            borrowed_anew: borrowed.filter(|name| decided.is_anew(name)).min().cloned(),
            restarted_with: asked.chain(shared).filter(|name| decided.starts(name)).min().cloned(),
        }
    }

    /// Whether a container is replaced.
    pub fn replaces(&self, draft: &Draft, desired: &DesiredService, live: &Container, found: &Difference) -> bool {
        !found.replace.is_empty() || self.follows(draft, desired.service, live).is_some()
    }

    /// The difference of one container, with what follows from others.
    pub fn applied<'a>(
        &self,
        draft: &Draft,
        desired: &DesiredService,
        live: &Container,
        mut found: Difference<'a>,
    ) -> Difference<'a> {
        if let Some(owner) = self.follows(draft, desired.service, live) {
            let weaker = |reason: &Reason| matches!(reason, Reason::Asked | Reason::NotRunning(_));
            let at = found.replace.iter().position(weaker).unwrap_or(found.replace.len());
            found.replace.insert(at, Reason::DependencyReplaced(owner));
        }
        if live.state == RunState::Running
            && !desired.service.job
            && let Some(other) = &self.restarted_with
        {
            found.wake = Some(Wake::Restart(other.clone()));
        }
        if found.wake.is_none() && draft.sides.request.options.rerun.contains(desired.name) {
            let note = format!("not run again: it is {}; `--replace {}` makes it anew", live.state, desired.name);
            found.notes.insert(0, note);
        }
        found
    }

    /// The service that a container borrows from and that is not, or not any more, where it lives.
    fn follows(&self, draft: &Draft, service: &Service, container: &Container) -> Option<ServiceName> {
        self.borrowed_anew.clone().or_else(|| left_behind(draft, service, container))
    }
}

/// The service in whose namespace a container should live and does not: that one was replaced by an apply which did
/// not get as far as this one.
fn left_behind(draft: &Draft, service: &Service, container: &Container) -> Option<ServiceName> {
    let elsewhere =
        |owner: &ServiceName| draft.decided.lender(owner).is_some_and(|live| !container.lives_in.contains(&live.id));
    let owners = service.fixed.shares().into_iter();
    owners.filter(|owner| container.record.is_some() && elsewhere(owner)).min().cloned()
}
