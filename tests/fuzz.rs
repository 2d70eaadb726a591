//! Fuzz targets: random texts, bent and broken specs, against what must hold of every one of them.
//!
//! Each target runs for a moment with the other tests; `DSENV_FUZZ_SECONDS=600 cargo test --test fuzz -- --nocapture`
//! runs each for ten minutes. A failure prints the smallest input found and the seed, and `DSENV_FUZZ_SEED` runs that
//! seed again. An input that found something becomes a test beside the code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "fuzz/generate.rs"]
mod generate;
#[path = "fuzz/runner.rs"]
mod runner;
#[path = "fuzz/targets.rs"]
mod targets;
