//! Keeping an environment equal to its files and its spec, for as long as somebody wants it: a pure state machine. It knows
//! no command line, no clock, no engine, no disk and no channel.
//!
//! # What goes in and out
//!
//! ```text
//!   files ──▶ ┌────────┐ Input   ┌───────────────────┐ Effect ┌────────┐ ──▶ engine
//!   engine ─▶ │ runner │ ──────▶ │ State::on(now, …) │ ─────▶ │ runner │ ──▶ files
//!   clock ──▶ │        │         └───────────────────┘        │        │ ──▶ terminal
//!   keys ───▶ └────────┘ ◀───────── ended tasks ───────────── └────────┘ ──▶ timer
//! ```
//!
//! An [`Input`] is something that happened: files changed, the engine has an event, a timer elapsed, a task ended (with its
//! result), a key was pressed, a signal came, a container said something. The time comes with it ([`Now`]). An [`Effect`]
//! is something that is asked for: read the spec again, look at the engine, carry out a plan, copy files, sync back, restart,
//! show something, set the timer, stop. Some are a [`Task`], which takes its time and ends with an [`Ended`]; the others
//! are done at once. One runner does them all (`command::watch`), and it decides nothing.
//!
//! # States
//!
//! At most one thing is under way (`activity`), since a plan is true only as long as nothing else changes the
//! engine; files alone are copied while a plan is carried out. Whatever comes meanwhile either waits where it comes from
//! ([`State::listens`]) or is kept (`PendingChanges`). When nothing is under way, the first of these begins: a rebuild that
//! a rule asks for; at the start the first look and initial sync; reading a saved spec again; rules whose files changed;
//! listening to the engine again; a look; sync back.
//!
//! What starts a look carries no data, so events of files, of the engine and of the clock lead to one and the same path:
//! look, plan, and carry out.
//!
//! # Parts
//!
//! - [`Healing`]: what a look says is wrong (`diagnosis`), and when it may be repaired (`backoff`). It needs looks alone.
//! - [`crate::sync::FileSync`]: which files each container has and is to be given.
//! - `files`, `spec_change`, `apply`, `repair`, `engine_events`, `keys`: the transitions, by what they are about.

mod activity;
mod apply;
mod backoff;
mod desired;
mod diagnosis;
mod due;
mod effect;
mod engine_events;
mod files;
mod healing;
mod input;
mod keys;
mod look;
mod out;
mod parts;
mod repair;
mod settings;
mod spec_change;
mod state;
#[cfg(test)]
mod tests;

pub use desired::Desired;
pub use effect::{ApplyRequest, Effect, LookRequest, Show, Stop, Task};
pub use healing::{Findings, Healing, Repair};
pub use input::{Ended, Input, Looked, Now, SpecError, TaskError, TaskErrorKind, Terminal};
pub use keys::Shown;
pub use look::{Builds, Look};
pub use settings::{Auto, Settings};
pub use state::{Listens, State};
