//! The steps for containers: made, mended in place, replaced, removed; each in the order in which an engine can do it,
//! with the way back beside it.
//!
//! A [`ServiceDecision`](crate::plan::decide::decisions::ServiceDecision) goes in, and what others made before it. Steps
//! come out, and what later services wait for.

mod batches;
mod create;
mod create_replica;
mod in_place;
mod names;
pub mod port_swap;
mod pre_start;
pub mod remove;
mod rollback;
pub mod service;
mod start;
mod start_first;
mod stop_first;
