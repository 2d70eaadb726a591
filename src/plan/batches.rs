//! Replacements in batches (`deploy.update_config`): how many at a time, the pause between, and how many failures are
//! tolerated before the next batch is not begun. Where a failure rolls back, no old one goes before all new ones are
//! good, so that all of them can come back.

use std::collections::BTreeSet;
use std::time::Duration;

use super::builder::After;
use super::outcome::Outcome;
use super::planner::Planner;
use super::stop_first::Replacement;
use super::wanted::Wanted;
use super::{Change, Hazard};
use super::{NodeId, Step, start_first, stop_first, take_back};
use crate::model::{Address, FailureAction, UpdateOrder, UpdatePolicy};

/// Adds the steps.
pub(super) fn replace<'a>(
    p: &mut Planner<'a>,
    wanted: &Wanted<'a>,
    replacements: Vec<(Replacement<'a, '_>, Change)>,
    outcome: &mut Outcome<'a>,
) {
    let total = replacements.len();
    if total == 0 {
        return;
    }
    let UpdatePolicy { parallelism, delay, failure_action, max_failure_ratio, order, monitor: _, drain: _ } =
        wanted.service.update;
    let size = if parallelism == 0 { total } else { usize::try_from(parallelism).unwrap_or(total) };
    let tolerated = match failure_action {
        FailureAction::Continue => total,
        FailureAction::Rollback | FailureAction::Pause => share(max_failure_ratio, wanted.service.scale),
    };
    // What others borrow from has been joined anew before all is known.
    let together = total > 1 && failure_action == FailureAction::Rollback && !p.borrowers.contains_key(wanted.name);
    let mut begun = Vec::new();
    let forbidden = (order == UpdateOrder::StartFirst).then(|| start_first::forbidden(p, wanted));
    let mut ends: BTreeSet<NodeId> = BTreeSet::new();
    let mut barrier = After::default();
    for (at, (mut replacement, mut change)) in replacements.into_iter().enumerate() {
        if at > 0 && at % size == 0 {
            let pause = Step::Pause { duration: delay };
            barrier = if delay.is_zero() && tolerated == 0 {
                After::done(ends.iter().copied())
            } else {
                let service = Address::Service(wanted.name.clone());
                After::done([p.nodes.tolerate(&service, ends.clone(), tolerated, pause)])
            };
        }
        replacement.after = replacement.after.and(barrier.clone());
        let up = replacement.old.state.is_up();
        let reason = forbidden.clone().flatten().or_else(|| start_first::forbidden_here(&replacement));
        let mut replaced = match (order, reason) {
            (UpdateOrder::StartFirst, None) => start_first::replace(p, &replacement),
            (UpdateOrder::StartFirst | UpdateOrder::StopFirst, reason) => {
                if let (UpdateOrder::StartFirst, Some(reason)) = (order, reason) {
                    change.notes.push(format!("stop-first: {reason}"));
                }
                if up {
                    change.hazards.push(Hazard::Downtime { service: wanted.name.clone() });
                }
                stop_first::replace(p, &replacement)
            }
        };
        outcome.insert(replacement.number, replaced.replica.clone());
        p.changes.push(change);
        if together {
            ends.insert(replaced.last);
            begun.push(replaced);
        } else {
            ends.insert(stop_first::commit(p, &mut replaced));
        }
    }
    if together {
        let service = Address::Service(wanted.name.clone());
        let holds = p.nodes.tolerate(&service, ends, tolerated, Step::Pause { duration: Duration::ZERO });
        take_back::plan(p, wanted, &begun, holds);
        for mut replaced in begun {
            replaced.chain.wait_for(After::done([holds]));
            stop_first::commit(p, &mut replaced);
        }
    }
}

/// How many of so many may fail.
pub(super) fn share(ratio: f64, of: u32) -> usize {
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
