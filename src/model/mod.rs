//! What should exist, as plain data: no type of YAML or of an engine's client, and no place of a text outside
//! [`Origins`].
//!
//! Where a field lives decides what its change does: in [`Fixed`] it is settled at birth and a change replaces
//! the container; in [`Tunable`] the engine's update call truly honours it; [`Networking`] is connect and
//! disconnect.

mod address;
mod build;
mod compose;
mod content;
mod field;
mod fixed;
mod fixed_parts;
mod name;
mod networking;
mod origins;
mod own;
mod project;
mod provider;
mod scheduling;
mod service;
mod tunable;
mod watch;

pub use address::Address;
pub use build::{Build, BuildSecret, Dockerfile, cache_type};
pub use compose::{Compose, ComposeService};
pub use content::{Content, ContentId, Key};
pub use field::{Unit, field_of_key, key_of_field, replaced, unit};
pub use fixed::Fixed;
pub use fixed_parts::{
    Blkio, Device, DeviceRequest, FileKind, FileMount, Healthcheck, IpcMode, Logging, Mount, MountKind, NamespaceMode,
    NetworkMode, Port, Probe, Protocol, RateDevice, Tmpfs, Ulimit, VolumesFrom, WeightDevice,
};
pub use name::{
    ContainerName, ImageRef, ModelKey, NetworkKey, NetworkName, NoteName, ProjectName, ServiceName, VolumeKey,
    VolumeName,
};
pub use networking::{Attachment, Networking};
pub use origins::Origins;
pub use own::{Own, reserved};
pub use project::{Idle, Ipam, IpamPool, Network, NetworkDefinition, Project, Volume, VolumeDefinition};
pub use provider::{Call, EnvironmentSource, LanguageModel, Provider, Variables};
pub use scheduling::{EndpointMode, SCHEDULING_KEYS, Scheduling, Spread};
pub use service::{
    Condition, Dependency, FailureAction, Gate, Hook, Hooks, ImageSource, PullPolicy, Service, StartHook, UpdateOrder,
    UpdatePolicy,
};
pub use tunable::{Restart, Tunable};
pub use watch::{WatchAction, WatchRule};
