//! Tests of the planner: each is one literal of the plan's text. The worlds come from a small simulation that a plan
//! was run on, so that "as applied" is one word.

mod crash;
mod create;
mod destroy;
mod in_place;
pub mod lab;
mod programs;
mod random;
mod replace;
mod rollout;
mod scale;
mod strays;
mod volumes;
pub mod world;
