//! The way back of an update whose replicas stand or fall together: when more of them fail than are tolerated, those that
//! were replaced already go back too (`deploy.rollback_config`): how many at a time, the pause between, which of the
//! two stands first, how long the old one is watched, and what happens when one does not come back.

use std::collections::BTreeSet;

use super::create;
use super::names::{nameless, rejoin};
use super::stop_first::{self, Replaced};
use crate::model::{Address, FailureAction, UpdateOrder, UpdatePolicy};
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::WayBack;
use crate::plan::schedule::state::Schedule;
use crate::plan::vocabulary::{ContainerStep, NodeId, WaitStep};
use crate::state::Container;

/// Whether the old one may come back while the new one still runs, and should (`deploy.rollback_config.order`).
pub fn may_return_beside(service: &ServiceDecision, old: &Container) -> bool {
    service.desired.service.rollback.order == UpdateOrder::StartFirst
        && service.alone.is_none()
        && !old.mounts.iter().any(|mount| mount.anonymous)
}

/// Adds the steps; `unless` is done when the update holds.
pub fn plan(s: &mut Schedule, service: &ServiceDecision, all: &[Replaced], unless: NodeId) {
    let UpdatePolicy { parallelism, delay, failure_action, max_failure_ratio, monitor: _, order: _, drain: _ } =
        service.desired.service.rollback;
    let size = if parallelism == 0 { all.len() } else { usize::try_from(parallelism).unwrap_or(all.len()) };
    let mut returns: BTreeSet<NodeId> = BTreeSet::new();
    let mut before: BTreeSet<NodeId> = BTreeSet::new();
    for batch in all.chunks(size) {
        if let (Some(first), false) = (batch.first(), before.is_empty() || delay.is_zero()) {
            let address = Address::Service(service.desired.name.clone());
            let mut pause = WayBack::taking(&address, first.last, unless, BTreeSet::new(), 0, before.clone());
            before = [pause.then(&mut s.nodes, WaitStep::Pause { duration: delay })].into();
        }
        let (of, failures) = match failure_action {
            FailureAction::Pause => (returns.clone(), share(max_failure_ratio, service.desired.service.scale)),
            FailureAction::Continue | FailureAction::Rollback => (BTreeSet::new(), 0),
        };
        let mut ends = BTreeSet::new();
        for replaced in batch {
            let mut back = WayBack::taking(
                replaced.chain.part_of(),
                replaced.last,
                unless,
                of.clone(),
                failures,
                before.iter().copied(),
            );
            returns.extend(one(s, service, replaced, &mut back));
            ends.extend(back.last());
        }
        before = ends;
    }
}

/// One replica. Answers with the step after which the old one is good again.
fn one(s: &mut Schedule, service: &ServiceDecision, replaced: &Replaced, back: &mut WayBack) -> Option<NodeId> {
    let Replaced { old, old_reference, new, left, .. } = replaced;
    let desired = &service.desired;
    let beside = may_return_beside(service, old);
    if !beside {
        stop(s, service, replaced, back);
    }
    for (network, attachment) in left {
        rejoin(s, back, old_reference, network, attachment);
    }
    let returned = stop_first::revive(s, back, desired, old, old_reference);
    if beside {
        for (network, attachment) in create::networks(s, desired) {
            rejoin(s, back, new, &network, &nameless(&attachment));
        }
        back.then(&mut s.nodes, WaitStep::Pause { duration: desired.service.rollback.drain });
        stop(s, service, replaced, back);
    }
    back.then(&mut s.nodes, ContainerStep::Remove { container: new.clone() });
    returned
}

fn stop(s: &mut Schedule, service: &ServiceDecision, replaced: &Replaced, back: &mut WayBack) {
    for hook in &service.desired.service.hooks.pre_stop {
        back.then(&mut s.nodes, ContainerStep::Hook { container: replaced.new.clone(), hook: hook.clone() });
    }
    back.then(&mut s.nodes, ContainerStep::Stop { container: replaced.new.clone(), grace: None });
}

/// How many of so many may fail.
pub fn share(ratio: f64, of: u32) -> usize {
    (0..=of).rev().find(|failures| f64::from(*failures) <= ratio * f64::from(of)).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_rounded_down() {
        assert_eq!([share(0.0, 4), share(0.5, 3), share(0.34, 3), share(1.0, 3)], [0, 1, 1, 3]);
    }
}
