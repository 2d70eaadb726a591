//! Every attribute of a service on an engine: apply, and the plan is empty; apply another value, and the plan named
//! that field alone and is empty again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::lab::{Lab, On, changes};

/// The key with its value, another value for it, and the fields of a plan that it is. `-` is without the key.
type Case = (&'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("command: [sleep, '100000']", "command: [sleep, '100001']", "command"),
    ("entrypoint: [sleep]", "-", "entrypoint"),
    ("environment: {A: '1', B: x}", "environment: {A: '2', B: x}", "environment.A"),
    ("environment: {A: '1', B: y}", "environment: {A: '1'}", "environment.B"),
    ("labels: {a: b}", "labels: {a: c}", "labels.a"),
    ("annotations: {a: b}", "-", "annotations.a"),
    ("user: '5:6'", "user: '5:7'", "user"),
    ("working_dir: /tmp", "working_dir: /bin", "working_dir"),
    ("hostname: a", "hostname: b", "hostname"),
    ("domainname: example.org", "domainname: example.net", "domainname"),
    ("ports: ['80']", "ports: ['81']", "ports"),
    ("expose: ['80']", "expose: ['80', 53/udp]", "expose"),
    ("volumes: [/tmp:/a]", "volumes: ['/tmp:/a:ro']", "mounts./a.read_only"),
    ("volumes: [/scratch]", "volumes: [/other]", "mounts./other mounts./scratch"),
    ("volumes: ['data:/d']", "volumes: ['more:/d']", "mounts./d.name"),
    ("tmpfs: [/run]", "tmpfs: ['/run:size=1m']", "tmpfs./run"),
    ("extra_hosts: [db=10.0.0.1]", "extra_hosts: [db=10.0.0.2]", "extra_hosts"),
    ("dns: [10.0.0.2]", "dns: [10.0.0.3]", "dns"),
    ("dns_search: [example.org]", "-", "dns_search"),
    ("dns_opt: ['ndots:2']", "dns_opt: ['ndots:3']", "dns_opt"),
    (
        "healthcheck: {test: 'true', interval: 1s}",
        "healthcheck: {test: 'true', interval: 2s}",
        "healthcheck.probe.interval",
    ),
    ("healthcheck: {disable: true}", "-", "healthcheck"),
    ("init: false", "init: true", "init"),
    ("tty: true", "-", "tty"),
    ("stdin_open: true", "-", "stdin_open"),
    ("privileged: true", "-", "privileged"),
    ("read_only: true", "-", "read_only"),
    ("cap_add: [NET_ADMIN]", "cap_add: [NET_ADMIN, SYS_TIME]", "cap_add"),
    ("cap_drop: [CHOWN]", "-", "cap_drop"),
    ("group_add: ['7']", "group_add: ['8']", "group_add"),
    ("security_opt: ['no-new-privileges:true']", "-", "security_opt"),
    ("devices: ['/dev/null:/dev/x:rw']", "devices: ['/dev/null:/dev/x:r']", "devices"),
    ("device_cgroup_rules: ['c 1:3 mr']", "device_cgroup_rules: ['c 1:3 m']", "device_cgroup_rules"),
    ("ipc: shareable", "ipc: private", "ipc"),
    ("pid: host", "-", "pid"),
    ("uts: host", "-", "uts"),
    ("shm_size: 1m", "shm_size: 2m", "shm_size"),
    ("sysctls: {net.core.somaxconn: 99}", "sysctls: {net.core.somaxconn: 98}", "sysctls.net.core.somaxconn"),
    ("ulimits: {nofile: 100}", "ulimits: {nofile: {soft: 100, hard: 200}}", "ulimits.nofile.hard"),
    ("logging: {driver: json-file, options: {max-size: 1m}}", "logging: {driver: json-file}", "logging.options"),
    ("stop_signal: SIGINT", "stop_signal: SIGQUIT", "stop_signal"),
    ("oom_score_adj: 100", "oom_score_adj: 200", "oom_score_adj"),
    ("configs: [{source: one, target: /c}]", "configs: [{source: one, target: /c, mode: 0400}]", "files./c.mode"),
    ("secrets: [{source: two, target: /s}]", "secrets: [{source: two, target: /t}]", "files./s files./t"),
    ("mem_limit: 64m", "mem_limit: 96m", "memory"),
    ("mem_limit: 65m", "-", "memory"),
    ("mem_reservation: 32m", "mem_reservation: 48m", "memory_reservation"),
    ("cpus: 0.5", "-", "nano_cpus"),
    ("cpu_shares: 256", "cpu_shares: 512", "cpu_shares"),
    ("cpuset: '0'", "-", "cpuset"),
    ("x-dsenv: {settle: 0s, cpuset_mems: '0'}", "-", "cpuset_mems"),
    ("pids_limit: 77", "pids_limit: 78", "pids_limit"),
    ("restart: always", "restart: unless-stopped", "restart"),
    ("container_name: PROJECT-own", "container_name: PROJECT-another", "container_name"),
    ("networks: {front: {aliases: [a]}}", "networks: {front: {aliases: [b]}}", "networks.front.aliases"),
    (
        "networks: {front: {ipv4_address: 10.213.7.8}}",
        "networks: {front: {ipv4_address: 10.213.7.9}}",
        "networks.front.ipv4_address",
    ),
    ("network_mode: host", "network_mode: none", "network_mode"),
];

/// An engine that itself runs in a container has not the rights to give away; there the twin must do.
const ON_THE_TWIN: [&str; 1] = ["privileged"];

/// What an engine of API 1.41 has not; it says so at the key.
const SINCE_LATER: [&str; 1] = ["annotations"];

fn spec(lab: &Lab, left_out: &[usize], later: bool) -> String {
    let mut spec = "services:\n".to_owned();
    for (at, (first, second, _)) in CASES.iter().enumerate().filter(|(at, _)| !left_out.contains(at)) {
        let set = if later { *second } else { *first };
        let own = |key: &str| first.starts_with(key) || second.starts_with(key);
        writeln!(spec, "  a{at}:\n    image: busybox\n    stop_grace_period: 0s").unwrap();
        if !set.starts_with("x-dsenv:") {
            writeln!(spec, "    x-dsenv: {{settle: 0s}}").unwrap();
        }
        if !own("command") {
            writeln!(spec, "    command: [sleep, '100000']").unwrap();
        }
        // A network for each container takes its time.
        if !["network", "ports", "dns", "extra_hosts", "domainname", "hostname", "uts"].iter().any(|key| own(key)) {
            writeln!(spec, "    network_mode: none").unwrap();
        }
        if set != "-" {
            writeln!(spec, "    {set}").unwrap();
        }
        if set == "-" && own("entrypoint") {
            // With the entry point the command was its argument.
            writeln!(spec, "    # its command runs by itself").unwrap();
        }
    }
    spec += "networks: {front: {ipam: {config: [{subnet: 10.213.7.0/24}]}}}\nvolumes: {data: {}, more: {}}\n\
             configs: {one: {content: hello}}\nsecrets: {two: {file: two.txt}}\n";
    spec.replace("entrypoint: [sleep]", "entrypoint: [/bin/busybox]").replace("PROJECT", &lab.project)
}

fn everything(on: On) {
    let lab = Lab::new(on);
    std::fs::write(lab.path("two.txt"), "hush").unwrap();
    lab.write(&spec(&lab, &[], false));
    let refused = lab.run(&["plan"]).stderr;
    let lacks = |at: &usize| refused.contains(&format!("service.a{at}: "));
    let one_of = |keys: &[&str], at: &usize| keys.iter().any(|key| CASES[*at].0.starts_with(key));
    let mut left_out: Vec<usize> = (0..CASES.len()).filter(lacks).collect();
    for at in &left_out {
        assert!(one_of(&SINCE_LATER, at), "{}: {refused}", CASES[*at].0);
    }
    left_out.extend((0..CASES.len()).filter(|at| on == On::Engine && one_of(&ON_THE_TWIN, at)));
    let spec = |later| spec(&lab, &left_out, later);
    lab.apply(&spec(false));
    lab.is_settled("the first values");
    lab.write(&spec(true));
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for change in changes(&lab.plan()).as_array().unwrap().iter().filter(|change| change["kind"] == "container") {
        let fields = change["reason"].as_array().unwrap().iter().filter_map(|reason| reason["fields"].as_array());
        let paths = fields.flatten().map(|field| field["path"].as_str().unwrap().to_owned());
        named.insert(change["address"].as_str().unwrap().to_owned(), paths.collect());
    }
    let mut wrong = Vec::new();
    for (at, (first, second, fields)) in CASES.iter().enumerate().filter(|(at, _)| !left_out.contains(at)) {
        let wanted: BTreeSet<String> = fields.split(' ').map(str::to_owned).collect();
        let found = named.remove(&format!("service.a{at}[1]")).unwrap_or_default();
        if found != wanted {
            wrong.push(format!("{first} -> {second}: {found:?} is named, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty() && named.is_empty(), "{on:?}: {wrong:#?} {named:?}");
    lab.expect(0, &["apply", "--yes"]);
    lab.is_settled("the second values");
    assert_eq!(lab.plan()["resource_drift"], Value::Array(vec![]));
}

#[test]
fn every_attribute_settles_and_is_named_alone_on_the_twin() {
    everything(On::Twin);
}

#[test]
fn every_attribute_settles_and_is_named_alone_on_the_real_engine() {
    everything(On::Engine);
}
