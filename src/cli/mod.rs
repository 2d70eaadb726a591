//! The command line: clap, exit codes. Everything a verb does is in [`crate::command`].

mod args;
pub mod exit;
mod run;
mod spelling;

pub use args::{Cli, Verb};
pub use run::main;
