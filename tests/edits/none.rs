//! Edits that are no change, edits in place, and names that resolve after a network was made anew.

use std::collections::BTreeSet;

use serde_json::Value;

use super::lab::{Lab, On, changes};

const BASE: &str = "
services:
  web:
    image: busybox
    command: [sleep, '100000']
    init: true
    cap_add: [NET_ADMIN, SYS_TIME]
    ports: ['80']
    volumes: ['data:/data']
    mem_limit: 100m
    pids_limit: 50
    cpus: 0.5
    healthcheck: {test: 'true', interval: 1s, start_period: 0ms}
    stop_grace_period: 1s
    networks: [back]
    x-dsenv: {settle: 0s}
networks: {back: {}, front: {}}
volumes: {data: {}}
";

/// What is edited, what stood there, what stands there now. A service and its containers stay through all of it.
const NO_CHANGE: [(&str, &str, &str); 15] = [
    ("cap_add in another order", "[NET_ADMIN, SYS_TIME]", "[SYS_TIME, NET_ADMIN]"),
    ("restart: no", "    init: true\n", "    init: true\n    restart: 'no'\n"),
    ("develop.watch", "    init: true\n", "    init: true\n    develop: {watch: [{action: restart, path: ./src}]}\n"),
    ("attach: false", "    init: true\n", "    init: true\n    attach: false\n"),
    ("a post_start hook", "    init: true\n", "    init: true\n    post_start: [{command: [echo, hi]}]\n"),
    ("ports in long syntax", "['80']", "[{target: 80, protocol: tcp, mode: ingress}]"),
    ("volumes in long syntax", "['data:/data']", "[{type: volume, source: data, target: /data}]"),
    ("a size in bytes", "100m", "104857600"),
    ("0s for 0ms", "0ms", "0s"),
    ("x- keys", "    init: true\n", "    init: true\n    x-team: {name: data}\n"),
    ("pull_policy", "    init: true\n", "    init: true\n    pull_policy: never\n"),
    ("profiles", "    init: true\n", "    init: true\n    profiles: [more]\n"),
    ("a comment", "    init: true\n", "    # a comment\n    init: true\n"),
    (
        "keys in another order",
        "    image: busybox\n    command: [sleep, '100000']\n",
        "    command: [sleep, '100000']\n    image: busybox\n",
    ),
    ("scale", "    init: true\n", "    init: true\n    scale: 2\n"),
];

/// The same for what the engine truly changes in place: the edit, and the fields that the plan may name.
const IN_PLACE: [(&str, &str, &str, &[&str]); 8] = [
    ("mem_limit", "100m", "128m", &["memory"]),
    ("cpus", "cpus: 0.5", "cpus: 0.25", &["nano_cpus"]),
    ("pids_limit", "pids_limit: 50", "pids_limit: 60", &["pids_limit"]),
    ("no pids_limit", "    pids_limit: 50\n", "", &["pids_limit"]),
    ("a restart policy", "    init: true\n", "    init: true\n    restart: always\n", &["restart"]),
    ("another restart policy", "    init: true\n", "    init: true\n    restart: on-failure:3\n", &["restart"]),
    ("a network added", "networks: [back]", "networks: [back, front]", &["networks.front"]),
    ("a network instead of another", "networks: [back]", "networks: [front]", &["networks.back", "networks.front"]),
];

fn edit(from: &str, to: &str) -> String {
    assert_eq!(BASE.matches(from).count(), 1, "{from}");
    BASE.replace(from, to)
}

fn no_change(on: On) {
    let lab = Lab::new(on);
    lab.apply(BASE);
    let web = lab.ids()["service.web[1]"].clone();
    for (about, from, to) in NO_CHANGE {
        lab.write(&edit(from, to));
        let plan = lab.plan();
        let done = changes(&plan);
        let expected = match about {
            "scale" => vec![("service.web[2]", "create")],
            // No container shows it, so it is put on record.
            "a post_start hook" => vec![("service.web", "record")],
            _ => vec![],
        };
        let told: Vec<_> =
            done.as_array().unwrap().iter().map(|change| (&change["address"], &change["action"])).collect();
        let told: Vec<_> = told.iter().map(|(a, b)| (a.as_str().unwrap(), b.as_str().unwrap())).collect();
        assert_eq!(told, expected, "{on:?}: {about}: {done:#}");
        lab.expect(0, &["apply", "--yes"]);
        assert_eq!(lab.ids()["service.web[1]"], web, "{on:?}: {about}");
        lab.is_settled(about);
        // Back again, so that each edit is told alone.
        lab.apply(BASE);
    }
    assert_eq!(lab.ids()["service.web[1]"], web, "{on:?}");
}

fn in_place(on: On) {
    let lab = Lab::new(on);
    lab.apply(BASE);
    let web = lab.ids();
    for (about, from, to, fields) in IN_PLACE {
        // There, and back again.
        for spec in [edit(from, to), BASE.to_owned()] {
            lab.write(&spec);
            let plan = lab.plan();
            let made = |change: &&Value| change["kind"] == "container";
            let done = changes(&plan);
            let container = done.as_array().unwrap().iter().find(made).unwrap_or_else(|| panic!("{about}: {done:#}"));
            assert_eq!(container["action"], "update", "{on:?}: {about}: {container:#}");
            let named = container["reason"][0]["fields"].as_array().unwrap().iter();
            let named: BTreeSet<_> = named.map(|field| field["path"].as_str().unwrap()).collect();
            assert_eq!(named, fields.iter().copied().collect(), "{on:?}: {about}");
            lab.expect(0, &["apply", "--yes"]);
            assert_eq!(lab.ids(), web, "{on:?}: {about}");
            lab.is_settled(about);
        }
    }
}

#[test]
fn fifteen_edits_replace_nothing_on_the_twin() {
    no_change(On::Twin);
}

#[test]
fn fifteen_edits_replace_nothing_on_the_real_engine() {
    no_change(On::Engine);
}

#[test]
fn what_the_engine_changes_in_place_keeps_its_container_on_the_twin() {
    in_place(On::Twin);
}

#[test]
fn what_the_engine_changes_in_place_keeps_its_container_on_the_real_engine() {
    in_place(On::Engine);
}

#[test]
fn names_resolve_after_a_label_of_their_network_changed_on_the_real_engine() {
    let spec = |label: &str| {
        format!(
            "services:\n  \
             db: {{image: busybox, init: true, command: [httpd, -f, -p, '8080', -h, /etc], x-dsenv: {{settle: 0s}}}}\n  \
             web: {{image: busybox, init: true, command: [sleep, '100000'], x-dsenv: {{settle: 0s}}}}\n\
             networks: {{default: {{labels: {{edition: '{label}'}}}}}}\n"
        )
    };
    let lab = Lab::new(On::Engine);
    lab.apply(&spec("1"));
    let ids = lab.ids();
    lab.write(&spec("2"));
    let plan = lab.plan();
    let network = &changes(&plan)[0];
    assert_eq!(
        (&network["address"], &network["action"]),
        (&"network.default".into(), &"replace".into()),
        "{network:#}"
    );
    assert!(network["impact"]["downtime_s"].as_f64().unwrap() > 0.0, "{network:#}");
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!(lab.ids(), ids, "no container is replaced");
    for (from, to) in [("web", "db"), ("db", "web")] {
        let resolved = lab.expect(0, &["exec", "-T", from, "ping", "-c", "1", "-W", "5", to]);
        assert!(resolved.stdout.contains("1 packets received"), "{resolved:?}");
    }
    lab.expect(0, &["exec", "-T", "web", "wget", "-q", "-O", "-", "http://db:8080/hosts"]);
    lab.is_settled("a label");
}
