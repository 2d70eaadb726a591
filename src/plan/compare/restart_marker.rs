//! The restart marker: a mark for a container that dsenv stops just after its start and that should run: under a restart policy that lets an
//! end with 0 be an end it would look finished. So its policy is `unless-stopped` until it runs, which starts nothing by
//! itself after a stop, not even with the engine.

use crate::model::{Restart, Service, Tunable};

/// Whether an end with exit code 0 is an end, under this policy.
pub fn finishes(restart: Restart) -> bool {
    match restart {
        Restart::No | Restart::OnFailure(_) => true,
        Restart::Always | Restart::UnlessStopped => false,
    }
}

/// Limits with the mark, where a container of this service needs one.
pub fn of(service: &Service, tunable: &Tunable) -> Option<Tunable> {
    let passes = finishes(service.tunable.restart) && !service.job;
    passes.then(|| Tunable { restart: Restart::UnlessStopped, ..tunable.clone() })
}
