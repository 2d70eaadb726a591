//! Everything that is printed. Reports render what others found; they decide nothing.

mod diagnostic;
pub mod drift;
pub mod graph;
pub mod history;
mod ink;
pub mod message;
pub mod plan;
mod prefix;
mod printed;
pub mod progress;
mod shell;
pub mod staleness;
pub mod status;
mod style;
mod text;
mod value;
pub mod watch;

pub use diagnostic::{json, one_line, render};
pub use prefix::{Prefix, Said};
pub use printed::Printed;
pub use shell::Shell;
pub use style::{Form, Style, WIDTH, live};
