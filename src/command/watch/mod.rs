//! `dsenv watch`: keep the running lab equal to the files, and equal to the spec when something breaks it.
//!
//! Three sources, one path: file events, the engine's pokes and a slow clock all lead to the same look, plan and
//! execute. Only the rules of `develop.watch` need to know which paths changed.

mod act;
mod back;
#[cfg(test)]
mod back_tests;
mod beneath;
mod copies;
mod deliver;
mod fetch;
mod filter;
mod guard;
mod healer;
mod job;
mod keys;
mod logs;
mod mend;
mod patient;
mod rules;
mod serve;
mod session;
#[cfg(test)]
mod simulation;
mod verb;
mod view;

pub use verb::{Args, Auto, Flags, run, watch};
