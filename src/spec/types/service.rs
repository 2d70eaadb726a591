//! `services.*`: everything about a service.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Attachment, Blkio, Build, Dependency, Deploy, Develop, Device, DeviceRequest, Grant, Healthcheck, Hook, Logging,
    ModelUse, Mount, Port, Provider, ServiceDsenv, Ulimit,
};
use crate::spec::value::{Bytes, Cpus, Duration, Extensions, ExtraHosts, PullPolicy, Restart, Text, text};

/// A service: containers that are alike. Compose Specification, chapter 5.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Service {
    /// The service is there only when one of these profiles is on; always when empty.
    pub profiles: Vec<String>,
    /// Annotations for the runtime. API 1.43 and later.
    pub annotations: BTreeMap<String, Text>,
    /// Whether its logs are shown; true when unset.
    pub attach: Option<bool>,
    /// How the image is made.
    pub build: Option<Build>,
    /// What to do when files change.
    pub develop: Option<Develop>,
    /// Limits on block devices.
    pub blkio_config: Option<Blkio>,
    /// Kernel capabilities to add, such as `NET_ADMIN`.
    pub cap_add: Vec<String>,
    /// Kernel capabilities to drop.
    pub cap_drop: Vec<String>,
    /// Parent cgroup.
    pub cgroup_parent: Option<String>,
    /// Cgroup namespace.
    pub cgroup: Option<CgroupNamespace>,
    /// Number of processors, for Windows; 0 is unset.
    pub cpu_count: i64,
    /// Share of the processors in percent, for Windows; 0 is unset.
    pub cpu_percent: f32,
    /// Period of the CFS scheduler in microseconds; 0 is unset.
    pub cpu_period: i64,
    /// Quota of the CFS scheduler in microseconds; 0 is unset.
    pub cpu_quota: i64,
    /// Period of the real-time scheduler in microseconds; 0 is unset.
    pub cpu_rt_period: i64,
    /// Time of the real-time scheduler in microseconds; 0 is unset.
    pub cpu_rt_runtime: i64,
    /// Processors, in parts if need be. Must agree with `deploy.resources.limits.cpus`.
    pub cpus: Option<Cpus>,
    /// Which processors, such as `0-3,6`.
    pub cpuset: Option<String>,
    /// Relative weight on the processors; 0 is unset.
    pub cpu_shares: i64,
    /// Arguments instead of the image's; a text is split into words, empty clears.
    pub command: Option<Vec<String>>,
    /// Configs that it sees.
    pub configs: Vec<Grant>,
    /// Name of the container, instead of `<project>-<service>-<number>`; then there can be one only.
    pub container_name: Option<String>,
    /// Credentials of a managed service account, for Windows.
    pub credential_spec: Option<CredentialSpec>,
    /// Services that come first.
    pub depends_on: BTreeMap<String, Dependency>,
    /// How many, where, with which resources, and how to change them.
    pub deploy: Option<Deploy>,
    /// Rules of the devices cgroup, such as `c 1:3 mr`.
    pub device_cgroup_rules: Vec<String>,
    /// Devices of the host.
    pub devices: Vec<Device>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Options of the resolver.
    pub dns_opt: Vec<String>,
    /// Search domains of the resolver.
    pub dns_search: Vec<String>,
    /// Domain name of the container.
    pub domainname: Option<String>,
    /// Program instead of the image's; a text is split into words, empty clears.
    pub entrypoint: Option<Vec<String>>,
    /// Another program runs the service.
    pub provider: Option<Provider>,
    /// Variables. One without a value is taken from the environment that dsenv runs in, and stays unset if it is unset
    /// there. Those of `env_file` are in it after loading.
    pub environment: BTreeMap<String, Option<Text>>,
    /// Files of variables; read into `environment` and empty after loading.
    pub env_file: Vec<EnvFile>,
    /// Ports that other services may use, such as `8000` or `8000-8010/udp`.
    pub expose: Vec<Text>,
    /// Containers outside the environment, as `NAME[:ALIAS]`.
    pub external_links: Vec<String>,
    /// Names for `/etc/hosts`.
    pub extra_hosts: ExtraHosts,
    /// More groups of the user.
    pub group_add: Vec<Text>,
    /// GPUs; the short form is `all`.
    pub gpus: Vec<DeviceRequest>,
    /// Host name of the container.
    pub hostname: Option<String>,
    /// How to tell that a container is well.
    pub healthcheck: Option<Healthcheck>,
    /// Image to run, or name of the one that is built.
    pub image: Option<String>,
    /// Whether an init process reaps children and passes signals on; the engine's default when unset.
    pub init: Option<bool>,
    /// IPC namespace: `shareable`, `private`, `host`, `none`, `service:NAME`, `container:NAME`.
    pub ipc: Option<String>,
    /// Isolation technology, for Windows.
    pub isolation: Option<String>,
    /// Labels of the containers; those of `label_file` are in it after loading.
    pub labels: BTreeMap<String, Text>,
    /// Files of labels; read into `labels` and empty after loading.
    pub label_file: Vec<String>,
    /// Services under other names, as `SERVICE[:ALIAS]`.
    pub links: Vec<String>,
    /// Where the output goes.
    pub logging: Option<Logging>,
    /// Most memory. Must agree with `deploy.resources.limits.memory`.
    pub mem_limit: Option<Bytes>,
    /// Memory that it is sure to have. Must agree with `deploy.resources.reservations.memory`.
    pub mem_reservation: Option<Bytes>,
    /// Most memory and swap together; -1 is no limit.
    pub memswap_limit: Option<Bytes>,
    /// How eagerly the kernel swaps, 0 to 100.
    pub mem_swappiness: Option<Bytes>,
    /// MAC address on the first network.
    pub mac_address: Option<String>,
    /// Language models that it uses, by key.
    pub models: BTreeMap<String, Option<ModelUse>>,
    /// Network namespace: `none`, `host`, `bridge`, `service:NAME`, `container:NAME`; excludes `networks`.
    pub network_mode: Option<String>,
    /// Networks that it joins, by key; `default` when there is neither this nor `network_mode`.
    pub networks: BTreeMap<String, Option<Attachment>>,
    /// The kernel does not kill it for lack of memory.
    pub oom_kill_disable: bool,
    /// How readily the kernel kills it for lack of memory, -1000 to 1000.
    pub oom_score_adj: i64,
    /// PID namespace: `host`, `service:NAME`, `container:NAME`.
    pub pid: Option<String>,
    /// Most processes; -1 is no limit, 0 is unset.
    pub pids_limit: i64,
    /// Platform of the image, such as `linux/arm64`.
    pub platform: Option<String>,
    /// Ports that the host offers.
    pub ports: Vec<Port>,
    /// Run with every right.
    pub privileged: bool,
    /// When to pull the image; `missing` when unset.
    pub pull_policy: Option<PullPolicy>,
    /// Age of an image that `pull_policy: refresh` pulls again.
    pub pull_refresh_after: Option<Duration>,
    /// The container's own files are read-only.
    pub read_only: bool,
    /// When the engine restarts a container; `no` when unset.
    #[serde(deserialize_with = "text::unless_empty")]
    pub restart: Option<Restart>,
    /// Runtime of the engine, such as `runc`.
    pub runtime: Option<String>,
    /// How many containers; 1 when unset. Must agree with `deploy.replicas`.
    pub scale: Option<u32>,
    /// Secrets that it sees.
    pub secrets: Vec<Grant>,
    /// Options of AppArmor, SELinux and seccomp.
    pub security_opt: Vec<String>,
    /// Size of `/dev/shm`; 64 MiB when unset.
    pub shm_size: Option<Bytes>,
    /// Keep standard input open.
    pub stdin_open: bool,
    /// Time between the stop signal and the kill; 10s when unset.
    pub stop_grace_period: Option<Duration>,
    /// Signal that stops; the image's, or `SIGTERM`, when unset.
    pub stop_signal: Option<String>,
    /// Options of the storage driver.
    pub storage_opt: BTreeMap<String, Text>,
    /// Kernel parameters of the namespace.
    pub sysctls: BTreeMap<String, Text>,
    /// Memory mounted at these paths, as `PATH[:OPTIONS]`.
    pub tmpfs: Vec<String>,
    /// Give it a terminal.
    pub tty: bool,
    /// Limits of processes, by name.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Lend it the engine's socket and the user's registry credentials. Other credentials at the next apply replace it.
    pub use_api_socket: bool,
    /// User, and group, to run as: `USER[:GROUP]`, names or numbers.
    pub user: Option<String>,
    /// User namespace; `host` switches remapping off.
    pub userns_mode: Option<String>,
    /// UTS namespace; `host` shares the host's name.
    pub uts: Option<String>,
    /// Driver of anonymous volumes.
    pub volume_driver: Option<String>,
    /// What is mounted where.
    pub volumes: Vec<Mount>,
    /// Mounts of other services or containers, as `NAME[:ro]` or `container:NAME[:ro]`.
    pub volumes_from: Vec<String>,
    /// Folder to run in; the image's when unset.
    pub working_dir: Option<String>,
    /// What runs before the container starts.
    pub pre_start: Vec<Hook>,
    /// What runs after the container started.
    pub post_start: Vec<Hook>,
    /// What runs before the container is stopped.
    pub pre_stop: Vec<Hook>,
    /// dsenv's own keys.
    #[serde(rename = "x-dsenv")]
    pub dsenv: Option<ServiceDsenv>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

impl Service {
    /// How many containers there are to be.
    pub fn replicas(&self) -> u32 {
        self.scale.or(self.deploy.as_ref().and_then(|deploy| deploy.replicas)).unwrap_or(1)
    }
}

/// Cgroup namespace of the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CgroupNamespace {
    /// The host's.
    Host,
    /// Its own.
    Private,
}

/// Credentials of a managed service account, for Windows. Exactly one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CredentialSpec {
    /// Key of a config.
    pub config: Option<String>,
    /// File in the engine's own folder.
    pub file: Option<String>,
    /// Key in the registry of Windows.
    pub registry: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// A file of variables. The short form is its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvFile {
    /// Path, absolute after loading.
    pub path: String,
    /// `false`: no error when it is missing.
    #[serde(default)]
    pub required: Option<bool>,
    /// `raw` takes each value as it stands; unset is the dotenv format.
    #[serde(default)]
    pub format: Option<String>,
}
