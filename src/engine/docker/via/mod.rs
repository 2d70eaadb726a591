//! Converters between a field of the model and its spelling, each a pair of `write` and `read`.
//!
//! Reading takes the engine's zeros, empty texts and empty lists for "unset": that is how it shows them.

mod deploy;
mod identity;
mod mount;
mod namespaces;
mod network;
mod plain;
mod port;
mod resource;
mod security;

pub(super) use mount::mounts::of_image as image_volume;

pub(super) use deploy::{healthcheck, logging, restart};
pub(super) use identity::{entrypoint, environment, image, labels};
pub(super) use mount::{api_socket, files, is_anonymous, mounts, volumes_from};
pub(super) use namespaces::{cgroup, ipc, isolation, namespace, network_mode};
pub(super) use network::{ipam, ipv4, ipv6, link_local, links, order};
pub(super) use plain::{flag, list, map, number, same, set, text};
pub(super) use port::{expose, ports};
pub(super) use resource::{blkio, device_requests, devices, memory_swap, pids_limit, swappiness, ulimits};
pub(super) use security::{credential_spec, security_opt};
