//! How a replacement goes and how it goes back (`deploy.update_config`, `deploy.rollback_config`, `x-dsenv.drain`).

use crate::model::{FailureAction, UpdateOrder, UpdatePolicy};
use crate::spec::types;
use crate::spec::value::Duration;

/// The policy; what is unset is the default.
pub(super) fn policy(config: Option<&types::UpdateConfig>, drain: Option<Duration>) -> UpdatePolicy {
    let default = UpdatePolicy::default();
    let drain = drain.map_or(default.drain, Duration::to_std);
    let Some(config) = config else { return UpdatePolicy { drain, ..default } };
    let types::UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions: _ } =
        config;
    UpdatePolicy {
        parallelism: parallelism.map_or(default.parallelism, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        delay: delay.to_std(),
        failure_action: failure_action.map_or(default.failure_action, action),
        monitor: monitor.to_std(),
        max_failure_ratio: widen(*max_failure_ratio),
        order: order.map_or(default.order, which_first),
        drain,
    }
}

fn action(action: types::FailureAction) -> FailureAction {
    match action {
        types::FailureAction::Continue => FailureAction::Continue,
        types::FailureAction::Pause => FailureAction::Pause,
        types::FailureAction::Rollback => FailureAction::Rollback,
    }
}

fn which_first(order: types::UpdateOrder) -> UpdateOrder {
    match order {
        types::UpdateOrder::StopFirst => UpdateOrder::StopFirst,
        types::UpdateOrder::StartFirst => UpdateOrder::StartFirst,
    }
}

/// The decimal that the user wrote, not the binary neighbour that a plain cast shows (0.1, not 0.10000000149).
fn widen(ratio: f32) -> f64 {
    ratio.to_string().parse().unwrap_or_else(|_| f64::from(ratio))
}
