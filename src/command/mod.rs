//! The verbs, one a file: its arguments, whose doc comments are the help, and one function.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the edge of the process: clock, variables, files and streams are handed in from here"
)]

pub mod apply;
mod ask;
pub mod completions;
pub mod config;
mod context;
mod desired;
pub mod destroy;
mod disk;
pub mod drift;
mod engine;
pub mod exec;
pub mod explain;
mod failure;
mod global;
pub mod graph;
pub mod history;
pub mod load;
pub mod logs;
pub mod man;
mod patience;
mod perform;
pub mod plan;
mod process;
mod reading;
pub mod rollback;
mod runtime;
mod saved;
mod select;
mod session;
mod signals;
pub mod status;
mod target;
mod terminal;
mod time;
pub mod unlock;
pub mod validate;
mod variables;
pub mod version;
pub mod watch;

pub use context::Context;
pub use desired::Desired;
pub use disk::Disk;
pub use failure::{Failure, Kind, Outcome};
pub use global::Global;
use runtime::runtime;
