//! What is settled at a container's birth. A change of any field replaces the container.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Blkio, Device, DeviceRequest, FileMount, Healthcheck, ImageRef, IpcMode, Logging, Mount, NamespaceMode,
    NetworkMode, Port, ServiceName, Tmpfs, Ulimit, VolumesFrom,
};

/// Settled at birth. Serialized with only what is set, so that a field which an older dsenv did not know counts as
/// unset. Lists without an order are sets: another order is no change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fixed {
    /// The reference, not the id: a moved tag is found by comparing ids.
    pub image: ImageRef,
    /// `os/arch[/variant]`; the engine's own by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The image's by default; empty clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// The image's by default; empty clears it, and the image's command with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// `None` takes the variable away from what the image sets. Values never reach a label.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, Option<String>>,
    /// The user's labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// OCI annotations; API 1.43.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// `uid[:gid]` or names; the image's by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The image's by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// The container's short id by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// None by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domainname: Option<String>,
    /// The hardware address on the first network (deprecated by a network's own).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Published ports.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub ports: BTreeSet<Port>,
    /// Ports that are only declared: `80/tcp`, `8000-8010/udp`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub expose: BTreeSet<String>,
    /// What is mounted, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mounts: BTreeMap<String, Mount>,
    /// Memory file systems, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tmpfs: Tmpfs,
    /// Configs and secrets, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileMount>,
    /// All mounts of others, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes_from: Vec<VolumesFrom>,
    /// The networks of the service by default.
    #[serde(skip_serializing_if = "is_networks")]
    pub network_mode: NetworkMode,
    /// Names under which other services resolve too, by alias.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, ServiceName>,
    /// `HOST:IP` lines of `/etc/hosts`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub extra_hosts: BTreeSet<String>,
    /// Name servers, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// Search domains, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_search: Vec<String>,
    /// Resolver options.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub dns_opt: BTreeSet<String>,
    /// The image's by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// Whether an init process reaps children; the engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Whether it has a terminal; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tty: bool,
    /// Whether its standard input stays open; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stdin_open: bool,
    /// Whether it has all rights; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Whether its root file system is read-only; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Capabilities added.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cap_add: BTreeSet<String>,
    /// Capabilities taken.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cap_drop: BTreeSet<String>,
    /// More groups, names or numbers.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub group_add: BTreeSet<String>,
    /// Security options; the content of a seccomp profile, not its path.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub security_opt: BTreeSet<String>,
    /// Devices of the host.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub devices: BTreeSet<Device>,
    /// GPUs and CDI devices.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub device_requests: BTreeSet<DeviceRequest>,
    /// Cgroup rules for devices.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub device_cgroup_rules: BTreeSet<String>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc: Option<IpcMode>,
    /// Its own by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<NamespaceMode>,
    /// Its own by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uts: Option<NamespaceMode>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userns_mode: Option<NamespaceMode>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<NamespaceMode>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_parent: Option<String>,
    /// Isolation technology (Windows).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Size of `/dev/shm` in bytes; 64 MiB by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<i64>,
    /// Kernel parameters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sysctls: BTreeMap<String, String>,
    /// Resource limits by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Options of the storage driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage_opt: BTreeMap<String, String>,
    /// The engine's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// `SIGTERM` by default, or the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Seconds between the stop signal and the kill; 10 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<i64>,
    /// False by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oom_kill_disable: bool,
    /// -1000 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i64>,
    /// 0 to 100; the kernel's default when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_swappiness: Option<i64>,
    /// Processors (Windows).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_count: Option<i64>,
    /// Share of the processors in hundredths of a percent (Windows).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<i64>,
    /// Block I/O by device.
    #[serde(skip_serializing_if = "Blkio::is_default")]
    pub blkio: Blkio,
    /// The driver of volumes that are made with the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_driver: Option<String>,
    /// `file://…`, `registry://…` or `raw://…` (Windows).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_spec: Option<String>,
    /// Whether the engine's socket and the user's credentials are given in; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_api_socket: bool,
}

fn is_networks(mode: &NetworkMode) -> bool {
    *mode == NetworkMode::Networks
}

impl Fixed {
    /// What runs on an image with nothing said.
    pub fn of(image: ImageRef) -> Self {
        Self { image, ..Self::default() }
    }

    /// The services whose network, IPC or PID namespace this container lives in: it has lost it when its owner starts
    /// again.
    pub fn shares(&self) -> BTreeSet<&ServiceName> {
        let network = match &self.network_mode {
            NetworkMode::Service(name) => Some(name),
            _ => None,
        };
        let ipc = match &self.ipc {
            Some(IpcMode::Service(name)) => Some(name),
            _ => None,
        };
        let pid = match &self.pid {
            Some(NamespaceMode::Service(name)) => Some(name),
            _ => None,
        };
        network.into_iter().chain(ipc).chain(pid).collect()
    }

    /// The services whose namespaces or mounts this container borrows: when one of them is replaced, so is this.
    pub fn borrows(&self) -> BTreeSet<&ServiceName> {
        let mut services = BTreeSet::new();
        if let NetworkMode::Service(name) = &self.network_mode {
            services.insert(name);
        }
        if let Some(IpcMode::Service(name)) = &self.ipc {
            services.insert(name);
        }
        for mode in [&self.pid, &self.uts, &self.userns_mode, &self.cgroup] {
            if let Some(NamespaceMode::Service(name)) = mode {
                services.insert(name);
            }
        }
        for from in &self.volumes_from {
            if let VolumesFrom::Service { service, .. } = from {
                services.insert(service);
            }
        }
        services
    }
}
