//! The verbs, one a file: its arguments, whose doc comments are the help, and one function.

pub mod apply;
mod ask;
pub mod config;
mod context;
mod desired;
pub mod destroy;
mod disk;
mod engine;
pub mod exec;
pub mod explain;
mod failure;
mod global;
pub mod graph;
pub mod history;
pub mod load;
pub mod logs;
mod perform;
pub mod plan;
mod process;
mod runtime;
mod select;
mod session;
mod signals;
pub mod status;
mod terminal;
mod time;
pub mod unlock;
pub mod validate;
pub mod version;
pub mod watch;

pub use context::Context;
pub use desired::Desired;
pub use disk::Disk;
pub use failure::{Failure, Kind, Outcome};
pub use global::Global;
use runtime::runtime;
