//! The binary itself, on the memory twin: exit codes, streams, questions, signals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "cli/apply.rs"]
mod apply;
#[path = "cli/builds.rs"]
mod builds;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/contents.rs"]
mod contents;
#[path = "cli/data.rs"]
mod data;
#[path = "cli/drift.rs"]
mod drift;
#[path = "cli/endless.rs"]
mod endless;
#[path = "cli/hang.rs"]
mod hang;
#[path = "cli/kept.rs"]
mod kept;
#[path = "cli/lab.rs"]
mod lab;
#[path = "cli/lock.rs"]
mod lock;
#[path = "cli/names.rs"]
mod names;
#[path = "cli/once.rs"]
mod once;
#[path = "cli/others.rs"]
mod others;
#[path = "cli/part.rs"]
mod part;
#[path = "cli/printed.rs"]
mod printed;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/records.rs"]
mod records;
#[path = "cli/rollback.rs"]
mod rollback;
#[path = "cli/saved.rs"]
mod saved;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/speak.rs"]
mod speak;
