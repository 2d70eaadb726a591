//! dsenv: the declarative way to run a lab of containers.

pub mod diagnostic;
pub mod place;
