//! "An apply that never leaves the lab worse than it found it", held on a real engine through the binary: requests that
//! never fail while a service is replaced, rivals, the way back, and each case in which Compose 2.40.3 falls short.
//!
//! The repeated ones run a sample by default and whole with `DSENV_TEST_FULL=1`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may end where it stands, and tells its figures")]

#[path = "safety/attributes.rs"]
mod attributes;
#[cfg(feature = "buildkit")]
#[path = "safety/builds.rs"]
mod builds;
#[path = "safety/compose.rs"]
mod compose;
#[path = "safety/host.rs"]
mod host;
#[path = "safety/lab.rs"]
mod lab;
#[path = "safety/programs.rs"]
mod programs;
#[path = "safety/rivals.rs"]
mod rivals;
#[path = "safety/rollback.rs"]
mod rollback;
#[path = "safety/ssh.rs"]
mod ssh;
#[path = "safety/traffic.rs"]
mod traffic;
#[path = "safety/waits.rs"]
mod waits;
#[path = "safety/weaknesses.rs"]
mod weaknesses;
