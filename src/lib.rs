//! dsenv: the declarative way to run a lab of containers.

pub mod cli;
pub mod command;
pub mod diagnostic;
pub mod place;
pub mod report;
pub mod spec;
pub mod yaml;
