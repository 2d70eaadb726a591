//! File events: what changed under which root, in batches that are ready to be acted on.
//!
//! A batch names paths and nothing else. Whoever acts looks at what is there *then*, so an event that came twice, late
//! or out of order does no harm. Time is a parameter of everything but [`Watch`], which owns the threads.

#![expect(clippy::disallowed_methods, reason = "looks at files, and waits until they are quiet")]

mod debounce;
mod file_event;
mod remote;
mod root;
mod snapshot;
mod source;
mod watched;
mod watcher;
mod worker;

#[cfg(test)]
mod tests;

pub use root::{Filter, Pace, Root, Verdict, everything};
pub use source::{Changes, News, Notice, Watch, Why};
