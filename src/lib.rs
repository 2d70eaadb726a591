//! dsenv: the declarative way to run a lab of containers.
//!
//! This page is the architecture. The flow runs one way:
//!
//! ```text
//!  text ──▶ Tree ──▶ Spec ──▶ Project ──▶ Graph ─┐
//!  (files)  places   typed,   resolved    order  ├─▶ Plan ──▶ Events ──▶ reports
//!           kept     merged   model              │   steps,   one        terminal,
//!  engine ── observe ─────▶ Observed ────────────┘   reasons, stream     plain, JSON
//!                           the live world           hazards
//!  └──── pure and synchronous, from text to plan ────┘└──── shell: async, I/O ────┘
//! ```
//!
//! There is no state file: labels and the engine are the truth. Every run looks again.
//!
//! # The modules, in reading order
//!
//! | module | knows |
//! |---|---|
//! | [`place`] | file, line, column, span: plain data |
//! | [`unseen`] | characters that are not seen, and how they are written |
//! | [`yaml`] | text, anchors, merge keys, tags; a budget against bombs |
//! | [`diagnostic`] | severity, code, message, labelled places, help: plain data |
//! | [`spec`] | what a user may write: the Compose Specification and `x-dsenv` |
//! | [`model`] | what should exist; and origins, address and field to place, beside it |
//! | [`rules`] | what an engine can do, and since which API version |
//! | [`resolve`] | from spec to model |
//! | [`graph`] | order, cycles, waves |
//! | [`diff`] | field changes, hunks of texts, what looks secret |
//! | [`state`] | what does exist; labels, records, and the names of dsenv's own objects |
//! | [`plan`] | what to do, and why |
//! | [`context`] | which files of a build context go to the engine, and their digest |
//! | [`engine`] | the seam: a trait that looks, a trait that acts; [`engine::docker`], its twin [`engine::memory`], and [`engine::programs`]: what the user's machine runs beside it |
//! | [`event`] | what happened |
//! | [`execute`] | running a plan, the lock, the record of an apply |
//! | [`report`] | terminal, plain, JSON; the only printer |
//! | [`watch`] | file events: what changed under which root, in batches |
//! | [`command`] | one verb a file |
//! | [`cli`] | the command line, variables, exit codes |
//!
//! `tests/layers.rs` has the table of what each may import and fails on any other edge.
//!
//! # Invariants, stated as absences
//!
//! - Nothing above [`engine`] is async, prints, or reads a clock, the environment or the disk: files and variables
//!   arrive through a [`spec::Reader`] and maps that the command hands in, so tests pass literals.
//! - [`model`] knows neither YAML nor Docker, and its types hold no places.
//! - [`plan`] never asks a question: hazards are return values, the command asks.
//! - [`execute`] never decides: a plan is so specific, the ways back included, that no choice is left.
//! - [`report`] never computes.
//! - No type of an engine's client crosses [`engine`]. A poke carries no data.
//! - No path removes a volume that may hold user data and was not named by the user in that very command.
//!
//! # One attribute, one place
//!
//! Where a field lives decides what its change does. In [`model::Fixed`] it is settled at birth and a change replaces
//! the container; in [`model::Tunable`] the engine's update call truly honours it; [`model::Networking`] is connect
//! and disconnect. What cannot change after birth is *remembered*, in a label ([`state::record`]); what can change is
//! *looked at*. So causes are exact, defaults of engine and image make no noise, a removed key is seen, and a change by
//! hand is seen. Records are compared field by field, and one that an older dsenv did not write counts as unset: an
//! upgrade of dsenv replaces nothing.
//!
//! A new attribute is a documented field in [`spec`], a field in [`model`], a line in [`resolve`], and a row in the
//! codec of [`engine::docker`], which is read in both directions and does not compile while a field has no row.
//!
//! # A plan
//!
//! A plan is a graph of [`plan::Node`]s, one engine operation each. What is done when a step fails is planned too
//! ([`plan::When`]): it is printable and tested like the way forward. A replacement never burns its bridge: the old
//! container stays until the new one has passed its gate, and comes back if it does not. Whatever a crash leaves is
//! recognisable from labels and names, and the next plan repairs it.

pub mod cli;
pub mod command;
pub mod context;
pub mod diagnostic;
pub mod diff;
pub mod engine;
pub mod event;
pub mod execute;
pub mod graph;
pub mod model;
pub mod place;
pub mod plan;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod spec;
pub mod state;
pub mod unseen;
pub mod watch;
pub mod yaml;
