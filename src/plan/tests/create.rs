//! From nothing, and nothing to do.

use insta::assert_snapshot;

use super::lab::{Lab, build, lab, mount, with_images};
use super::world::World;
use crate::model::{Build, Condition, Dependency, Healthcheck, ImageSource, Probe, Service};
use crate::plan::{Frame, ImageStep, Step, json};
use crate::rules::{Builder, Shape};
use crate::state::{Health, RunState};

#[test]
fn a_service_from_nothing() {
    let lab = lab().service("web", |web| mount(web, "lab_data", "/data"));
    assert_snapshot!(lab.text(&World::default()), @r"
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    + volume.data lab_data: missing
    + service.web[1] lab-web-1: missing
    #1 create volume lab_data
    #2 create network lab_default
    #3 pull nginx
    #4 create volume lab_dsenv_key
    #5 create lab-web-1 on lab_default (web) after #1 #2 #3 #4
    #6 start lab-web-1 after #5
    #7 wait lab-web-1 until ready (1s, at most 600s) after #6
    #8 collect logs lab-web-1 if #6 #7 failed
    ");
}

#[test]
fn a_dependent_starts_when_the_gate_of_what_it_needs_is_passed() {
    let lab = lab().service("db", |_| {}).needing("web", "db", Condition::ServiceStarted);
    assert_snapshot!(lab.text(&with_images(&["nginx"])), @r"
    + network.default lab_default: missing
    + service.db[1] lab-db-1: missing
    + service.web[1] lab-web-1: missing
    #1 create network lab_default
    #2 create lab-db-1 on lab_default (db) after #1
    #3 start lab-db-1 after #2
    #4 wait lab-db-1 until ready (1s, at most 600s) after #3
    #5 collect logs lab-db-1 if #3 #4 failed
    #6 create lab-web-1 on lab_default (web) after #1
    #7 start lab-web-1 after #4 #6
    #8 wait lab-web-1 until ready (1s, at most 600s) after #7
    #9 collect logs lab-web-1 if #7 #8 failed
    ");
}

#[test]
fn the_gate_of_what_nobody_needs_is_optional() {
    let optional = |lab: Lab| {
        lab.service("web", |web| {
            let condition = Condition::ServiceHealthy;
            web.depends_on.insert("db".into(), Dependency { condition, restart: false, required: false });
        })
    };
    let lab = optional(lab().service("db", |db| db.fixed.healthcheck = Some(Healthcheck::Probe(Probe::default()))));
    let gates = |lab: &Lab, world: &World| {
        let text = lab.text(world);
        text.lines().filter(|line| line.contains("wait") || line.contains("start")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(gates(&lab, &with_images(&["nginx"])), @r"
    #3 start lab-db-1 after #2
    #4 wait lab-db-1 until ready (1s, at most 600s) after #3, optional
    #7 start lab-web-1 after #6, settled #4
    #8 wait lab-web-1 until ready (1s, at most 600s) after #7
    ");
    // It runs and is not healthy yet.
    let mut world = lab.applied();
    world.container("lab-db-1").health = Some(Health::Starting);
    world.container("lab-web-1").state = RunState::Created;
    assert_snapshot!(gates(&lab, &world), @r"
    #1 wait lab-db-1 until healthy (at most 600s), optional
    #2 start lab-web-1, settled #1
    #3 wait lab-web-1 until ready (1s, at most 600s) after #2
    ");
    let needed = lab.needing("other", "db", Condition::ServiceStarted);
    assert!(!needed.text(&with_images(&["nginx"])).contains("optional"));
}

#[test]
fn what_was_applied_is_no_change() {
    let lab = lab().service("db", |db| mount(db, "lab_data", "/data")).needing("web", "db", Condition::ServiceHealthy);
    assert_snapshot!(lab.text(&lab.applied()), @r"
    = network.default lab_default
    = volume.data lab_data
    = service.db[1] lab-db-1
    = service.web[1] lab-web-1
    no steps
    ");
}

#[test]
fn as_json() {
    let old = lab().service("web", |web| super::lab::env(web, "DB_PASSWORD", "hunter2"));
    let mut world = old.applied();
    world.record(&old.project);
    world.container("lab-web-1").tunable.pids_limit = Some(7);
    let new = old.clone().service("web", |web| super::lab::env(web, "DB_PASSWORD", "hunter3"));
    let plan = new.plan(&world);
    let frame = Frame {
        drift: new.drift(&world).unwrap(),
        ..Frame::bare("Docker Engine 20.10.24", jiff::Timestamp::UNIX_EPOCH)
    };
    let mut value = json(&plan, &frame);
    let steps = value["steps"].as_array_mut().unwrap();
    steps.truncate(2);
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "format_version": "1.0",
      "dsenv_version": "0.1.0",
      "env": "lab",
      "target": "Docker Engine 20.10.24",
      "timestamp": "1970-01-01T00:00:00Z",
      "spec_hash": null,
      "observed": [],
      "resource_drift": [
        {
          "address": "service.web[1]",
          "kind": "container",
          "name": "lab-web-1",
          "fields": [
            {
              "path": "pids_limit",
              "key": "pids_limit",
              "recorded": null,
              "file": null,
              "live": 7,
              "place": null
            }
          ]
        }
      ],
      "resource_changes": [
        {
          "address": "network.default",
          "kind": "network",
          "name": "lab_default",
          "previous_address": null,
          "change": {
            "actions": [
              "no-op"
            ],
            "before": {},
            "after": {},
            "after_unknown": [],
            "before_sensitive": [],
            "after_sensitive": [],
            "replace_paths": [],
            "contents": []
          },
          "action": "keep",
          "reason": [],
          "impact": {
            "downtime_s": 0.0,
            "stops": [],
            "data_loss": [],
            "bytes_pull": 0,
            "ports": {
              "opened": [],
              "closed": []
            },
            "ports_taken": [],
            "in_use_by": []
          },
          "notes": [],
          "place": null,
          "depends_on": []
        },
        {
          "address": "service.web[1]",
          "kind": "container",
          "name": "lab-web-1",
          "previous_address": null,
          "change": {
            "actions": [
              "delete",
              "create"
            ],
            "before": {
              "environment.DB_PASSWORD": "(sensitive)",
              "pids_limit": 7
            },
            "after": {
              "environment.DB_PASSWORD": "(sensitive)"
            },
            "after_unknown": [],
            "before_sensitive": [
              "environment.DB_PASSWORD"
            ],
            "after_sensitive": [
              "environment.DB_PASSWORD"
            ],
            "replace_paths": [
              "environment.DB_PASSWORD"
            ],
            "contents": []
          },
          "action": "replace",
          "reason": [
            {
              "kind": "changed",
              "fields": [
                {
                  "path": "environment.DB_PASSWORD",
                  "key": "environment.DB_PASSWORD",
                  "place": null,
                  "drift": false
                },
                {
                  "path": "pids_limit",
                  "key": "pids_limit",
                  "place": null,
                  "drift": true
                }
              ]
            }
          ],
          "impact": {
            "downtime_s": 2.2,
            "stops": [
              "web"
            ],
            "data_loss": [],
            "bytes_pull": 0,
            "ports": {
              "opened": [],
              "closed": []
            },
            "ports_taken": [],
            "in_use_by": []
          },
          "notes": [],
          "place": null,
          "depends_on": []
        }
      ],
      "steps": [
        {
          "id": 1,
          "step": "create",
          "object": "lab-web-1.next",
          "part_of": "service.web[1]",
          "after": [],
          "when": "done"
        },
        {
          "id": 2,
          "step": "stop",
          "object": "lab-web-1",
          "part_of": "service.web[1]",
          "after": [
            1
          ],
          "when": "done"
        }
      ],
      "summary": {
        "add": 0,
        "change": 0,
        "replace": 1,
        "perhaps_replace": 0,
        "start": 0,
        "remove": 0,
        "forget": 0,
        "pull": 0,
        "build": 0
      },
      "diagnostics": [],
      "errored": false
    }
    "#);
}

#[test]
fn an_image_is_built_after_those_that_it_takes_from_and_with_their_names() {
    let from = |context: &str| {
        let contexts = [("shared".to_owned(), context.to_owned())];
        move |service: &mut Service| {
            build(service, "lab-app");
            let ImageSource::Build(build, _) = &mut service.source else { unreachable!() };
            build.additional_contexts = contexts.into();
        }
    };
    let lab = lab().service("app", from("service:base")).service("base", |base| build(base, "lab-base"));
    let lab = lab.digest("app", "a1").digest("base", "b1");
    let plan = lab.plan(&World::default());
    let steps: Vec<_> =
        plan.nodes.iter().filter(|node| matches!(node.step, Step::Image(ImageStep::Build { .. }))).collect();
    let [base, app] = steps[..] else { panic!("{steps:?}") };
    assert_eq!(base.step.object(), "lab-base");
    assert!(app.after.contains(&base.id), "{app:?}");
    let Step::Image(ImageStep::Build { build, .. }) = &app.step else { unreachable!() };
    assert_eq!(build.additional_contexts["shared"], "docker-image://lab-base");
    // Both are there, and only what the first is made of has changed.
    let lab = lab.digest("app", "a2").digest("base", "b2");
    let mut world = World::default();
    world.apply(&plan);
    let plan = lab.plan(&world);
    let steps: Vec<_> =
        plan.nodes.iter().filter(|node| matches!(node.step, Step::Image(ImageStep::Build { .. }))).collect();
    let [base, app] = steps[..] else { panic!("{steps:?}") };
    assert_eq!(base.step.object(), "lab-base");
    assert!(app.after.contains(&base.id), "{app:?}");
}

#[test]
fn what_no_builder_of_the_engine_does_is_told_where_it_stands() {
    let mut lab = lab().service("app", |app| {
        let ssh = Build { context: "/src".into(), ssh: ["default".to_owned()].into(), ..Build::default() };
        build(app, "lab-app");
        app.source = ImageSource::Build(Box::new(ssh), crate::model::PullPolicy::Missing);
    });
    assert!(lab.plan(&World::default()).diagnostics.is_empty());
    lab.rules.builder = Builder::Classic;
    let told = lab.plan(&World::default()).diagnostics;
    assert_snapshot!(told[0].message, @"service app: `build.ssh` needs BuildKit, and the builder at hand is the classic one of Docker Engine 20.10.24");
    // An image that is there is taken as it is.
    let there = lab.digest("app", "a1");
    assert!(there.plan(&with_images(&["lab-app"])).diagnostics.is_empty());
}

#[test]
fn an_engine_of_whole_objects_is_refused() {
    let mut lab = lab().service("web", |_| {});
    lab.rules.shape = Shape::Objects;
    assert_snapshot!(lab.text(&World::default()), @r"
    error DS0820: Docker Engine 20.10.24 takes whole objects, and only engines of containers are planned for
    no steps
    ");
}
