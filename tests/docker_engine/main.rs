//! What only a real engine shows. Without one at the default socket these tests say so and pass.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod attributes;
#[cfg(feature = "buildkit")]
mod buildkit;
mod lab;
mod life;
mod things;
