//! Which text a field of the model comes from.

use crate::model::{Address, Origins};
use crate::resolve::testing::{resolve_files, resolve_text};

const SPEC: &str = "name: lab
services:
  web:
    build: {context: /lab/app}
    environment:
      DEBUG: 'one'
    labels: {com.example.tier: front}
    mem_limit: 64m
    healthcheck: {test: [CMD, x], interval: 5s}
    deploy: {resources: {limits: {cpus: 0.25}}, replicas: 2}
    configs: [{source: hello, mode: 0440}]
    tmpfs: ['/run:size=1m']
    volumes:
    - {type: bind, source: /lab/app, target: /etc/app.d, bind: {propagation: rslave}}
    - {type: volume, source: data, target: /data}
    networks:
      front: {ipv4_address: 10.9.0.7}
  db:
    image: postgres
networks:
  front: {driver: bridge, labels: {a: b}}
volumes:
  data: {driver_opts: {type: nfs}}
configs:
  hello: {content: bonjour}
";

fn found(origins: &Origins, address: &Address, field: &str) -> String {
    let place = origins.find(address, field).unwrap();
    format!("{}: {}", place.line(), place.text())
}

#[test]
fn fields_of_a_service_point_at_the_text_that_sets_them() {
    let origins = resolve_text(SPEC).unwrap().origins;
    let web = Address::Service("web".into());
    for (field, text) in [
        ("", "3: web"),
        ("image", "4: build"),
        ("environment", "5: environment"),
        ("environment.DEBUG", "6: 'one'"),
        ("environment.OTHER", "5: environment"),
        ("labels.com.example.tier", "7: front"),
        ("memory", "8: 64m"),
        ("healthcheck", "9: healthcheck"),
        ("healthcheck.probe.interval", "9: 5s"),
        ("healthcheck.probe.test", "9: test"),
        ("nano_cpus", "10: 0.25"),
        ("scale", "10: 2"),
        ("files./hello", "11: source"),
        ("files./hello.mode", "11: 0440"),
        ("files./hello.content", "25: bonjour"),
        ("tmpfs./run", "12: '/run:size=1m'"),
        ("mounts./etc/app.d", "14: type"),
        ("mounts./etc/app.d.source", "14: /lab/app"),
        ("mounts./etc/app.d.propagation", "14: rslave"),
        ("mounts./etc/app.d.read_only", "14: type"),
        ("mounts./data.name", "15: data"),
        ("networks.front.ipv4_address", "17: 10.9.0.7"),
        ("user", "3: web"),
    ] {
        assert_eq!(found(&origins, &web, field), text, "{field}");
        assert_eq!(found(&origins, &Address::Replica("web".into(), 2), field), text, "{field}");
    }
}

#[test]
fn fields_of_networks_volumes_and_images_point_at_theirs() {
    let origins = resolve_text(SPEC).unwrap().origins;
    let front = Address::Network("front".into());
    assert_eq!(found(&origins, &front, "driver"), "21: bridge");
    assert_eq!(found(&origins, &front, "labels.a"), "21: b");
    assert_eq!(found(&origins, &Address::Volume("data".into()), "driver_opts.type"), "23: nfs");
    assert_eq!(found(&origins, &Address::Image("postgres".into()), ""), "19: postgres");
    assert_eq!(found(&origins, &Address::Project, ""), "1: lab");
}

#[test]
fn a_value_that_was_merged_points_at_the_text_it_came_from() {
    let files = [
        (
            "env.yaml",
            "x-common: &common
  DEBUG: '0'
  LEVEL: info
services:
  web:
    extends: {file: base.yaml, service: app}
    environment:
      <<: *common
      PORT: '80'
    env_file: [web.env]
",
        ),
        ("base.yaml", "services:\n  app:\n    image: busybox\n    user: nobody\n    environment: [BASE=1, PORT=1]\n"),
        ("over.yaml", "services:\n  web:\n    environment:\n      LEVEL: trace\n"),
        ("web.env", "FROM_FILE=1\n"),
    ];
    let origins = resolve_files(&files, &["env.yaml", "over.yaml"]).unwrap().origins;
    let web = Address::Service("web".into());
    for (field, place) in [
        ("environment.DEBUG", "env.yaml:2:10 '0'"),
        ("environment.LEVEL", "over.yaml:4:14 trace"),
        ("environment.PORT", "env.yaml:9:13 '80'"),
        ("environment.BASE", "base.yaml:5:19 BASE=1"),
        ("environment.FROM_FILE", "env.yaml:10:5 env_file"),
        ("user", "base.yaml:4:11 nobody"),
    ] {
        let found = origins.find(&web, field).unwrap();
        assert_eq!(format!("{found} {}", found.text()), place, "{field}");
    }
}
