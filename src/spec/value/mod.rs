//! Values with a unit or a grammar of their own, each parsed to what it means and printed as Compose prints it.

pub mod bytes;
mod count;
mod cpus;
mod duration;
mod extensions;
mod extra_hosts;
pub mod file_mode;
mod pull_policy;
mod restart;
mod ssh_keys;
pub mod text;
mod texts;

pub use bytes::Bytes;
pub use count::Count;
pub use cpus::Cpus;
pub use duration::Duration;
pub use extensions::Extensions;
pub use extra_hosts::ExtraHosts;
pub use file_mode::FileMode;
pub use pull_policy::PullPolicy;
pub use restart::Restart;
pub use ssh_keys::SshKeys;
pub use text::{Text, float};
pub use texts::Texts;
