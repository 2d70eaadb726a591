//! Everything that is printed.

mod diagnostic;
mod shell;

pub use diagnostic::{json, one_line, render};
pub use shell::Shell;
