//! Sync back: what a container saves comes back (`x-dsenv.sync_back`), such as the notebooks that Jupyter writes.
//!
//! An engine tells nothing of files, so they are fetched every few seconds while the container runs. What a container
//! holds is not to be trusted: every name is taken beneath the rule's folder ([`Beneath`]), and a deletion comes
//! back only for what both sides were seen to have while the container ran. A file comes back when two looks found it
//! the same, so that nobody gets half of it. One that changed on both sides since they were last equal is kept twice,
//! side by side. Only a save over there in the tenth of a second between such a look and a copy is lost to the copy: no
//! engine compares before it writes.
//!
//! In go a [`SyncBackJob`] for each container, with all that is remembered of it; out comes a [`SyncedBack`].

mod beneath;
mod compare;
mod conflict;
mod job;
#[cfg(test)]
mod tests;
mod transfer;
mod types;

pub use beneath::Beneath;
pub use compare::compare;
pub use job::{Occasion, Report, SETTLE_TIME, SyncBackJob, SyncedBack, sync_back};
pub use types::{Found, History, Incoming, IncomingFile, Kind, Known, Mapping, Torn};
