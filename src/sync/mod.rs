//! Files between this machine and containers: sync, initial sync and sync back. It knows no command line.
//!
//! In go the rules of a spec ([`Watchlist::of`]), what changed on this machine ([`Changed`]) and the containers that are
//! there; out come jobs, first by service ([`jobs`]) and then by container ([`FileSync`], which holds all that is known:
//! what each container has, what could not be copied, which rules rest). All of that is pure. What reads files or speaks
//! to an engine stands apart and is told everything that it needs: [`copy()`] brings files into containers, and
//! [`sync_back`] brings those here that containers have saved.

mod copy;
mod file_sync;
mod filter;
mod job;
mod loop_guard;
mod pending;
mod rule;
mod state;
pub mod sync_back;
mod watchlist;

pub use copy::{Copied, CopyError, CopyJob, copy, restart};
pub use file_sync::{FileSync, Held};
pub use job::{Changed, Job, Work, jobs};
pub use loop_guard::{Leave, LoopGuard};
pub use pending::{Deletion, Fingerprint, Pending, PendingPaths};
pub use rule::Rule;
pub use state::SyncState;
pub use watchlist::{Purpose, Watchlist};
