//! The way back of an update whose replicas stand or fall together: when more of them fail than are tolerated, those that
//! were replaced already go back too (`deploy.rollback_config`): how many at a time, the pause between, which of the
//! two stands first, how long the old one is watched, and what happens when one does not come back.

use std::collections::BTreeSet;

use super::builder::WayBack;
use super::planner::Planner;
use super::stop_first::{self, Replaced};
use super::wanted::Wanted;
use super::{NodeId, Step, batches, create, start_first};
use crate::model::{Address, FailureAction, UpdatePolicy};

/// Adds the steps; `unless` is done when the update holds.
pub(super) fn plan(p: &mut Planner, wanted: &Wanted, all: &[Replaced], unless: NodeId) {
    let UpdatePolicy { parallelism, delay, failure_action, max_failure_ratio, monitor: _, order: _, drain: _ } =
        wanted.service.rollback;
    let size = if parallelism == 0 { all.len() } else { usize::try_from(parallelism).unwrap_or(all.len()) };
    let mut returns: BTreeSet<NodeId> = BTreeSet::new();
    let mut before: BTreeSet<NodeId> = BTreeSet::new();
    for batch in all.chunks(size) {
        if let (Some(first), false) = (batch.first(), before.is_empty() || delay.is_zero()) {
            let address = Address::Service(wanted.name.clone());
            let mut pause = WayBack::taking(&address, first.last, unless, BTreeSet::new(), 0, before.clone());
            before = [pause.then(&mut p.nodes, Step::Pause { duration: delay })].into();
        }
        let (of, failures) = match failure_action {
            FailureAction::Pause => (returns.clone(), batches::share(max_failure_ratio, wanted.service.scale)),
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
            returns.extend(one(p, wanted, replaced, &mut back));
            ends.extend(back.last());
        }
        before = ends;
    }
}

/// One replica. Answers with the step after which the old one is good again.
fn one(p: &mut Planner, wanted: &Wanted, replaced: &Replaced, back: &mut WayBack) -> Option<NodeId> {
    let Replaced { old, old_reference, new, left, .. } = replaced;
    let beside = start_first::may_return_beside(p, wanted, old);
    if !beside {
        stop(p, wanted, replaced, back);
    }
    for (network, attachment) in left {
        start_first::rejoin(p, back, old_reference, network, attachment);
    }
    let returned = stop_first::revive(p, back, wanted, old, old_reference);
    if beside {
        for (network, attachment) in create::networks(p, wanted) {
            start_first::rejoin(p, back, new, &network, &start_first::nameless(&attachment));
        }
        back.then(&mut p.nodes, Step::Pause { duration: wanted.service.rollback.drain });
        stop(p, wanted, replaced, back);
    }
    back.then(&mut p.nodes, Step::Remove { container: new.clone() });
    returned
}

fn stop(p: &mut Planner, wanted: &Wanted, replaced: &Replaced, back: &mut WayBack) {
    for hook in &wanted.service.hooks.pre_stop {
        back.then(&mut p.nodes, Step::Hook { container: replaced.new.clone(), hook: hook.clone() });
    }
    back.then(&mut p.nodes, Step::Stop { container: replaced.new.clone(), grace: None });
}
