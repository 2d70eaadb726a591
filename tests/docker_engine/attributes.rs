//! Every field of a service that this engine and this machine can honour is set, and read back from inspect.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dsenv::engine::{Done, EngineError, Observer};
use dsenv::model::{
    Attachment, Blkio, Device, DeviceRequest, Fixed, Healthcheck, Ipam, IpamPool, IpcMode, Logging, Mount, MountKind,
    NamespaceMode, NetworkDefinition, NetworkMode, Port, Probe, Protocol, RateDevice, Restart, Tunable, Ulimit,
    VolumeDefinition, VolumeName,
};
use dsenv::plan::{ContainerStep, VolumeStep};
use dsenv::rules::ApiVersion;
use dsenv::state::label;
use serde_json::Value;

use crate::lab::{Lab, id, on, sleeper};

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn set<C: FromIterator<String>>(texts: &[&str]) -> C {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// One sample for each field. Those that are missing need Windows, a GPU, another kernel, or a storage driver that this
/// machine has not; the round-trip property covers them.
fn samples() -> Vec<(&'static str, Fixed)> {
    let base = sleeper;
    let mount = |kind| Mount { kind, read_only: false, consistency: None };
    let bind = |propagation: Option<&str>| MountKind::Bind {
        source: "/tmp".into(),
        create_host_path: true,
        propagation: propagation.map(str::to_owned),
        recursive: None,
        selinux: None,
    };
    let probe = Probe {
        test: set(&["CMD", "true"]),
        interval: Some(1_000_000_000),
        timeout: Some(2_000_000_000),
        retries: Some(4),
        start_period: Some(3_000_000_000),
        start_interval: None,
    };
    let gpu = DeviceRequest {
        driver: None,
        count: Some(1),
        device_ids: Vec::new(),
        capabilities: set(&["gpu"]),
        options: BTreeMap::new(),
    };
    vec![
        ("image", base()),
        ("device_requests", Fixed { device_requests: [gpu].into(), ..base() }),
        ("cpu_count", Fixed { cpu_count: Some(2), ..base() }),
        ("isolation", Fixed { isolation: Some("default".into()), ..base() }),
        ("command", Fixed { command: Some(set(&["sleep", "60"])), ..base() }),
        ("entrypoint", Fixed { entrypoint: Some(set(&["sleep", "60"])), ..base() }),
        ("environment", Fixed { environment: [("A".into(), Some("b=c".into()))].into(), ..base() }),
        ("labels", Fixed { labels: texts(&[("a", "b")]), ..base() }),
        ("annotations", Fixed { annotations: texts(&[("a", "b")]), ..base() }),
        ("user", Fixed { user: Some("5:6".into()), ..base() }),
        ("working_dir", Fixed { working_dir: Some("/tmp".into()), ..base() }),
        ("hostname", Fixed { hostname: Some("host-a".into()), ..base() }),
        ("domainname", Fixed { domainname: Some("example.org".into()), ..base() }),
        (
            "ports",
            Fixed {
                ports: [
                    Port { target: 80, protocol: Protocol::Tcp, host_ip: Some("127.0.0.1".into()), published: None },
                    Port { target: 53, protocol: Protocol::Udp, host_ip: None, published: Some("25353-25360".into()) },
                ]
                .into(),
                ..base()
            },
        ),
        ("expose", Fixed { expose: set(&["80/tcp", "53/udp"]), ..base() }),
        (
            "mounts",
            Fixed {
                mounts: [
                    ("/a".to_owned(), mount(bind(Some("rslave")))),
                    ("/b".to_owned(), Mount { read_only: true, ..mount(bind(None)) }),
                    ("/c".to_owned(), mount(MountKind::Anonymous { nocopy: true })),
                    ("/d".to_owned(), mount(MountKind::Tmpfs { size: Some(1 << 20), mode: Some(0o700) })),
                ]
                .into(),
                ..base()
            },
        ),
        ("tmpfs", Fixed { tmpfs: texts(&[("/run", "size=1m")]), ..base() }),
        ("network_mode", Fixed { network_mode: NetworkMode::None, ..base() }),
        ("network_mode", Fixed { network_mode: NetworkMode::Host, ..base() }),
        ("extra_hosts", Fixed { extra_hosts: set(&["db:10.0.0.1"]), ..base() }),
        ("dns", Fixed { dns: set(&["10.0.0.2", "10.0.0.1"]), ..base() }),
        ("dns_search", Fixed { dns_search: set(&["example.org"]), ..base() }),
        ("dns_opt", Fixed { dns_opt: set(&["ndots:2"]), ..base() }),
        ("healthcheck", Fixed { healthcheck: Some(Healthcheck::Probe(probe)), ..base() }),
        ("healthcheck", Fixed { healthcheck: Some(Healthcheck::Disabled), ..base() }),
        ("init", Fixed { init: Some(true), ..base() }),
        ("tty", Fixed { tty: true, ..base() }),
        ("stdin_open", Fixed { stdin_open: true, ..base() }),
        ("privileged", Fixed { privileged: true, ..base() }),
        ("read_only", Fixed { read_only: true, ..base() }),
        ("cap_add", Fixed { cap_add: set(&["NET_ADMIN", "SYS_TIME"]), ..base() }),
        ("cap_drop", Fixed { cap_drop: set(&["CHOWN"]), ..base() }),
        ("group_add", Fixed { group_add: set(&["7", "daemon"]), ..base() }),
        ("security_opt", Fixed { security_opt: set(&["no-new-privileges:true"]), ..base() }),
        ("security_opt", Fixed { security_opt: set(&["systempaths=unconfined"]), ..base() }),
        (
            "devices",
            Fixed {
                devices: [Device { source: "/dev/null".into(), target: "/dev/x".into(), permissions: "rw".into() }]
                    .into(),
                ..base()
            },
        ),
        ("device_cgroup_rules", Fixed { device_cgroup_rules: set(&["c 1:3 mr"]), ..base() }),
        ("ipc", Fixed { ipc: Some(IpcMode::Shareable), ..base() }),
        ("pid", Fixed { pid: Some(NamespaceMode::Host), ..base() }),
        ("uts", Fixed { uts: Some(NamespaceMode::Host), ..base() }),
        ("userns_mode", Fixed { userns_mode: Some(NamespaceMode::Host), ..base() }),
        ("cgroup", Fixed { cgroup: Some(NamespaceMode::Private), ..base() }),
        ("cgroup_parent", Fixed { cgroup_parent: Some("/dtest".into()), ..base() }),
        ("runtime", Fixed { runtime: Some("io.containerd.runc.v2".into()), ..base() }),
        ("shm_size", Fixed { shm_size: Some(1 << 20), ..base() }),
        ("sysctls", Fixed { sysctls: texts(&[("net.core.somaxconn", "99")]), ..base() }),
        ("ulimits", Fixed { ulimits: [("nofile".into(), Ulimit { soft: 100, hard: 200 })].into(), ..base() }),
        (
            "logging",
            Fixed {
                logging: Some(Logging { driver: Some("json-file".into()), options: texts(&[("max-size", "1m")]) }),
                ..base()
            },
        ),
        ("stop_signal", Fixed { stop_signal: Some("SIGINT".into()), ..base() }),
        ("stop_grace_period", Fixed { stop_grace_period: Some(3), ..base() }),
        ("oom_kill_disable", Fixed { oom_kill_disable: true, ..base() }),
        ("oom_score_adj", Fixed { oom_score_adj: Some(100), ..base() }),
        ("mem_swappiness", Fixed { mem_swappiness: Some(10), ..base() }),
        (
            "blkio",
            Fixed {
                blkio: Blkio {
                    device_read_bps: vec![RateDevice { path: "/dev/null".into(), rate: 1 << 20 }],
                    device_write_bps: vec![RateDevice { path: "/dev/null".into(), rate: 2 << 20 }],
                    device_read_iops: vec![RateDevice { path: "/dev/null".into(), rate: 50 }],
                    device_write_iops: vec![RateDevice { path: "/dev/null".into(), rate: 100 }],
                    ..Blkio::default()
                },
                ..base()
            },
        ),
        ("volume_driver", Fixed { volume_driver: Some("local".into()), ..base() }),
        ("use_api_socket", Fixed { use_api_socket: true, ..base() }),
    ]
}

fn field(fixed: &Fixed, name: &str) -> Value {
    serde_json::to_value(fixed).unwrap()[name].clone()
}

/// The engine writes capabilities with their prefix.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) if items.iter().any(|item| item.as_str().is_some_and(|text| text.starts_with("CAP_"))) => {
            items.iter().map(|item| item.as_str().unwrap().trim_start_matches("CAP_").to_owned()).collect()
        }
        other => other,
    }
}

/// What the image and the engine's own settings add stands beside what was asked.
fn only_asked(asked: &Value, shown: &mut Value) {
    if let (Value::Object(asked), Value::Object(shown)) = (asked, shown) {
        shown.retain(|key, _| asked.contains_key(key));
        for (key, shown) in shown {
            only_asked(&asked[key], shown);
        }
    }
}

#[tokio::test]
async fn each_field_is_read_back_from_the_engine() {
    let lab = Lab::open().await;
    let net = lab.network("default", NetworkDefinition::default()).await;
    let mut lost = Vec::new();
    for (number, (name, fixed)) in samples().into_iter().enumerate() {
        let asked = field(&fixed, name);
        let lacks = lab.docker.rules().lacks("fixed", &serde_json::to_value(&fixed).unwrap());
        let mut new = lab.new_container("web", fixed.clone());
        new.name = format!("{}-{number}", lab.project).as_str().into();
        if fixed.network_mode == NetworkMode::Networks {
            new.networks = on(&net);
        }
        let container = lab.create(new).await;
        let (read, _) = lab.docker.definition(id(&container)).await.unwrap();
        let mut shown = plain(field(&read, name));
        only_asked(&asked, &mut shown);
        match (shown == asked, lacks.is_empty()) {
            (true, true) | (false, false) => {}
            (false, true) => lost.push(format!("{name}: asked {asked}, shown {shown}")),
            (true, false) => lost.push(format!("{name} is said to be lacking, and holds")),
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

/// What only newer engines have: each holds there, and is told of elsewhere before anything is done.
#[tokio::test]
async fn what_newer_engines_have_holds_there_and_is_lacking_elsewhere() {
    let lab = Lab::open().await;
    let (volume, labels) = (VolumeName::new(format!("{}_data", lab.project)), lab.labels(label::KIND_VOLUME, "data"));
    lab.step(VolumeStep::Create { name: volume.clone(), definition: VolumeDefinition::default(), labels }).await;
    let at = |kind| Fixed {
        mounts: [("/m".to_owned(), Mount { kind, read_only: true, consistency: None })].into(),
        ..sleeper()
    };
    let bind = MountKind::Bind {
        source: "/tmp".into(),
        create_host_path: true,
        propagation: None,
        recursive: Some("writable".into()),
        selinux: None,
    };
    let probe = Probe { test: set(&["CMD", "true"]), start_interval: Some(1_000_000_000), ..Probe::default() };
    let newer = [
        ("mounts", 48, at(MountKind::Image { source: "busybox:latest".into(), subpath: None })),
        ("mounts", 45, at(MountKind::Volume { name: volume, nocopy: false, subpath: Some("a/b".into()) })),
        ("mounts", 44, at(bind)),
        ("healthcheck", 44, Fixed { healthcheck: Some(Healthcheck::Probe(probe)), ..sleeper() }),
    ];
    for (number, (name, since, fixed)) in newer.into_iter().enumerate() {
        let lacks = lab.docker.rules().lacks("fixed", &serde_json::to_value(&fixed).unwrap());
        let is_new = lab.docker.rules().api >= ApiVersion::v1(since);
        assert_eq!(lacks.is_empty(), is_new, "{name}: {lacks:?}");
        if is_new {
            let mut new = lab.new_container("web", fixed.clone());
            new.name = format!("{}-{number}", lab.project).as_str().into();
            let container = lab.create(new).await;
            let (read, _) = lab.docker.definition(id(&container)).await.unwrap();
            assert_eq!(field(&read, name), field(&fixed, name));
        }
    }
}

/// Everything that an endpoint is asked for is seen again.
#[tokio::test]
async fn each_setting_of_an_endpoint_is_read_back_from_the_engine() {
    let lab = Lab::open().await;
    let pool = |subnet: &str| IpamPool { subnet: Some(subnet.into()), ..IpamPool::default() };
    let subnet = u8::try_from(std::process::id() % 200).unwrap();
    let (four, six) = (format!("10.213.{subnet}"), format!("fd00:d5e4:{subnet:x}:"));
    let ipam = Ipam { config: vec![pool(&format!("{four}.0/24")), pool(&format!("{six}:/64"))], ..Ipam::default() };
    let net = lab.network("dual", NetworkDefinition { enable_ipv6: Some(true), ipam, ..Default::default() }).await;
    let is_new = lab.docker.rules().api >= ApiVersion::v1(48);
    let asked = Attachment {
        aliases: set(&["web", "other"]),
        ipv4_address: Some(format!("{four}.77")),
        ipv6_address: Some(format!("{six}:77")),
        link_local_ips: set(&["169.254.8.8"]),
        driver_opts: texts(&[("com.docker.network.endpoint.ifname", "lab0")]),
        gw_priority: is_new.then_some(7),
        ..Attachment::default()
    };
    let mut new = lab.new_container("web", sleeper());
    new.networks = vec![(net, asked.clone())];
    lab.create(new).await;
    let seen = lab.look().await;
    let endpoints: Vec<_> = seen.containers[0].endpoints.values().map(|endpoint| &endpoint.attachment).collect();
    assert_eq!(endpoints, [&asked]);
}

/// One sample or more for each limit that can change while the container runs.
fn limits() -> Vec<Tunable> {
    vec![
        Tunable { memory: Some(32 << 20), memory_swap: Some(48 << 20), ..Tunable::default() },
        Tunable { memory: Some(32 << 20), memory_swap: Some(-1), ..Tunable::default() },
        Tunable { memory: Some(32 << 20), memory_reservation: Some(16 << 20), ..Tunable::default() },
        Tunable { nano_cpus: Some(250_000_000), cpu_shares: Some(256), ..Tunable::default() },
        Tunable { cpu_period: Some(50_000), cpu_quota: Some(25_000), ..Tunable::default() },
        Tunable { restart: Restart::OnFailure(2), ..Tunable::default() },
        Tunable { cpuset_mems: Some("0".into()), ..Tunable::default() },
        Tunable { cpuset: Some("0".into()), pids_limit: Some(77), ..Tunable::default() },
    ]
}

#[tokio::test]
async fn each_limit_is_read_back_from_the_engine() {
    let lab = Lab::open().await;
    for (number, tunable) in limits().into_iter().enumerate() {
        let mut new = lab.new_container("web", sleeper());
        new.name = format!("{}-{number}", lab.project).as_str().into();
        new.tunable = tunable.clone();
        let container = lab.create(new).await;
        let (_, read) = lab.docker.definition(id(&container)).await.unwrap();
        assert_eq!(read, tunable);
    }
}

/// Quotas need a storage driver that has them, and real-time shares a kernel that does.
#[tokio::test]
async fn what_kernel_and_driver_decide_holds_or_is_refused_by_name() {
    let lab = Lab::open().await;
    let real_time = Tunable { cpu_rt_period: Some(1_000_000), cpu_rt_runtime: Some(1000), ..Tunable::default() };
    let quota = Fixed { storage_opt: texts(&[("size", "1G")]), ..sleeper() };
    for (number, (fixed, tunable, word)) in
        [(sleeper(), real_time, "real-time"), (quota, Tunable::default(), "storage-opt")].into_iter().enumerate()
    {
        let mut new = lab.new_container("web", fixed.clone());
        new.name = format!("{}-{number}", lab.project).as_str().into();
        new.tunable = tunable.clone();
        match lab.try_step(ContainerStep::Create(Box::new(new))).await {
            Ok(Done::Container(container)) => {
                let (shown, limits) = lab.docker.definition(&container).await.unwrap();
                assert_eq!((shown.storage_opt, limits), (fixed.storage_opt, tunable));
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.to_string().contains(word), "{error}"),
        }
    }
}

/// The engine shows no platform of a container, but has made it from an image of that platform.
#[tokio::test]
async fn a_container_is_made_for_the_platform_asked_for_or_not_at_all() {
    let lab = Lab::open().await;
    let of = |platform: &str| Fixed { platform: Some(platform.to_owned()), ..sleeper() };
    let here =
        if cfg!(target_arch = "x86_64") { ("linux/amd64", "linux/s390x") } else { ("linux/arm64", "linux/s390x") };
    lab.create(lab.new_container("web", of(here.0))).await;
    let other = lab.new_container("other", of(here.1));
    let refused = lab.try_step(ContainerStep::Create(Box::new(other))).await;
    assert!(matches!(&refused, Err(EngineError::NotFound(_) | EngineError::NoImage { .. })), "{refused:?}");
}

/// The attributes of a service that are in no sample above, each with the test that shows what follows from it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("attach", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("build", "tests/docker_engine/buildkit.rs::a_folder_is_sent_with_its_rules_and_its_links"),
    (
        "configs",
        "tests/docker_engine/things.rs::files_have_the_owner_and_mode_asked_for_and_a_read_only_service_sees_them",
    ),
    ("container_name", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    // Windows only: a Linux engine drops the one, and the other is refused on the user's line.
    ("cpu_percent", "src/engine/docker/codec_tests.rs::every_field_that_is_written_is_read_back"),
    ("credential_spec", "src/engine/docker/codec_tests.rs::every_field_that_is_written_is_read_back"),
    ("cpu_rt_period", "tests/docker_engine/attributes.rs::what_kernel_and_driver_decide_holds_or_is_refused_by_name"),
    ("cpu_rt_runtime", "tests/docker_engine/attributes.rs::what_kernel_and_driver_decide_holds_or_is_refused_by_name"),
    ("depends_on", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("deploy", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("develop", "tests/watch/rules.rs::a_copy_can_be_followed_by_a_command_and_a_restart_each_once"),
    ("env_file", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("extends", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("external_links", "tests/docker_engine/things.rs::links_aliases_and_borrowed_namespaces_resolve"),
    ("label_file", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("links", "tests/docker_engine/things.rs::links_aliases_and_borrowed_namespaces_resolve"),
    ("mac_address", "tests/docker_engine/things.rs::a_fixed_address_and_hardware_address_hold_on_every_version"),
    ("models", "tests/safety/programs.rs::containers_get_from_programs_what_compose_gives_them"),
    ("networks", "tests/contract/networks.rs::a_container_has_all_its_networks_from_the_start"),
    ("platform", "tests/docker_engine/attributes.rs::a_container_is_made_for_the_platform_asked_for_or_not_at_all"),
    ("post_start", "tests/docker_engine/things.rs::commands_have_exit_codes_input_and_hooks_fail_with_their_output"),
    ("pre_start", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("pre_stop", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("profiles", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("provider", "tests/safety/programs.rs::containers_get_from_programs_what_compose_gives_them"),
    ("pull_policy", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    ("pull_refresh_after", "src/plan/tests/strays.rs::images_are_pulled_by_their_policy"),
    ("scale", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
    (
        "secrets",
        "tests/docker_engine/things.rs::files_have_the_owner_and_mode_asked_for_and_a_read_only_service_sees_them",
    ),
    ("storage_opt", "tests/docker_engine/attributes.rs::what_kernel_and_driver_decide_holds_or_is_refused_by_name"),
    ("volumes_from", "tests/contract/volumes.rs::mounts_of_another_are_shared"),
    ("x-dsenv", "tests/safety/attributes.rs::attributes_that_dsenv_acts_on_show_on_the_engine"),
];

#[test]
fn every_attribute_of_the_specification_is_in_a_sample_or_a_test_shows_what_it_does() {
    let schema = dsenv::spec::schema::schema();
    let keys = schema["definitions"]["Service"]["properties"].as_object().unwrap();
    let mut sampled: BTreeSet<String> = samples().into_iter().map(|(name, _)| name.to_owned()).collect();
    for limits in limits() {
        let set = serde_json::to_value(limits).unwrap();
        let fields = set.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        sampled.extend(fields.map(|(field, _)| field.clone()));
    }
    let is_sampled = |key: &str| {
        let field = dsenv::model::field_of_key(key);
        sampled.contains(field.trim_start_matches("fixed.").trim_start_matches("tunable."))
    };
    let listed: BTreeMap<&str, &str> = ELSEWHERE.iter().copied().collect();
    let nowhere: Vec<_> = keys.keys().filter(|key| !is_sampled(key) && !listed.contains_key(key.as_str())).collect();
    assert!(nowhere.is_empty(), "neither in a sample nor listed: {nowhere:?}");
    for (key, test) in ELSEWHERE {
        assert!(keys.contains_key(*key) && !is_sampled(key), "`{key}` need not be listed");
        let (file, name) = test.split_once("::").unwrap();
        let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default();
        let is_there = [format!("fn {name}("), format!("    {name}: \"")].iter().any(|text| source.contains(text));
        assert!(is_there, "there is no test {test}");
    }
}
