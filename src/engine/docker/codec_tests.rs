//! What is written is read back: the property that keeps both directions of every row together.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::{EndpointSettings, NetworkCreateRequest, VolumeCreateRequest};
use proptest::prelude::*;

use super::*;
use crate::model::*;

/// Values from a stream of bytes: zeros give the least value, so that proptest shrinks towards it.
struct Source<'a>(std::slice::Iter<'a, u8>);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| value(self))
    }

    fn many<T, C: FromIterator<T>>(&mut self, mut value: impl FnMut(&mut Self) -> T) -> C {
        let count = self.below(3);
        (0..count).map(|_| value(self)).collect()
    }

    /// Never empty: the engine's empty text means unset.
    fn text(&mut self) -> String {
        ["a", "b/c", "x=y", "ü", "web-1"][usize::from(self.below(5))].to_owned()
    }

    fn path(&mut self) -> String {
        format!("/{}", ["a", "data", "srv/b"][usize::from(self.below(3))])
    }

    fn number(&mut self) -> i64 {
        i64::from(self.byte()) + 1
    }

    fn texts(&mut self) -> BTreeMap<String, String> {
        self.many(|source| (source.text(), source.text()))
    }

    fn service(&mut self) -> ServiceName {
        ["db", "cache"][usize::from(self.below(2))].into()
    }

    fn namespace(&mut self) -> NamespaceMode {
        // `Private` is the default and spelled as nothing.
        match self.below(4) {
            0 => NamespaceMode::Host,
            1 => NamespaceMode::Service(self.service()),
            2 => NamespaceMode::Container("other".into()),
            _ => NamespaceMode::Other("keep-id".into()),
        }
    }

    fn network_mode(&mut self) -> NetworkMode {
        match self.below(6) {
            0 => NetworkMode::Networks,
            1 => NetworkMode::None,
            2 => NetworkMode::Host,
            3 => NetworkMode::Service(self.service()),
            4 => NetworkMode::Container("other".into()),
            _ => NetworkMode::Named("bridge".into()),
        }
    }

    fn ipc(&mut self) -> IpcMode {
        match self.below(6) {
            0 => IpcMode::None,
            1 => IpcMode::Private,
            2 => IpcMode::Shareable,
            3 => IpcMode::Host,
            4 => IpcMode::Service(self.service()),
            _ => IpcMode::Container("other".into()),
        }
    }

    fn mount(&mut self) -> Mount {
        let kind = match self.below(8) {
            0 => MountKind::Bind {
                source: self.path(),
                create_host_path: true,
                propagation: self.maybe(|_| "rslave".into()),
                recursive: None,
                selinux: self.maybe(|_| "Z".into()),
            },
            1 => MountKind::Bind {
                source: "/with:colon".into(),
                create_host_path: self.flag(),
                propagation: self.maybe(|_| "rshared".into()),
                recursive: self
                    .maybe(|s| ["enabled", "disabled", "writable", "readonly"][usize::from(s.below(4))].into()),
                selinux: None,
            },
            2 => MountKind::Volume { name: "lab_data".into(), nocopy: self.flag(), subpath: self.maybe(Self::text) },
            3 => MountKind::Anonymous { nocopy: self.flag() },
            4 => MountKind::Tmpfs { size: self.maybe(Self::number), mode: self.maybe(|s| u32::from(s.byte())) },
            5 => MountKind::Image { source: "models:1".into(), subpath: self.maybe(Self::text) },
            6 => MountKind::Npipe { source: r"\\.\pipe\x".into() },
            _ => MountKind::Cluster { source: "csi".into() },
        };
        Mount { kind, read_only: self.flag(), consistency: self.maybe(|_| "cached".into()) }
    }

    fn port(&mut self) -> Port {
        Port {
            target: u16::from(self.byte()) + 1,
            protocol: [Protocol::Tcp, Protocol::Udp, Protocol::Sctp][usize::from(self.below(3))],
            host_ip: self.maybe(|_| "127.0.0.1".into()),
            published: self.maybe(|s| if s.flag() { "8080".into() } else { "8000-8010".into() }),
        }
    }

    fn healthcheck(&mut self) -> Healthcheck {
        if self.below(4) == 0 {
            return Healthcheck::Disabled;
        }
        Healthcheck::Probe(Probe {
            test: self.many(Self::text),
            interval: self.maybe(Self::number),
            timeout: self.maybe(Self::number),
            retries: self.maybe(Self::number),
            start_period: self.maybe(Self::number),
            start_interval: self.maybe(Self::number),
        })
    }

    fn rates(&mut self) -> Vec<RateDevice> {
        self.many(|source| RateDevice { path: source.path(), rate: source.number() })
    }

    fn fixed(&mut self) -> Fixed {
        let security: BTreeSet<_> =
            self.many(|s| ["no-new-privileges", "systempaths=unconfined"][usize::from(s.below(2))]);
        Fixed {
            image: ImageRef::new(self.text()),
            platform: self.maybe(Self::text),
            command: self.maybe(|s| s.many(Self::text)),
            entrypoint: self.maybe(|s| s.many(Self::text)),
            environment: self.many(|s| (["A", "B_C"][usize::from(s.below(2))].into(), s.maybe(Self::text))),
            labels: self.texts(),
            annotations: self.texts(),
            user: self.maybe(Self::text),
            working_dir: self.maybe(Self::text),
            hostname: self.maybe(Self::text),
            domainname: self.maybe(Self::text),
            mac_address: self.maybe(Self::text),
            ports: self.many(Self::port),
            // Above every published one, since a port that is published is not only declared.
            expose: self.many(|s| format!("{}/tcp", 1000 + s.number())),
            mounts: self.many(|s| (s.path(), s.mount())),
            tmpfs: self.texts(),
            // The engine does not know what they hold; see the test below.
            files: BTreeMap::new(),
            volumes_from: self.many(|s| match s.flag() {
                true => VolumesFrom::Service { service: s.service(), read_only: s.flag() },
                false => VolumesFrom::Container { container: "other".into(), read_only: s.flag() },
            }),
            network_mode: self.network_mode(),
            links: self.many(|s| (s.text(), s.service())),
            extra_hosts: self.many(Self::text),
            dns: self.many(Self::text),
            dns_search: self.many(Self::text),
            dns_opt: self.many(Self::text),
            healthcheck: self.maybe(Self::healthcheck),
            init: self.maybe(Self::flag),
            tty: self.flag(),
            stdin_open: self.flag(),
            privileged: self.flag(),
            read_only: self.flag(),
            cap_add: self.many(Self::text),
            cap_drop: self.many(Self::text),
            group_add: self.many(Self::text),
            security_opt: security.into_iter().map(str::to_owned).collect(),
            devices: self.many(|s| Device { source: s.path(), target: s.path(), permissions: "rwm".into() }),
            device_requests: self.many(|s| DeviceRequest {
                driver: s.maybe(Self::text),
                count: s.maybe(Self::number),
                device_ids: s.many(Self::text),
                capabilities: s.many(Self::text),
                options: s.texts(),
            }),
            device_cgroup_rules: self.many(Self::text),
            ipc: self.maybe(Self::ipc),
            pid: self.maybe(Self::namespace),
            uts: self.maybe(Self::namespace),
            userns_mode: self.maybe(Self::namespace),
            cgroup: self.maybe(|s| if s.flag() { NamespaceMode::Private } else { s.namespace() }),
            cgroup_parent: self.maybe(Self::text),
            isolation: self.maybe(|_| "hyperv".into()),
            runtime: self.maybe(Self::text),
            shm_size: self.maybe(Self::number),
            sysctls: self.texts(),
            ulimits: self.many(|s| (s.text(), Ulimit { soft: s.number(), hard: -1 })),
            storage_opt: self.texts(),
            logging: self.maybe(|s| Logging { driver: s.maybe(Self::text), options: s.texts() }),
            stop_signal: self.maybe(Self::text),
            stop_grace_period: self.maybe(|s| s.number() - 1),
            oom_kill_disable: self.flag(),
            oom_score_adj: self.maybe(Self::number),
            mem_swappiness: self.maybe(|s| s.number() - 1),
            cpu_count: self.maybe(Self::number),
            cpu_percent: self.maybe(Self::number),
            blkio: Blkio {
                weight_device: self.many(|s| WeightDevice { path: s.path(), weight: 500 }),
                device_read_bps: self.rates(),
                device_write_bps: self.rates(),
                device_read_iops: self.rates(),
                device_write_iops: self.rates(),
            },
            volume_driver: self.maybe(Self::text),
            credential_spec: self.maybe(|_| "file://a.json".into()),
            use_api_socket: self.flag(),
        }
    }

    fn tunable(&mut self) -> Tunable {
        Tunable {
            memory: self.maybe(Self::number),
            memory_reservation: self.maybe(Self::number),
            // Twice the memory reads as unset, as that is what the engine fills in.
            memory_swap: self.maybe(|s| if s.flag() { -1 } else { 1024 + s.number() }),
            nano_cpus: self.maybe(Self::number),
            cpu_shares: self.maybe(Self::number),
            cpu_period: self.maybe(Self::number),
            cpu_quota: self.maybe(Self::number),
            cpu_rt_period: self.maybe(Self::number),
            cpu_rt_runtime: self.maybe(Self::number),
            cpuset: self.maybe(Self::text),
            cpuset_mems: self.maybe(Self::text),
            pids_limit: self.maybe(Self::number),
            blkio_weight: self.maybe(|s| 10 + u16::from(s.byte())),
            restart: match self.below(4) {
                0 => Restart::No,
                1 => Restart::Always,
                2 => Restart::UnlessStopped,
                _ => Restart::OnFailure(u32::from(self.byte())),
            },
        }
    }

    fn attachment(&mut self) -> Attachment {
        Attachment {
            aliases: self.many(Self::text),
            ipv4_address: self.maybe(Self::text),
            ipv6_address: self.maybe(Self::text),
            link_local_ips: self.many(Self::text),
            mac_address: self.maybe(Self::text),
            driver_opts: self.texts(),
            gw_priority: self.maybe(Self::number),
            priority: 0,
            links: self.many(Self::text),
        }
    }

    fn network(&mut self) -> NetworkDefinition {
        NetworkDefinition {
            driver: self.maybe(Self::text),
            driver_opts: self.texts(),
            ipam: Ipam {
                driver: self.maybe(Self::text),
                config: self.many(|s| IpamPool {
                    subnet: s.maybe(Self::text),
                    ip_range: s.maybe(Self::text),
                    gateway: s.maybe(Self::text),
                    aux_addresses: s.texts(),
                }),
                options: self.texts(),
            },
            internal: self.flag(),
            attachable: self.flag(),
            enable_ipv4: self.maybe(Self::flag),
            enable_ipv6: self.maybe(Self::flag),
            labels: self.texts(),
        }
    }

    fn volume(&mut self) -> VolumeDefinition {
        VolumeDefinition { driver: self.maybe(Self::text), driver_opts: self.texts(), labels: self.texts() }
    }
}

fn around() -> Around {
    Around {
        network: Some("0a1b".into()),
        borrowed: [("db".into(), "id-of-db".to_owned()), ("cache".into(), "id-of-cache".to_owned())].into(),
        ..Around::nothing(ApiVersion::v1(48))
    }
}

proptest! {
    #[test]
    fn every_field_that_is_written_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
        let mut source = Source(bytes.iter());
        let (fixed, tunable) = (source.fixed(), source.tunable());
        let mut wire = Wire::default();
        write_fixed(&fixed, &mut wire, &around());
        write_tunable(&tunable, &mut wire, &around());
        prop_assert_eq!(read_fixed(&wire, &around()), fixed);
        prop_assert_eq!(read_tunable(&wire, &around()), tunable);
    }

    #[test]
    fn endpoints_networks_and_volumes_are_read_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut source = Source(bytes.iter());
        let (attachment, network, volume) = (source.attachment(), source.network(), source.volume());
        let mut wire = EndpointSettings::default();
        write_attachment(&attachment, &mut wire, &around());
        prop_assert_eq!(read_attachment(&wire, &around()), attachment);
        let mut wire = NetworkCreateRequest::default();
        write_network(&network, &mut wire, &around());
        prop_assert_eq!(read_network(&wire, &around()), network);
        let mut wire = VolumeCreateRequest::default();
        write_volume(&volume, &mut wire, &around());
        prop_assert_eq!(read_volume(&wire, &around()), volume);
    }
}

fn written(fixed: Fixed, around: &Around) -> Wire {
    let mut wire = Wire::default();
    write_fixed(&fixed, &mut wire, around);
    wire
}

#[test]
fn files_are_bound_in_the_order_of_their_targets_and_are_no_mounts_of_the_user() {
    let file = |source: &str| FileMount {
        kind: FileKind::Config,
        source: source.into(),
        content: Content::new(&b"x"[..]).id(),
        uid: 0,
        gid: 0,
        mode: 0o444,
    };
    let files = [("/etc/b".into(), file("b")), ("/etc/a".into(), file("a"))].into();
    let around = Around { files: Some("/volumes/lab_dsenv_files_0/_data".into()), ..around() };
    let wire = written(Fixed { files, ..Fixed::of("busybox".into()) }, &around);
    let mounts: Vec<_> =
        wire.host.mounts.iter().flatten().map(|m| (m.source.as_deref(), m.target.as_deref())).collect();
    assert_eq!(
        mounts,
        [
            (Some("/volumes/lab_dsenv_files_0/_data/0"), Some("/etc/a")),
            (Some("/volumes/lab_dsenv_files_0/_data/1"), Some("/etc/b"))
        ]
    );
    assert!(wire.host.mounts.iter().flatten().all(|mount| mount.read_only == Some(true)));
    assert!(read_fixed(&wire, &around).mounts.is_empty());
}

#[test]
fn an_anonymous_volume_is_carried_over_or_made_with_our_labels() {
    let mount = Mount { kind: MountKind::Anonymous { nocopy: false }, read_only: false, consistency: None };
    let mounts = [("/new".into(), mount.clone()), ("/old".into(), mount)].into();
    let around = Around {
        carried: [("/old".into(), "f".repeat(64).as_str().into())].into(),
        volume_labels: [("dev.dsenv.kind".to_owned(), "anonymous".to_owned())].into(),
        ..around()
    };
    let wire = written(Fixed { mounts, ..Fixed::of("busybox".into()) }, &around);
    let mounts = wire.host.mounts.as_deref().unwrap();
    assert_eq!((mounts[0].source.as_deref(), mounts[1].source.as_deref()), (None, Some("f".repeat(64).as_str())));
    assert!(mounts[0].volume_options.as_ref().is_some_and(|options| options.labels.is_some()));
    assert!(mounts[1].volume_options.is_none());
}

#[test]
fn a_range_of_declared_ports_is_spelled_port_by_port() {
    let expose = ["8000-8002/udp", "80/tcp"].map(str::to_owned).into();
    let wire = written(Fixed { expose, ..Fixed::of("busybox".into()) }, &around());
    assert_eq!(wire.config.exposed_ports.unwrap(), ["80/tcp", "8000/udp", "8001/udp", "8002/udp"]);
}

#[test]
fn a_container_without_networks_gets_none_and_not_the_engines_bridge() {
    let wire = written(Fixed::of("busybox".into()), &Around { network: None, ..around() });
    assert_eq!(wire.host.network_mode.as_deref(), Some("none"));
}

#[test]
fn what_the_engine_fills_in_is_no_wish() {
    let mut wire = Wire::default();
    wire.host.memory = Some(100);
    wire.host.memory_swap = Some(200);
    wire.host.pids_limit = Some(-1);
    wire.host.cpu_shares = Some(0);
    assert_eq!(read_tunable(&wire, &around()), Tunable { memory: Some(100), ..Tunable::default() });
}

#[test]
fn the_table_names_each_field_once() {
    let mut fields: Vec<_> = attributes().map(|attribute| attribute.field).collect();
    let count = fields.len();
    fields.sort_unstable();
    fields.dedup();
    assert_eq!(fields.len(), count);
    assert_eq!(since()["fixed.annotations"], ApiVersion::v1(43));
}
