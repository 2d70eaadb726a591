//! dsenv: the declarative way to run a lab of containers.

pub mod diagnostic;
pub mod diff;
pub mod engine;
pub mod event;
pub mod model;
pub mod place;
pub mod plan;
pub mod rules;
pub mod state;
pub mod watch;
