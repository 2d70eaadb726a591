//! The restart marker: a mark for a container that dsenv stops just after its start and that should run: under a restart policy that lets an
//! end with 0 be an end it would look finished. So its policy is `unless-stopped` until it runs, which starts nothing by
//! itself after a stop, not even with the engine.

use crate::model::{Restart, Service, Tunable};

/// Limits with the mark, where a container of this service needs one.
pub fn of(service: &Service, tunable: &Tunable) -> Option<Tunable> {
    let passes = service.tunable.restart.lets_success_be() && !service.job;
    passes.then(|| Tunable { restart: Restart::UnlessStopped, ..tunable.clone() })
}
