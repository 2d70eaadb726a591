//! What a container was born as: in its labels, and on the engine.

use std::collections::{BTreeMap, BTreeSet};

use dsenv::diff;
use dsenv::model::*;
use dsenv::state::{label, record};
use serde_json::Value;

use crate::lab::{Lab, id, words};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// As much at once as one container on Engine 20.10 and a plain Linux host can have.
fn rich(fixed: Fixed) -> Fixed {
    Fixed {
        command: Some(words(&["sh", "-c", "sleep 1000"])),
        entrypoint: Some(words(&["/bin/busybox", "env", "--"])),
        environment: [("EMPTY", Some("")), ("QUOTED", Some("a \"b\" 'c' $d ü")), ("LINES", Some("1\n2"))]
            .map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
            .into(),
        labels: map(&[("tier", "gold"), ("note", "ü \"x\"")]),
        user: Some("1000:1000".into()),
        working_dir: Some("/tmp".into()),
        hostname: Some("host".into()),
        domainname: Some("example".into()),
        ports: [Port { target: 80, protocol: Protocol::Tcp, host_ip: Some("127.0.0.1".into()), published: None }]
            .into(),
        expose: set(&["9000/udp"]),
        mounts: [
            (
                "/bind",
                Mount {
                    kind: MountKind::Bind {
                        source: "/tmp".into(),
                        create_host_path: true,
                        propagation: None,
                        recursive: None,
                        selinux: None,
                    },
                    read_only: true,
                    consistency: None,
                },
            ),
            (
                "/memory",
                Mount {
                    kind: MountKind::Tmpfs { size: Some(1 << 20), mode: Some(0o1770) },
                    read_only: false,
                    consistency: None,
                },
            ),
        ]
        .map(|(target, mount)| (target.to_owned(), mount))
        .into(),
        tmpfs: map(&[("/scratch", "size=64k")]),
        extra_hosts: set(&["db:10.1.2.3"]),
        dns: words(&["10.0.0.53", "10.0.0.54"]),
        dns_search: words(&["example.org"]),
        dns_opt: set(&["ndots:2"]),
        healthcheck: Some(Healthcheck::Probe(Probe {
            test: words(&["CMD", "true"]),
            interval: Some(5_000_000_000),
            timeout: Some(2_000_000_000),
            retries: Some(4),
            start_period: Some(1_000_000_000),
            start_interval: None,
        })),
        init: Some(true),
        tty: true,
        stdin_open: true,
        read_only: true,
        cap_add: set(&["NET_ADMIN"]),
        cap_drop: set(&["MKNOD", "SYS_CHROOT"]),
        group_add: set(&["10", "20"]),
        security_opt: set(&["no-new-privileges:true"]),
        devices: [Device { source: "/dev/null".into(), target: "/dev/nothing".into(), permissions: "rw".into() }]
            .into(),
        device_cgroup_rules: set(&["c 1:3 mr"]),
        ipc: Some(IpcMode::Shareable),
        pid: Some(NamespaceMode::Host),
        shm_size: Some(32 << 20),
        sysctls: map(&[("net.core.somaxconn", "256")]),
        ulimits: [("nofile".to_owned(), Ulimit { soft: 512, hard: 1024 })].into(),
        logging: Some(Logging { driver: Some("json-file".into()), options: map(&[("max-size", "1m")]) }),
        stop_signal: Some("SIGUSR1".into()),
        stop_grace_period: Some(1),
        oom_score_adj: Some(100),
        ..fixed
    }
}

pub async fn a_record_survives_the_labels(lab: &Lab) {
    let key = Key::new([3; 32]);
    let mut new = lab.serving("web");
    new.fixed = rich(new.fixed);
    new.labels.extend(new.fixed.labels.clone());
    new.labels.insert(label::SCHEMA.to_owned(), record::SCHEMA.to_string());
    new.labels.insert(label::APPLIED.to_owned(), record::encode(&new.fixed, &key));
    let fixed = new.fixed.clone();
    let container = lab.create(new).await;
    let seen = lab.see(&container).await;
    let record = seen.record.unwrap();
    let against = |wanted: &Fixed| {
        let wanted = record::desired(wanted, &key);
        diff::fields(&record.recorded(&seen.environment, &wanted, &key), &wanted)
    };
    assert_eq!(against(&fixed), []);
    let edited = Fixed { environment: [("EMPTY".to_owned(), Some("no more".to_owned()))].into(), ..fixed };
    let changes = against(&edited);
    let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["environment.EMPTY", "environment.LINES", "environment.QUOTED"]);
}

pub async fn every_field_is_made_as_asked(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed = rich(new.fixed);
    new.labels.extend(new.fixed.labels.clone());
    let asked = new.fixed.clone();
    let container = lab.create(new).await;
    let made = lab.bench().fixed(id(&container)).await;
    let value = |fixed: &Fixed| serde_json::to_value(fixed).unwrap();
    // What the engine and the image add is no difference; what was asked for and is not there is one.
    let lost = diff::fields(&value(&made), &value(&asked)).into_iter().filter(|change| !is_added(change));
    let lost: Vec<_> = lost.collect();
    assert_eq!(lost, []);
    lab.try_start(&container).await.unwrap();
}

/// Whether everything that was asked for is there beside what the engine added.
fn is_added(change: &diff::FieldChange) -> bool {
    match (&change.before, &change.after) {
        (_, None) => true,
        (Some(Value::Array(made)), Some(Value::Array(asked))) => asked.iter().all(|item| made.contains(item)),
        _ => false,
    }
}
