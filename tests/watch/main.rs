//! The binary watches: real editors' traces, real limits, a real engine. After each the container's tree equals the
//! folder's, by content, kind and mode.
//!
//! Where no engine answers these tests fail and say so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod heal;
mod json;
mod lab;
mod rules;
mod spec;
mod terminal;
mod trees;
