//! Two directions, one row: how each field of the model is spelled in the Engine API.
//!
//! To write, a struct is taken apart without `..`; to read, it is built whole. So a field without a row does not
//! compile, and a row that writes what it does not read fails the round-trip property. What a row cannot say in
//! two words is a converter with a name in [`super::via`].

use std::collections::BTreeMap;

use bollard::models::{EndpointSettings, NetworkCreateRequest, VolumeCreateRequest};

use super::via;
use super::wire::{Around, Wire};
use crate::model::{Attachment, Fixed, NetworkDefinition, Tunable, VolumeDefinition};
use crate::rules::ApiVersion;

/// How the engine knows one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// The path in our model: `fixed.annotations`, `fixed.mounts.*.recursive`, `networks.*.gw_priority`.
    pub field: &'static str,
    /// Where it is in the Engine API: `HostConfig.Annotations`.
    pub engine_field: &'static str,
    /// The first version that knows it; `None`: every supported one.
    pub since: Option<ApiVersion>,
}

macro_rules! place {
    ($wire:ident, whole) => { *$wire };
    ($wire:ident, $($part:ident).+) => { $wire.$($part).+ };
}

macro_rules! since {
    () => {
        None
    };
    ($minor:literal) => {
        Some(ApiVersion::v1($minor))
    };
}

/// `field = place via converter, "Engine.Field"[, since MINOR];`
macro_rules! codec {
    ($root:literal, $model:ident <=> $wire:ident, $write:ident, $read:ident, $attributes:ident {
        $($field:ident = $($place:ident).+ via $via:ident, $engine:literal $(, since $minor:literal)?;)*
    }) => {
        pub(super) fn $write(model: &$model, wire: &mut $wire, around: &Around) {
            let $model { $($field),* } = model;
            $(via::$via::write($field, &mut place!(wire, $($place).+), around);)*
        }

        pub(super) fn $read(wire: &$wire, around: &Around) -> $model {
            $model { $($field: via::$via::read(&place!(wire, $($place).+), around)),* }
        }

        const $attributes: &[Attribute] = &[$(Attribute {
            field: concat!($root, ".", stringify!($field)),
            engine_field: $engine,
            since: since!($($minor)?),
        }),*];
    };
}

codec! { "fixed", Fixed <=> Wire, write_fixed, read_fixed, FIXED {
    image = config.image via image, "Config.Image";
    platform = platform via same, "platform (query)";
    command = config.cmd via same, "Config.Cmd";
    entrypoint = config.entrypoint via entrypoint, "Config.Entrypoint";
    environment = config.env via environment, "Config.Env";
    labels = config.labels via labels, "Config.Labels";
    annotations = host.annotations via map, "HostConfig.Annotations", since 43;
    user = config.user via text, "Config.User";
    working_dir = config.working_dir via text, "Config.WorkingDir";
    hostname = config.hostname via text, "Config.Hostname";
    domainname = config.domainname via text, "Config.Domainname";
    mac_address = mac_address via same, "Config.MacAddress; EndpointSettings.MacAddress since 1.44";
    ports = whole via ports, "HostConfig.PortBindings";
    expose = whole via expose, "Config.ExposedPorts";
    mounts = host via mounts, "HostConfig.Binds; HostConfig.Mounts";
    tmpfs = host.tmpfs via map, "HostConfig.Tmpfs";
    files = host.mounts via files, "HostConfig.Mounts";
    volumes_from = host.volumes_from via volumes_from, "HostConfig.VolumesFrom";
    network_mode = host.network_mode via network_mode, "HostConfig.NetworkMode";
    links = links via links, "EndpointSettings.Links";
    extra_hosts = host.extra_hosts via set, "HostConfig.ExtraHosts";
    dns = host.dns via list, "HostConfig.Dns";
    dns_search = host.dns_search via list, "HostConfig.DnsSearch";
    dns_opt = host.dns_options via set, "HostConfig.DnsOptions";
    healthcheck = config.healthcheck via healthcheck, "Config.Healthcheck";
    init = host.init via same, "HostConfig.Init";
    tty = config.tty via flag, "Config.Tty";
    stdin_open = config.open_stdin via flag, "Config.OpenStdin";
    privileged = host.privileged via flag, "HostConfig.Privileged";
    read_only = host.readonly_rootfs via flag, "HostConfig.ReadonlyRootfs";
    cap_add = host.cap_add via set, "HostConfig.CapAdd";
    cap_drop = host.cap_drop via set, "HostConfig.CapDrop";
    group_add = host.group_add via set, "HostConfig.GroupAdd";
    security_opt = host via security_opt, "HostConfig.SecurityOpt; HostConfig.MaskedPaths; HostConfig.ReadonlyPaths";
    devices = host.devices via devices, "HostConfig.Devices";
    device_requests = host.device_requests via device_requests, "HostConfig.DeviceRequests";
    device_cgroup_rules = host.device_cgroup_rules via set, "HostConfig.DeviceCgroupRules";
    ipc = host.ipc_mode via ipc, "HostConfig.IpcMode";
    pid = host.pid_mode via namespace, "HostConfig.PidMode";
    uts = host.uts_mode via namespace, "HostConfig.UTSMode";
    userns_mode = host.userns_mode via namespace, "HostConfig.UsernsMode";
    cgroup = host via cgroup, "HostConfig.CgroupnsMode";
    cgroup_parent = host.cgroup_parent via text, "HostConfig.CgroupParent";
    isolation = host.isolation via isolation, "HostConfig.Isolation";
    runtime = host.runtime via text, "HostConfig.Runtime";
    shm_size = host.shm_size via number, "HostConfig.ShmSize";
    sysctls = host.sysctls via map, "HostConfig.Sysctls";
    ulimits = host.ulimits via ulimits, "HostConfig.Ulimits";
    storage_opt = host.storage_opt via map, "HostConfig.StorageOpt";
    logging = host.log_config via logging, "HostConfig.LogConfig";
    stop_signal = config.stop_signal via text, "Config.StopSignal";
    stop_grace_period = config.stop_timeout via same, "Config.StopTimeout";
    oom_kill_disable = host.oom_kill_disable via flag, "HostConfig.OomKillDisable";
    oom_score_adj = host.oom_score_adj via number, "HostConfig.OomScoreAdj";
    mem_swappiness = host.memory_swappiness via swappiness, "HostConfig.MemorySwappiness";
    cpu_count = host.cpu_count via number, "HostConfig.CpuCount";
    cpu_percent = host.cpu_percent via number, "HostConfig.CpuPercent";
    blkio = host via blkio, "HostConfig.BlkioWeightDevice; HostConfig.BlkioDevice*";
    volume_driver = host.volume_driver via text, "HostConfig.VolumeDriver";
    credential_spec = host.security_opt via credential_spec, "HostConfig.SecurityOpt";
    use_api_socket = host.mounts via api_socket, "HostConfig.Mounts";
}}

codec! { "tunable", Tunable <=> Wire, write_tunable, read_tunable, TUNABLE {
    memory = host.memory via number, "HostConfig.Memory";
    memory_reservation = host.memory_reservation via number, "HostConfig.MemoryReservation";
    memory_swap = host via memory_swap, "HostConfig.MemorySwap";
    nano_cpus = host.nano_cpus via number, "HostConfig.NanoCpus";
    cpu_shares = host.cpu_shares via number, "HostConfig.CpuShares";
    cpu_period = host.cpu_period via number, "HostConfig.CpuPeriod";
    cpu_quota = host.cpu_quota via number, "HostConfig.CpuQuota";
    cpu_rt_period = host.cpu_realtime_period via number, "HostConfig.CpuRealtimePeriod";
    cpu_rt_runtime = host.cpu_realtime_runtime via number, "HostConfig.CpuRealtimeRuntime";
    cpuset = host.cpuset_cpus via text, "HostConfig.CpusetCpus";
    cpuset_mems = host.cpuset_mems via text, "HostConfig.CpusetMems";
    pids_limit = host.pids_limit via pids_limit, "HostConfig.PidsLimit";
    blkio_weight = host.blkio_weight via number, "HostConfig.BlkioWeight";
    restart = host.restart_policy via restart, "HostConfig.RestartPolicy";
}}

codec! { "networks.*", Attachment <=> EndpointSettings, write_attachment, read_attachment, ATTACHMENT {
    aliases = aliases via set, "EndpointSettings.Aliases";
    ipv4_address = ipam_config via ipv4, "EndpointSettings.IPAMConfig.IPv4Address";
    ipv6_address = ipam_config via ipv6, "EndpointSettings.IPAMConfig.IPv6Address";
    link_local_ips = ipam_config via link_local, "EndpointSettings.IPAMConfig.LinkLocalIPs";
    mac_address = mac_address via text, "EndpointSettings.MacAddress", since 44;
    driver_opts = driver_opts via map, "EndpointSettings.DriverOpts";
    gw_priority = gw_priority via number, "EndpointSettings.GwPriority", since 48;
    priority = whole via order, "(the order of connecting)";
    links = links via set, "EndpointSettings.Links";
}}

codec! { "network", NetworkDefinition <=> NetworkCreateRequest, write_network, read_network, NETWORK {
    driver = driver via text, "Network.Driver";
    driver_opts = options via map, "Network.Options";
    ipam = ipam via ipam, "Network.IPAM";
    internal = internal via flag, "Network.Internal";
    attachable = attachable via flag, "Network.Attachable";
    enable_ipv4 = enable_ipv4 via same, "Network.EnableIPv4", since 47;
    enable_ipv6 = enable_ipv6 via same, "Network.EnableIPv6";
    labels = labels via labels, "Network.Labels";
}}

codec! { "volume", VolumeDefinition <=> VolumeCreateRequest, write_volume, read_volume, VOLUME {
    driver = driver via text, "Volume.Driver";
    driver_opts = driver_opts via map, "Volume.Options";
    labels = labels via labels, "Volume.Labels";
}}

/// Parts of fields that are younger than their field.
const PARTS: &[Attribute] = &[
    part("fixed.healthcheck.probe.start_interval", "Config.Healthcheck.StartInterval", 44),
    part("networks.*.driver_opts.com.docker.network.endpoint.ifname", "EndpointSettings.DriverOpts", 49),
    part("fixed.mounts.*.recursive=writable", "Mounts.BindOptions.ReadOnlyNonRecursive", 44),
    part("fixed.mounts.*.recursive=readonly", "Mounts.BindOptions.ReadOnlyForceRecursive", 44),
    part("fixed.mounts.*.subpath", "Mounts.VolumeOptions.Subpath", 45),
    part("fixed.mounts.*.type=image", "Mounts.ImageOptions", 48),
    part("fixed.mounts.*.type=cluster", "Mounts.ClusterOptions", 42),
];

const fn part(field: &'static str, engine_field: &'static str, minor: u16) -> Attribute {
    Attribute { field, engine_field, since: Some(ApiVersion::v1(minor)) }
}

/// Every field that dsenv can ask an engine for: the source of the table in the documentation.
pub fn attributes() -> impl Iterator<Item = &'static Attribute> {
    [FIXED, TUNABLE, ATTACHMENT, NETWORK, VOLUME, PARTS].into_iter().flatten()
}

/// The fields that not every supported version knows, for [`crate::rules::Rules`].
pub(super) fn since() -> BTreeMap<&'static str, ApiVersion> {
    attributes().filter_map(|attribute| Some((attribute.field, attribute.since?))).collect()
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
