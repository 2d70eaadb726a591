//! Running a plan. Nothing is decided here: the plan holds every step, the ways back included.

mod caps;
mod explain;
#[cfg(test)]
mod fixture;
mod groups;
mod local_lock;
mod lock;
mod outcome;
mod queue;
mod record;
mod resolve;
mod restore;
mod run;

pub use caps::Caps;
pub use explain::explain;
pub use local_lock::Nook;
pub use lock::{Lock, LockError, Processes, Sight, acquire, break_locks, sight, sweep};
pub use outcome::{Cause, Outcome, Stop};
pub use queue::{Blocked, Queue, State};
pub use record::{Applied, canonical, is_recorded, keep, record};
pub use restore::{Known, Lost, Restored, restore};
pub use run::{Beat, Options, Signal, Sink, run};
