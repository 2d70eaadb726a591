//! Docker's engine, through its API. Nothing else in the crate names its client.

#![expect(clippy::disallowed_methods, reason = "sockets, settings, archives and time limits")]

mod address;
mod asked;
#[cfg(feature = "buildkit")]
mod buildkit;
mod client;
mod codec;
mod config_file;
mod connect;
mod context_store;
mod credentials;
mod error;
mod events;
mod exec;
mod greeting;
mod known;
mod local;
mod logs;
mod observe;
mod perform;
mod pokes;
mod request;
mod sizes;
mod tunnel;
mod via;
mod wait;
mod wire;

pub use client::Docker;
pub use codec::{Attribute, attributes};
pub use connect::connect;
pub use credentials::logins;
