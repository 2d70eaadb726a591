//! The verbs, one a file: its arguments, whose doc comments are the help, and one function.

pub mod config;
mod context;
mod disk;
mod failure;
mod global;
pub mod load;
pub mod validate;

pub use context::Context;
pub use disk::Disk;
pub use failure::{Failure, Kind, Outcome};
pub use global::Global;
