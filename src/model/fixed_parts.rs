//! The types that [`super::Fixed`] is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ContentId, ServiceName, VolumeName};

/// A port of the container (Engine API: `PortBindings`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// Inside the container.
    pub target: u16,
    /// TCP by default.
    pub protocol: Protocol,
    /// The host's address; all of them by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<String>,
    /// On the host: a port, a range `8000-8010` to take a free one from, or unset for any free port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
}

/// The protocol of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The default.
    Tcp,
    /// Datagrams.
    Udp,
    /// Streams of messages.
    Sctp,
}

impl Protocol {
    /// `tcp`, `udp` or `sctp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// Something that is mounted, without its target, which is its key in [`super::Fixed::mounts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What, and from where.
    #[serde(flatten)]
    pub kind: MountKind,
    /// False by default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Only Docker Desktop reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<String>,
}

/// What is mounted (Engine API: `Mounts`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MountKind {
    /// A path of the engine's host.
    Bind {
        /// Absolute.
        source: String,
        /// Whether a missing folder is made; true by default.
        create_host_path: bool,
        /// `rprivate` by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        propagation: Option<String>,
        /// `enabled`, `disabled`, `writable` or `readonly`; API 1.44.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recursive: Option<String>,
        /// `z` (shared) or `Z` (private).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selinux: Option<String>,
    },
    /// A named volume.
    Volume {
        /// On the engine.
        name: VolumeName,
        /// Whether the image's files are not copied into an empty volume; false by default.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        nocopy: bool,
        /// A folder of the volume; API 1.45.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
    /// A volume without a name. It is made with the container and carried over when that is replaced.
    Anonymous {
        /// Whether the image's files are not copied into it; false by default.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        nocopy: bool,
    },
    /// Memory.
    Tmpfs {
        /// Bytes; unlimited by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<i64>,
        /// Permission bits; 1777 by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// An image's files; API 1.48.
    Image {
        /// The image's reference.
        source: String,
        /// A folder of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
    /// A named pipe (Windows).
    Npipe {
        /// On the host.
        source: String,
    },
    /// A Swarm cluster volume.
    Cluster {
        /// Its name.
        source: String,
    },
}

/// Options of a `tmpfs` entry, by target: `size=64m,mode=1777`, possibly empty.
pub type Tmpfs = BTreeMap<String, String>;

/// A config or secret as a file, without its target, which is its key in [`super::Fixed::files`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMount {
    /// Config or secret: the second is never shown.
    pub kind: FileKind,
    /// The key in the spec.
    pub source: String,
    /// What it holds. Keyed in records, plain only in memory.
    pub content: ContentId,
    /// The owner; 0 by default.
    pub uid: u32,
    /// The group; 0 by default.
    pub gid: u32,
    /// Permission bits; 0444 by default.
    pub mode: u32,
}

/// Whether a file may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// May be shown.
    Config,
    /// Never shown.
    Secret,
}

/// The health check (Engine API: `Healthcheck`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Healthcheck {
    /// The image's own is switched off.
    Disabled,
    /// What is unset is the image's.
    Probe(Probe),
}

/// A health check. Durations are nanoseconds; what is unset is the image's or the engine's (30 s, 30 s, 3, 0 s, 5 s).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// `CMD` or `CMD-SHELL` first; empty is the image's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// Between two probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
    /// For one probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
    /// Failures in a row that make it unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// At the start, in which failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<i64>,
    /// Between two probes in the start period; API 1.44.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<i64>,
}

/// What the container is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Those of [`super::Networking`]. The default.
    #[default]
    Networks,
    /// No network.
    None,
    /// The host's.
    Host,
    /// A service's.
    Service(ServiceName),
    /// That of a container outside the project.
    Container(String),
    /// One that the engine knows by this name (`bridge`).
    Named(String),
}

/// The IPC namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpcMode {
    /// No `/dev/shm`.
    None,
    /// Its own.
    Private,
    /// Its own, and others may join it.
    Shareable,
    /// The host's.
    Host,
    /// A service's.
    Service(ServiceName),
    /// That of a container outside the project.
    Container(String),
}

/// A PID, UTS, user or cgroup namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamespaceMode {
    /// The host's.
    Host,
    /// Its own.
    Private,
    /// A service's.
    Service(ServiceName),
    /// That of a container outside the project.
    Container(String),
    /// Passed to the engine as it is.
    Other(String),
}

/// All mounts of another container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumesFrom {
    /// A service's.
    Service {
        /// The service.
        service: ServiceName,
        /// False by default.
        read_only: bool,
    },
    /// Those of a container outside the project.
    Container {
        /// Its name.
        container: String,
        /// False by default.
        read_only: bool,
    },
}

/// The log driver.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Logging {
    /// The engine's own default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// A resource limit; -1 is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// What the process starts with.
    pub soft: i64,
    /// How far it may raise it.
    pub hard: i64,
}

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Device {
    /// On the host.
    pub source: String,
    /// In the container.
    pub target: String,
    /// Of `r`, `w`, `m`.
    pub permissions: String,
}

/// Devices that a driver hands out: GPUs, CDI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// `nvidia`, `cdi`; the engine's choice by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How many; -1 is all; not together with ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_ids: Vec<String>,
    /// All of these.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<String>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Block I/O by device. The plain weight is in [`super::Tunable`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Blkio {
    /// Relative weights.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weight_device: Vec<WeightDevice>,
    /// Bytes a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_bps: Vec<RateDevice>,
    /// Bytes a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_bps: Vec<RateDevice>,
    /// Operations a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_iops: Vec<RateDevice>,
    /// Operations a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_iops: Vec<RateDevice>,
}

impl Blkio {
    /// Whether nothing is limited.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A weight for one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightDevice {
    /// On the host.
    pub path: String,
    /// 10 to 1000.
    pub weight: u16,
}

/// A rate for one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateDevice {
    /// On the host.
    pub path: String,
    /// A second.
    pub rate: i64,
}
