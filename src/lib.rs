//! dsenv: the declarative way to run a lab of containers.

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
pub mod yaml;
