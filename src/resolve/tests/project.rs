//! What is around the services: networks, volumes, contents, and what one service means for another.

use insta::assert_snapshot;

use crate::model::ServiceName;
use crate::resolve::missing_sources;
use crate::resolve::testing::{Files, lines, project, resolve_text};

fn findings(text: &str) -> String {
    match resolve_text(text) {
        Ok(resolved) => lines(&resolved.warnings),
        Err(found) => lines(&found),
    }
}

fn names<'a>(services: impl IntoIterator<Item = &'a ServiceName>) -> Vec<&'a str> {
    services.into_iter().map(ServiceName::as_str).collect()
}

#[test]
fn only_networks_that_a_service_is_on_are_made() {
    let project = project(
        "services:
  web: {image: a, networks: {front: null, shared: null}}
networks:
  front: {driver: bridge, driver_opts: {mtu: 1450}, internal: true, ipam: {driver: default, config: [{subnet: 10.9.0.0/16}]}}
  shared: {name: office, external: true}
  unused: {}
",
    );
    assert_snapshot!(serde_json::to_string_pretty(&project.networks).unwrap(), @r#"
    {
      "front": {
        "name": "lab_front",
        "definition": {
          "driver": "bridge",
          "driver_opts": {
            "mtu": "1450"
          },
          "ipam": {
            "config": [
              {
                "subnet": "10.9.0.0/16"
              }
            ]
          },
          "internal": true
        }
      },
      "shared": {
        "name": "office",
        "definition": null
      }
    }
    "#);
}

#[test]
fn the_default_network_is_made_when_a_service_is_on_it() {
    let on = project("services: {a: {image: a}, b: {image: a, network_mode: host}}");
    assert_snapshot!(serde_json::to_string(&on.networks).unwrap(), @r#"{"default":{"name":"lab_default","definition":{}}}"#);
    let off = project("services: {b: {image: a, network_mode: host}}");
    assert_snapshot!(serde_json::to_string(&off.networks).unwrap(), @"{}");
}

#[test]
fn fields_of_networks_and_volumes_may_be_left_alone() {
    let project = project(
        "services: {web: {image: a}}
networks: {default: {x-dsenv: {ignore_changes: [labels]}}}
volumes: {data: {x-dsenv: {ignore_changes: [driver_opts.o]}}}
",
    );
    assert_snapshot!(serde_json::to_string(&project.networks).unwrap(), @r#"{"default":{"name":"lab_default","definition":{},"ignore_changes":["labels"]}}"#);
    assert_snapshot!(serde_json::to_string(&project.volumes).unwrap(), @r#"{"data":{"name":"lab_data","definition":{},"ignore_changes":["driver_opts.o"]}}"#);
}

#[test]
fn volumes_have_the_names_of_compose() {
    let project = project(
        "services: {web: {image: a}}
volumes:
  data: {}
  nfs: {name: pool, driver: local, driver_opts: {type: nfs, o: addr=10.40.0.199, device: ':/docker'}, labels: {a: 1}}
  old: {name: old, external: true}
",
    );
    assert_snapshot!(serde_json::to_string_pretty(&project.volumes).unwrap(), @r#"
    {
      "data": {
        "name": "lab_data",
        "definition": {}
      },
      "nfs": {
        "name": "pool",
        "definition": {
          "driver": "local",
          "driver_opts": {
            "device": ":/docker",
            "o": "addr=10.40.0.199",
            "type": "nfs"
          },
          "labels": {
            "a": "1"
          }
        }
      },
      "old": {
        "name": "old",
        "definition": null
      }
    }
    "#);
}

#[test]
fn contents_are_held_once_and_only_if_they_are_used() {
    let project = project(
        "services:
  a: {image: a, configs: [{source: hello}]}
  b: {image: a, configs: [{source: hello}, {source: same}]}
configs:
  hello: {file: /lab/hello.conf}
  same: {content: hello}
  unused: {file: /lab/nothing}
",
    );
    let bytes: Vec<_> = project.contents.values().map(|content| content.bytes()).collect();
    assert_eq!(bytes, [b"hello"]);
}

#[test]
fn contents_that_cannot_be_had_are_reported_at_their_source_once() {
    let found = findings(
        "services:
  a: {image: a, configs: [{source: file}, {source: swarm}], secrets: [{source: variable}, {source: vault}]}
  b: {image: a, configs: [{source: file}]}
configs:
  file: {file: /lab/nothing}
  swarm: {external: true}
secrets:
  variable: {environment: NOTHING}
  vault: {driver: vault, file: /lab/hello.conf}
",
    );
    assert_snapshot!(found, @"
    DS0703 Error: config `file` cannot be read from /lab/nothing: no such file at `/lab/nothing`
    DS0705 Error: config `swarm` is kept elsewhere, which only Swarm can deliver at `true`
    DS0704 Error: secret `variable` takes the variable `NOTHING`, which is not set at `NOTHING`
    DS0705 Error: secret `vault` comes from a driver, which only Swarm can deliver at `vault`
    ");
}

#[test]
fn labels_of_configs_and_secrets_have_no_effect() {
    let found = findings(
        "services: {a: {image: a, configs: [{source: hello}]}}
configs: {hello: {content: a, labels: {b: c}}}
",
    );
    assert_snapshot!(found, @"DS0702 Warning: `labels` of config `hello` have no effect: only Swarm keeps configs as objects at `labels`");
}

#[test]
fn a_service_whose_end_another_waits_for_is_a_job() {
    let project = project(
        "services:
  load: {image: a}
  web: {image: a, depends_on: {load: {condition: service_completed_successfully}}}
",
    );
    let jobs = project.services.iter().filter(|(_, service)| service.job);
    assert_eq!(names(jobs.map(|(name, _)| name)), ["load"]);
}

#[test]
fn a_key_that_is_let_go_is_gone_without_a_word() {
    let text = "services:
  web: {image: a, models: {llm: null}, deploy: {labels: {a: b}}, x-dsenv: {lossy: [models, deploy.labels]}}
models: {llm: {model: b}}
";
    assert_eq!(findings(text), "");
}

#[test]
fn a_service_that_a_program_runs_is_no_container() {
    let text = "services:
  cloud: {provider: {type: cloud, options: {size: 3, zone: [a, b]}}, depends_on: [db], x-dsenv: {lossy: [provider]}}
  db: {image: a}
  web: {image: a, depends_on: {cloud: {condition: service_started}}}
";
    let found = project(text);
    assert_eq!(names(found.services.keys()), ["db", "web"]);
    assert_eq!(names(found.services[&"web".into()].depends_on.keys()), ["cloud"]);
    let cloud = serde_json::to_string(&found.providers).unwrap();
    assert_snapshot!(cloud, @r#"{"cloud":{"type":"cloud","options":{"size":["3"],"zone":["a","b"]},"depends_on":{"db":{"condition":"service_started","restart":false,"required":true}},"lossy":true}}"#);
    let borrowed = text.replace("web: {image: a,", "web: {image: a, network_mode: service:cloud,");
    assert_snapshot!(findings(&borrowed), @"DS0701 Error: service `web` borrows from `cloud`, which is no container: a provider runs it at `web`");
}

#[test]
fn a_model_knows_its_users_and_how_they_learn_of_its_address() {
    let text = "services:
  web: {image: a, models: [llm]}
  api: {image: a, models: {llm: {endpoint_var: AI}}, x-dsenv: {lossy: [models]}}
models: {llm: {model: b, context_size: 10, runtime_flags: [-v]}, none: {model: c}}
";
    assert_snapshot!(serde_json::to_string(&project(text).models).unwrap(), @r#"{"llm":{"model":"b","context_size":10,"runtime_flags":["-v"],"users":{"api":"AI","web":"LLM_URL"},"lossy":["api"]}}"#);
}

#[test]
fn services_of_profiles_that_are_off_are_idle() {
    let project = project(
        "services: {web: {image: a}, debug: {image: a, profiles: [dev, test], networks: [other]}}\nnetworks: {other: {}}",
    );
    assert_eq!(names(project.services.keys()), ["web"]);
    assert_snapshot!(serde_json::to_string(&project.idle).unwrap(), @r#"{"debug":{"profiles":["dev","test"]}}"#);
    assert!(!project.networks.contains_key(&"other".into()));
}

#[test]
fn own_keys_of_the_project() {
    let usual = project("services: {web: {image: a}}");
    assert_eq!((usual.history, usual.compose_labels), (3, true));
    let own = project("services: {web: {image: a}}\nx-dsenv: {history: 9, compose_labels: false}");
    assert_eq!((own.history, own.compose_labels), (9, false));
}

#[test]
fn a_bind_that_may_not_be_made_is_missed_before_anything_is_done() {
    let resolved = resolve_text(
        "services:
  web:
    image: a
    volumes:
    - {type: bind, source: /lab/app, target: /app, bind: {create_host_path: false}}
    - {type: bind, source: /lab/none, target: /none, bind: {create_host_path: false}}
    - {type: bind, source: /lab/made, target: /made, bind: {create_host_path: true}}
",
    )
    .unwrap();
    let files = Files([("/lab/app/a".to_owned(), String::new())].into());
    assert_snapshot!(lines(&missing_sources(&resolved.project, &resolved.origins, &files)), @"DS0712 Warning: service `web` mounts /lab/none, which is not there at `type`");
}

#[test]
fn a_tag_that_two_builds_have_is_told_at_both() {
    let text = "services:\n  a: {image: x, build: {context: ./app}}\n  b: {image: 'x:latest', build: {context: ./app, target: t}}\n  c: {image: x}\n  d: {image: x, build: ./app}";
    let found = resolve_text(text).expect_err("two builds of one tag");
    let places =
        found.iter().map(|told| format!("{} {} {}", told.place.as_ref().unwrap(), told.message, told.related[0].0));
    insta::assert_snapshot!(places.collect::<Vec<_>>().join("\n"), @r#"
    env.yaml:3:14 `a` and `b` build different things under one tag: `x:latest` env.yaml:2:14
    "#);
}

#[test]
fn blocks_of_addresses_that_are_none_are_told_before_anything_is_done() {
    let text = "services: {a: {image: x, networks: [n, m]}}\nnetworks:\n  n:\n    ipam:\n      config:\n        - {subnet: 10.9.0.0/33, gateway: x}\n        - {subnet: 10.9.0.0/16, gateway: 10.8.0.1, ip_range: 10.9.0.0, aux_addresses: {h: 10.9.1.2, i: 1.2.3.4}}\n        - {subnet: 'fd00::/64', gateway: 'fd00::1'}\n  m: {ipam: {driver: other, config: [{subnet: any}]}}";
    let found = resolve_text(text).expect_err("no blocks");
    insta::assert_snapshot!(found.iter().map(|told| format!("{} {}", told.place.as_ref().unwrap(), told.message)).collect::<Vec<_>>().join("\n"), @r#"
    env.yaml:6:20 `10.9.0.0/33` is no block of addresses
    env.yaml:6:42 `x` is no address
    env.yaml:7:62 `10.9.0.0` is no block of addresses
    env.yaml:7:42 `10.8.0.1` is not in the subnet
    env.yaml:7:72 `1.2.3.4` is not in the subnet
    "#);
}

#[test]
fn what_an_engine_would_leave_undone_is_told() {
    let told = |body: &str| {
        let text = format!(
            "services:\n  a: {{image: x, {body}}}\nnetworks: {{n: {{internal: true}}, o: {{}}}}\nvolumes: {{vol: {{}}}}"
        );
        let warnings = resolve_text(&text).expect("only warnings").warnings;
        warnings.iter().map(|told| format!("{} {}\n", told.place.as_ref().unwrap(), told.message)).collect::<String>()
    };
    let ports = "ports: ['80:80']";
    assert_eq!(
        told(&format!("network_mode: host, {ports}")),
        "env.yaml:2:37 `ports` of service `a` has no effect: its `network_mode` gives it no network of its own\n"
    );
    assert!(told(&format!("network_mode: none, {ports}")).contains("no network of its own"));
    assert!(told(&format!("networks: [n], {ports}")).contains("its networks are internal"));
    assert_eq!(told(&format!("networks: [n, o], {ports}")), "");
    assert_eq!(told(ports), "");
    let check = |rest: &str| told(&format!("healthcheck: {{test: x, start_interval: 1s{rest}}}"));
    assert!(check("").contains("`healthcheck.start_period`, which is not set"));
    assert!(check(", start_period: 0s").contains("is not set"));
    assert_eq!(check(", start_period: 5s"), "");
    assert!(told("volumes: ['vol:/v:Z']").contains("only binds are labelled"));
    assert_eq!(told("volumes: ['/v:/v:z']"), "");
}
