use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Address, Attachment, Condition, Dependency, Fixed, Gate, Hooks, ImageSource, Mount, MountKind, Network, Port,
    Protocol, PullPolicy, Service, Tunable, UpdatePolicy, Volume,
};
use crate::plan::{Action, Change};

fn service(image: &str) -> Service {
    Service {
        source: ImageSource::Pull(PullPolicy::Missing),
        scale: 1,
        container_name: None,
        fixed: Fixed::of(image.into()),
        tunable: Tunable::default(),
        networks: BTreeMap::new(),
        depends_on: BTreeMap::new(),
        update: UpdatePolicy::default(),
        rollback: UpdatePolicy::default(),
        scheduling: Default::default(),
        hooks: Hooks::default(),
        gate: Gate::default(),
        job: false,
        ignore_changes: Default::default(),
        urls: vec![],
        lossy: Default::default(),
    }
}

/// Builds a project from lines: `name image [xN] [job] [:PORT] [net=a,b] [vol=a,b] [needs=a:h,b:c,c:s]`.
fn project(text: &str) -> Project {
    let mut project = Project::nothing("lab".into());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let mut service = service(words.next().unwrap());
        let mut networks = "default";
        for word in words {
            if let Some(list) = word.strip_prefix("needs=") {
                for (other, condition) in list.split(',').map(|item| item.split_once(':').unwrap()) {
                    let condition = match condition {
                        "h" => Condition::ServiceHealthy,
                        "c" => Condition::ServiceCompletedSuccessfully,
                        _ => Condition::ServiceStarted,
                    };
                    service.depends_on.insert(other.into(), Dependency { condition, restart: false, required: true });
                }
            } else if let Some(list) = word.strip_prefix("net=") {
                networks = list;
            } else if let Some(list) = word.strip_prefix("vol=") {
                for key in list.split(',') {
                    let name = format!("lab_{key}");
                    project.volumes.insert(
                        key.into(),
                        Volume {
                            name: name.as_str().into(),
                            definition: Some(Default::default()),
                            ignore_changes: Default::default(),
                        },
                    );
                    let kind = MountKind::Volume { name: name.as_str().into(), nocopy: false, subpath: None };
                    service.fixed.mounts.insert(format!("/{key}"), Mount { kind, read_only: false, consistency: None });
                }
            } else if let Some(scale) = word.strip_prefix('x') {
                service.scale = scale.parse().unwrap();
            } else if let Some(port) = word.strip_prefix(':') {
                let port = Port {
                    target: port.parse().unwrap(),
                    protocol: Protocol::Tcp,
                    host_ip: None,
                    published: Some(port.into()),
                };
                service.fixed.ports.insert(port);
            } else if word == "job" {
                service.job = true;
            }
        }
        for key in networks.split(',') {
            let name = format!("lab_{key}");
            project.networks.insert(
                key.into(),
                Network {
                    name: name.as_str().into(),
                    definition: Some(Default::default()),
                    ignore_changes: Default::default(),
                },
            );
            service.networks.insert(key.into(), Attachment::default());
        }
        project.services.insert(name.into(), service);
    }
    project
}

fn plan(project: &Project) -> Plan {
    let actions = [Action::Create, Action::Keep, Action::Replace, Action::Update, Action::Keep, Action::Start];
    let change = |address: Address, action| Change {
        name: String::new(),
        address,
        action,
        reasons: vec![],
        hazards: vec![],
        notes: vec![],
        place: None,
    };
    let mut changes = vec![change(Address::Stray("lab-old-1".into()), Action::Delete)];
    for (at, key) in project.networks.keys().enumerate() {
        changes.push(change(Address::Network(key.clone()), if at == 0 { Action::Create } else { Action::Keep }));
    }
    for (at, key) in project.volumes.keys().enumerate() {
        changes.push(change(Address::Volume(key.clone()), if at == 0 { Action::Create } else { Action::Keep }));
    }
    for (at, name) in project.services.keys().enumerate() {
        changes.push(change(Address::Replica(name.clone(), 1), actions[at % actions.len()]));
        if project.services[name].scale > 1 {
            changes.push(change(Address::Replica(name.clone(), 2), Action::Create));
        }
    }
    Plan { project: "lab".into(), changes, nodes: vec![], diagnostics: vec![] }
}

const LAB: &str = "
    db lab-db:latest vol=pgdata
    redis docker.io/library/redis:7.4-alpine vol=cache
    load lab-load job needs=db:h
    worker lab-worker x3 needs=db:h,redis:h,load:c
    notebook quay.io/jupyter/scipy-notebook:2026-11-01 :8888 vol=work needs=db:h,load:c,redis:s
";

fn twenty() -> String {
    "
    postgres postgres:16 net=data vol=pgdata
    redis redis:7 net=data vol=cache
    kafka bitnami/kafka:3.8 net=data vol=kafka
    minio minio/minio:RELEASE.2026-10-01 net=data,front :9000 :9001 vol=objects
    migrate shop/migrate job net=data needs=postgres:h
    topics shop/topics job net=data needs=kafka:h
    users shop/users x2 net=data,app needs=postgres:h,migrate:c,redis:h
    orders shop/orders x3 net=data,app needs=postgres:h,migrate:c,topics:c
    stock shop/stock net=data,app needs=postgres:h,migrate:c
    mail shop/mail net=app needs=topics:c,redis:s
    media shop/media net=data,app vol=media needs=minio:h
    thumbs shop/thumbs x2 net=data vol=media needs=minio:h,topics:c
    search elasticsearch:8.15.0 net=data vol=search
    indexer shop/indexer net=data needs=search:h,topics:c
    api shop/api:2.14 x2 net=app,front needs=users:h,orders:h,stock:h,media:s,search:h
    web shop/web:5.1 net=front :8080 needs=api:h
    admin shop/admin net=front :8081 needs=api:h,users:h
    proxy traefik:3.2 net=front :80 :443 needs=web:s,admin:s
    prometheus prom/prometheus net=app vol=metrics
    grafana grafana/grafana net=app,front :3000 needs=prometheus:s
    "
    .to_owned()
}

fn sixty() -> String {
    let mut text = twenty();
    let rest = ["users", "orders", "stock", "mail", "media", "api", "postgres", "kafka", "search", "redis"];
    for number in 0..40 {
        let first = rest[number * 7 % rest.len()];
        let second = rest[(number * 3 + 1) % rest.len()];
        let needs = match number % 5 {
            0 => String::new(),
            1 | 2 => format!("needs={first}:h"),
            _ if first == second => format!("needs={first}:h"),
            _ => format!("needs={first}:h,{second}:s"),
        };
        text += &format!("svc-{number:02} shop/svc-{number:02}:1.{number} net=app {needs}\n");
    }
    text
}

/// Rectangles of all cards in a drawing's layout do not overlap, and no line crosses a card.
fn is_clear(text: &str) {
    let project = project(text);
    let picture = picture(&project, None);
    let cards = card::cards(&picture).cards;
    let place = |node: usize| cards.iter().position(|card| card.node == node);
    let ends: Vec<_> = picture.edges.iter().filter_map(|edge| Some((place(edge.from)?, place(edge.to)?))).collect();
    let sizes: Vec<_> = cards.iter().map(|card| card.size).collect();
    let laid = layout::layout(&sizes, &ends, 84.0);
    let boxes: Vec<_> =
        laid.corners.iter().zip(&sizes).map(|(at, size)| (at.x, at.y, at.x + size.width, at.y + size.height)).collect();
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[at + 1..] {
            assert!(a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1, "{a:?} and {b:?} overlap");
        }
        for line in &laid.segments {
            let (left, right) = (line.from.x + 0.5, line.to.x - 0.5);
            let (top, bottom) = (line.from.y.min(line.to.y), line.from.y.max(line.to.y));
            let apart = right <= a.0 || left >= a.2 || bottom <= a.1 || top >= a.3;
            assert!(apart, "{line:?} crosses {a:?}");
        }
    }
}

#[test]
fn nothing_overlaps_and_no_line_crosses_a_card() {
    is_clear(LAB);
    is_clear(&twenty());
    is_clear(&sixty());
}

#[test]
fn drawings_for_the_eye() {
    let Ok(folder) = std::env::var("DSENV_TEST_PICTURES") else { return };
    for (name, text) in [("5", LAB.to_owned()), ("20", twenty()), ("60", sixty())] {
        let project = project(&text);
        std::fs::write(format!("{folder}/{name}.svg"), svg(&project, None)).unwrap();
        std::fs::write(format!("{folder}/{name}-plan.svg"), svg(&project, Some(&plan(&project)))).unwrap();
    }
}

#[test]
fn mermaid_says_the_same() {
    let project = project(LAB);
    insta::assert_snapshot!(mermaid(&project, Some(&plan(&project))), @r#"
flowchart LR
  n0("+ db<br/>lab-db:latest"):::create
  n1("load (job)<br/>lab-load")
  n2("± notebook<br/>quay.io/jupyter/scipy-notebook:2026-11-01<br/>8888:8888"):::replace
  n3("~ redis<br/>docker.io/library/redis:7.4-alpine"):::update
  n4("+ worker ×3<br/>lab-worker"):::create
  n5{{"+ default"}}:::create
  n6[("+ cache")]:::create
  n7[("pgdata")]
  n8[("work")]
  n9("- lab-old-1"):::delete
  n5 --- n0
  n7 --- n0
  n0 -->|healthy| n1
  n5 --- n1
  n0 -->|healthy| n2
  n1 -->|completed| n2
  n3 -.->|started| n2
  n5 --- n2
  n8 --- n2
  n5 --- n3
  n6 --- n3
  n0 -->|healthy| n4
  n1 -->|completed| n4
  n3 -->|healthy| n4
  n5 --- n4
  classDef create fill:#e6f6ea,stroke:#1a7f37,color:#1f2328
  classDef update fill:#fff6d8,stroke:#9a6700,color:#1f2328
  classDef replace fill:#f4edfe,stroke:#8250df,color:#1f2328
  classDef delete fill:#ffeceb,stroke:#cf222e,color:#1f2328
"#);
}

#[test]
fn dot_says_the_same() {
    let project = project("db postgres:16 :5432 vol=data\n web shop/web needs=db:h");
    insta::assert_snapshot!(dot(&project, None), @r##"
digraph "lab" {
  rankdir=LR
  node [fontname="sans-serif" fontsize=11]
  "service.db" [shape=box style="rounded,filled" color="#626b75" fillcolor="#ffffff" label="db\npostgres:16\n5432:5432"]
  "service.web" [shape=box style="rounded,filled" color="#626b75" fillcolor="#ffffff" label="web\nshop/web"]
  "network.default" [shape=hexagon style=filled color="#626b75" fillcolor="#ffffff" label="default"]
  "volume.data" [shape=cylinder style=filled color="#626b75" fillcolor="#ffffff" label="data"]
  "network.default" -> "service.db" [label="" fontsize=9 dir=none color="#b0b6bd"]
  "volume.data" -> "service.db" [label="" fontsize=9 dir=none color="#b0b6bd"]
  "service.db" -> "service.web" [label="healthy" fontsize=9]
  "network.default" -> "service.web" [label="" fontsize=9 dir=none color="#b0b6bd"]
}
"##);
}

#[test]
fn json_has_nodes_and_edges() {
    let project = project("db postgres:16 vol=data\n web shop/web :80 needs=db:h");
    insta::assert_snapshot!(json(&project, Some(&plan(&project))), @r#"
{
  "project": "lab",
  "planned": true,
  "nodes": [
    {
      "id": "service.db",
      "name": "db",
      "kind": "service",
      "image": "postgres:16",
      "ports": [],
      "scale": 1,
      "job": false,
      "actions": [
        "create"
      ]
    },
    {
      "id": "service.web",
      "name": "web",
      "kind": "service",
      "image": "shop/web",
      "ports": [
        "80:80"
      ],
      "scale": 1,
      "job": false,
      "actions": [
        "keep"
      ]
    },
    {
      "id": "network.default",
      "name": "default",
      "kind": "network",
      "external": false,
      "actions": [
        "create"
      ]
    },
    {
      "id": "volume.data",
      "name": "data",
      "kind": "volume",
      "external": false,
      "actions": [
        "create"
      ]
    },
    {
      "id": "stray.lab-old-1",
      "name": "lab-old-1",
      "kind": "stray",
      "actions": [
        "delete"
      ]
    }
  ],
  "edges": [
    {
      "from": "network.default",
      "to": "service.db",
      "kind": "joins"
    },
    {
      "from": "volume.data",
      "to": "service.db",
      "kind": "mounts",
      "read_only": false
    },
    {
      "from": "service.db",
      "to": "service.web",
      "kind": "waits",
      "condition": "service_healthy",
      "required": true
    },
    {
      "from": "network.default",
      "to": "service.web",
      "kind": "joins"
    }
  ]
}
"#);
}

#[test]
fn a_terminal_shows_what_needs_what() {
    let project = project(
        "db postgres vol=data
         cache redis
         api api needs=db:h,cache:s
         web nginx :8080 needs=api:h,db:h",
    );
    let drawn = tree(&project, None);
    let (head, below) = drawn.split_once("\n├").unwrap();
    assert!(head.starts_with("lab: 4 services, 1 network, 1 volume\nweb  nginx"), "{head}");
    let expected = "\
─ api  api (healthy)
│  ├─ cache  redis (started)
│  │  └─ network default
│  ├─ db  postgres (healthy)
│  │  ├─ network default
│  │  └─ volume data
│  └─ network default
├─ db  postgres (healthy), as above
└─ network default
";
    assert_eq!(below, expected);
}
