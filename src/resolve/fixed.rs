//! What is settled at a container's birth: one line a field.

use super::context::Scope;
use super::hooks::variables;
use super::networks::texts;
use super::{build, devices, files, healthcheck, mounts, namespaces, networking, ports, providers, security};
use crate::diagnostic::Diagnostic;
use crate::model::{Blkio, Fixed, ImageRef, IpcMode, Logging, NamespaceMode, RateDevice, WeightDevice};
use crate::spec::code;
use crate::spec::types::{self, DeviceRate, Service};
use crate::spec::value::Duration;

/// The fixed part of a service. Both structs are named field by field, so that a new attribute must be thought about.
pub(super) fn fixed(service: &Service, image: ImageRef, scope: &mut Scope<'_, '_>) -> Fixed {
    let Service {
        annotations,
        blkio_config,
        cap_add,
        cap_drop,
        cgroup,
        cgroup_parent,
        command,
        cpu_count,
        cpu_percent,
        device_cgroup_rules,
        devices,
        dns,
        dns_opt,
        dns_search,
        domainname,
        entrypoint,
        environment,
        expose,
        extra_hosts,
        group_add,
        healthcheck,
        hostname,
        init,
        ipc,
        isolation,
        labels,
        links,
        logging,
        mac_address,
        mem_swappiness,
        network_mode,
        oom_kill_disable,
        oom_score_adj,
        pid,
        platform,
        ports,
        privileged,
        read_only,
        runtime,
        security_opt,
        shm_size,
        stdin_open,
        stop_grace_period,
        stop_signal,
        storage_opt,
        sysctls,
        tmpfs,
        tty,
        ulimits,
        user,
        userns_mode,
        use_api_socket,
        uts,
        volume_driver,
        volumes,
        volumes_from,
        working_dir,
        // In `files` and `devices::requests`, from several keys each.
        configs: _,
        secrets: _,
        gpus: _,
        // In `image`.
        image: _,
        build: _,
        pull_policy: _,
        pull_refresh_after: _,
        // In `tunable`.
        cpu_period: _,
        cpu_quota: _,
        cpu_rt_period: _,
        cpu_rt_runtime: _,
        cpus: _,
        cpuset: _,
        cpu_shares: _,
        mem_limit: _,
        mem_reservation: _,
        memswap_limit: _,
        pids_limit: _,
        restart: _,
        // In `networking`.
        networks: _,
        external_links: _,
        // In `service` and the files that it calls.
        container_name: _,
        depends_on: _,
        deploy: _,
        scale: _,
        profiles: _,
        pre_start: _,
        post_start: _,
        pre_stop: _,
        dsenv: _,
        // Read into `environment` and `labels` by the loader.
        env_file: _,
        label_file: _,
        // Of the client alone: whose logs are shown, what is done when files change.
        attach: _,
        develop: _,
        // In `providers`.
        provider: _,
        models: _,
        // Refused.
        credential_spec: _,
        extensions: _,
    } = service;
    Fixed {
        image,
        platform: text(platform),
        command: command.clone(),
        entrypoint: entrypoint.clone(),
        environment: [variables(environment), providers::names(service, scope.context.spec)]
            .into_iter()
            .flatten()
            .collect(),
        labels: texts(labels),
        annotations: texts(annotations),
        user: text(user),
        working_dir: text(working_dir),
        hostname: text(hostname),
        domainname: text(domainname),
        mac_address: text(mac_address),
        ports: ports::ports(ports, scope),
        expose: ports::expose(expose),
        mounts: mounts::mounts(volumes, scope),
        tmpfs: mounts::tmpfs(tmpfs),
        files: files::files(service, scope),
        volumes_from: mounts::volumes_from(volumes_from),
        network_mode: namespaces::network(network_mode.as_deref()),
        links: networking::links(links),
        extra_hosts: extra_hosts.pairs().map(|(host, ip)| format!("{host}:{ip}")).collect(),
        dns: dns.clone(),
        dns_search: dns_search.clone(),
        dns_opt: dns_opt.iter().cloned().collect(),
        healthcheck: healthcheck.as_ref().and_then(healthcheck::healthcheck),
        init: *init,
        tty: *tty,
        stdin_open: *stdin_open,
        privileged: *privileged,
        read_only: *read_only,
        cap_add: cap_add.iter().cloned().collect(),
        cap_drop: cap_drop.iter().cloned().collect(),
        group_add: group_add.iter().map(|group| group.0.clone()).collect(),
        security_opt: security::options(security_opt, scope),
        devices: devices::devices(devices),
        device_requests: devices::requests(service),
        device_cgroup_rules: device_cgroup_rules.iter().cloned().collect(),
        ipc: ipc.as_deref().and_then(|mode| self::ipc(mode, scope)),
        pid: namespace(pid),
        uts: namespace(uts),
        userns_mode: namespace(userns_mode),
        cgroup: cgroup.map(namespaces::cgroup),
        cgroup_parent: text(cgroup_parent),
        isolation: text(isolation).filter(|mode| mode != "default"),
        runtime: text(runtime),
        shm_size: shm_size.map(|size| size.0).filter(|size| *size > 0),
        sysctls: texts(sysctls),
        ulimits: build::ulimits(ulimits),
        storage_opt: texts(storage_opt),
        logging: logging.as_ref().and_then(self::logging),
        stop_signal: text(stop_signal),
        stop_grace_period: stop_grace_period.map(seconds),
        oom_kill_disable: *oom_kill_disable,
        oom_score_adj: (*oom_score_adj != 0).then_some(*oom_score_adj),
        mem_swappiness: mem_swappiness.map(|percent| percent.0),
        cpu_count: (*cpu_count > 0).then_some(*cpu_count),
        cpu_percent: hundredths(*cpu_percent),
        blkio: blkio_config.as_ref().map(blkio).unwrap_or_default(),
        volume_driver: text(volume_driver),
        use_api_socket: *use_api_socket,
        // Refused.
        credential_spec: None,
    }
}

/// An empty text says nothing.
fn text(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

fn namespace(mode: &Option<String>) -> Option<NamespaceMode> {
    mode.as_deref().filter(|mode| !mode.is_empty()).map(namespaces::other)
}

fn ipc(mode: &str, scope: &mut Scope<'_, '_>) -> Option<IpcMode> {
    let known = namespaces::ipc(mode);
    if known.is_none() && !mode.is_empty() {
        let message = format!("service `{}` asks for the unknown IPC namespace `{mode}`", scope.name);
        let help = "use shareable, private, host, none, service:NAME or container:NAME";
        scope.report(Diagnostic::error(code::NAMESPACE, message).help(help), &["ipc"], "not known");
    }
    known
}

fn logging(own: &types::Logging) -> Option<Logging> {
    let types::Logging { driver, options, extensions: _ } = own;
    let logging = Logging { driver: text(driver), options: texts(options) };
    (logging != Logging::default()).then_some(logging)
}

/// Whole seconds, rounded up: half a second must not become none.
fn seconds(span: Duration) -> i64 {
    span.0.max(0).div_euclid(1_000_000_000) + i64::from(span.0.max(0) % 1_000_000_000 != 0)
}

fn hundredths(percent: f32) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "a percentage is at most 100; casts saturate")]
    let hundredths = (f64::from(percent) * 100.0).round() as i64;
    (hundredths > 0).then_some(hundredths)
}

/// The weight alone is tunable, see `tunable`.
fn blkio(own: &types::Blkio) -> Blkio {
    let types::Blkio {
        weight: _,
        weight_device,
        device_read_bps,
        device_read_iops,
        device_write_bps,
        device_write_iops,
        extensions: _,
    } = own;
    let weight = |own: &types::DeviceWeight| WeightDevice { path: own.path.clone(), weight: own.weight };
    Blkio {
        weight_device: weight_device.iter().map(weight).collect(),
        device_read_bps: rates(device_read_bps),
        device_write_bps: rates(device_write_bps),
        device_read_iops: rates(device_read_iops),
        device_write_iops: rates(device_write_iops),
    }
}

fn rates(list: &[DeviceRate]) -> Vec<RateDevice> {
    list.iter().map(|own| RateDevice { path: own.path.clone(), rate: own.rate.0 }).collect()
}
