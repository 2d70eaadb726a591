//! Replacements in batches (`deploy.update_config`): how many at a time, the pause between, and how many failures are
//! tolerated before the next batch is not begun. Where a failure rolls back, no old one goes before all new ones are
//! good, so that all of them can come back.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stop_first::{self, Replacement};
use super::{rollback, start_first};
use crate::model::{Address, FailureAction, UpdateOrder, UpdatePolicy};
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::After;
use crate::plan::schedule::state::{Schedule, ServiceSteps};
use crate::plan::vocabulary::{NodeId, WaitStep};

/// Adds the steps; each replacement with which of its two containers stands first.
pub fn replace<'a>(
    s: &mut Schedule<'a>,
    service: &'a ServiceDecision<'a>,
    replacements: Vec<(Replacement<'a>, UpdateOrder)>,
    steps: &mut ServiceSteps<'a>,
) {
    let total = replacements.len();
    if total == 0 {
        return;
    }
    let desired = &service.desired;
    let UpdatePolicy { parallelism, delay, failure_action, max_failure_ratio, order: _, monitor: _, drain: _ } =
        desired.service.update;
    let size = if parallelism == 0 { total } else { usize::try_from(parallelism).unwrap_or(total) };
    let tolerated = match failure_action {
        FailureAction::Continue => total,
        FailureAction::Rollback | FailureAction::Pause => rollback::share(max_failure_ratio, desired.service.scale),
    };
    // What others borrow from has been joined anew before all is known.
    let together = total > 1 && failure_action == FailureAction::Rollback && !service.is_borrowed;
    let address = Address::Service(desired.name.clone());
    let mut begun = Vec::new();
    let mut ends: BTreeSet<NodeId> = BTreeSet::new();
    let mut barrier = After::default();
    for (at, (mut replacement, order)) in replacements.into_iter().enumerate() {
        if at > 0 && at % size == 0 {
            let pause = WaitStep::Pause { duration: delay };
            barrier = if delay.is_zero() && tolerated == 0 {
                After::done(ends.iter().copied())
            } else {
                After::done([s.nodes.tolerate(&address, ends.clone(), tolerated, pause)])
            };
        }
        replacement.after = replacement.after.and(barrier.clone());
        let mut replaced = match order {
            UpdateOrder::StartFirst => start_first::replace(s, &replacement),
            UpdateOrder::StopFirst => stop_first::replace(s, &replacement),
        };
        steps.0.insert(replacement.number, replaced.replica.clone());
        if together {
            ends.insert(replaced.last);
            begun.push(replaced);
        } else {
            ends.insert(stop_first::commit(s, &mut replaced));
        }
    }
    if together {
        let holds = s.nodes.tolerate(&address, ends, tolerated, WaitStep::Pause { duration: Duration::ZERO });
        rollback::plan(s, service, &begun, holds);
        for mut replaced in begun {
            replaced.chain.wait_for(After::done([holds]));
            stop_first::commit(s, &mut replaced);
        }
    }
}
