//! From the typed spec to the model: what should exist, and which text asks for it.
//!
//! Pure: files come through the spec's `Reader`, variables through a map. A key that dsenv cannot do is refused by
//! name (`refused`), one that a single Docker engine cannot do is warned of (`ignored`); none is dropped in silence.

mod api_socket;
mod build;
mod compose;
mod contents;
mod context;
mod depends;
mod develop;
mod devices;
mod files;
mod fixed;
mod gate;
mod healthcheck;
mod hooks;
mod ignored;
mod image;
mod mounts;
mod names;
mod namespaces;
mod networking;
mod networks;
mod origins;
mod overlaps;
mod places;
mod ports;
mod providers;
mod ranges;
mod reference;
mod refused;
mod run;
mod scheduling;
mod security;
mod service;
mod shapes;
mod sources;
mod tags;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tunable;
mod update;
mod volumes;

pub use api_socket::lend;
pub use develop::{content_files, left_unhealthy, sync_back, unattached, watch_rules};
pub use ignored::ignored_keys;
pub use refused::refused_keys;
pub use run::{Resolved, check, resolve};
pub use sources::missing_sources;
