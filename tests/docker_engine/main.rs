//! What only a real engine shows. Without an engine they fail and say so.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod attributes;
#[cfg(feature = "buildkit")]
mod buildkit;
mod lab;
mod life;
mod things;
