//! Changes in place, states, and what is no change.

use std::time::Duration;

use insta::assert_snapshot;

use super::lab::{env, lab, mount, with_images};
use crate::model::{Attachment, Condition, Healthcheck, NetworkDefinition, Probe, Restart, Tunable};
use crate::plan::{Action, ContainerStep, Step, text};
use crate::rules::Dialect;
use crate::state::{Ended, Endpoint, Health, NetworkId, RunState};

fn exited(code: i64) -> RunState {
    RunState::Exited { code, oom: false }
}

#[test]
fn limits_and_the_restart_policy_change_in_place() {
    let old = lab().service("web", |web| {
        web.tunable.memory = Some(64 << 20);
        web.tunable.pids_limit = Some(100);
        web.tunable.restart = Restart::Always;
    });
    let new = old.clone().service("web", |web| {
        web.tunable.memory = Some(128 << 20);
        web.tunable.pids_limit = None;
        web.tunable.restart = Restart::OnFailure(3);
    });
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ~ service.web[1] lab-web-1: memory: 67108864 → 134217728, pids_limit: 100 → unset, restart: "always" → "on-failure:3"
    #1 update lab-web-1 memory=134217728 memory_swap=268435456 restart={"on-failure":3}
    "#);
}

#[test]
fn a_network_comes_and_another_goes() {
    let old = lab().service("web", |web| drop(web.networks.insert("back".into(), Attachment::default())));
    let new = lab().service("web", |web| drop(web.networks.insert("front".into(), Attachment::default())));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    + network.front lab_front: missing
    ~ service.web[1] lab-web-1: networks.front: unset → {"aliases":["web"]}, networks.back: {"aliases":["web"]} → unset
    ! stray.lab_back lab_back: in no spec
      note: network
    #1 create network lab_front
    #2 connect lab-web-1 to lab_front (web) after #1
    #3 disconnect lab-web-1 from lab_back after #2
    "#);
}

#[test]
fn an_alias_moves_by_disconnect_and_connect() {
    let old = lab().service("web", |_| {});
    let new = old.clone().service("web", |web| {
        let attachment = Attachment { aliases: ["www".to_owned()].into(), ..Attachment::default() };
        web.networks.insert("default".into(), attachment);
    });
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ~ service.web[1] lab-web-1: networks.default.aliases: ["web"] → ["web","www"]
    #1 disconnect lab-web-1 from lab_default
    #2 connect lab-web-1 to lab_default (web, www) after #1
    "#);
}

#[test]
fn addresses_that_the_engine_chose_are_no_difference() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    for endpoint in world.container("lab-web-1").endpoints.values_mut() {
        endpoint.attachment.ipv4_address = Some("172.18.0.2".into());
        endpoint.attachment.mac_address = Some("02:42:ac:12:00:02".into());
    }
    assert!(lab.plan(&world).is_empty());
}

#[test]
fn a_host_name_that_the_engine_lets_resolve_is_no_difference() {
    let lab = lab().service("web", |web| web.fixed.hostname = Some("box".into()));
    let mut world = lab.applied();
    let endpoint = world.container("lab-web-1").endpoints.values_mut().next().unwrap();
    endpoint.attachment.aliases.insert("box".into());
    assert!(lab.plan(&world).is_empty(), "{}", lab.text(&world));
}

#[test]
fn another_name_is_given_in_place() {
    let old = lab().service("web", |_| {});
    let new = old.clone().service("web", |web| web.container_name = Some("frontend".into()));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ~ service.web[1] frontend: container_name: "lab-web-1" → "frontend"
    #1 rename lab-web-1 to frontend
    "#);
}

#[test]
fn names_are_handed_over() {
    let old = lab().service("a", |_| {}).service("z", |z| z.container_name = Some("frontend".into()));
    let new = old
        .clone()
        .service("z", |z| z.container_name = None)
        .service("a", |a| a.container_name = Some("frontend".into()));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ~ service.a[1] frontend: container_name: "lab-a-1" → "frontend"
    ~ service.z[1] lab-z-1: container_name: "frontend" → "lab-z-1"
    #1 rename frontend to lab-z-1
    #2 rename lab-a-1 to frontend after #1
    "#);
}

#[test]
fn a_name_that_somebody_keeps_is_an_error() {
    let old = lab().service("old", |old| old.container_name = Some("frontend".into()));
    let new = lab().service("web", |web| web.container_name = Some("frontend".into()));
    assert_snapshot!(new.text(&old.applied()).lines().next().unwrap(), @"error DS0811: service web: container name frontend is taken by a container of service old");
}

#[test]
fn what_a_hand_stopped_starts_again() {
    let lab = lab().service("web", |web| web.tunable.restart = Restart::Always);
    let mut world = lab.applied();
    world.container("lab-web-1").state = exited(0);
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    ▸ service.web[1] lab-web-1: exited (0)
    #1 start lab-web-1
    #2 wait lab-web-1 until ready (1s, at most 600s) after #1
    #3 collect logs lab-web-1 if #1 #2 failed
    ");
}

#[test]
fn what_ended_well_before_its_gate_and_is_not_to_restart_is_finished() {
    let base = lab().service("web", |web| web.gate.settle = Duration::from_secs(1));
    let mut world = base.applied();
    let mut ended = |code, millis| {
        let web = world.container("lab-web-1");
        web.state = exited(code);
        web.ended = Some(Ended { after: Duration::from_millis(millis), healthy: false });
        base.text(&world).lines().skip(1).take(2).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(ended(0, 900), @r"
    = service.web[1] lab-web-1
    no steps
    ");
    assert_snapshot!(ended(1, 900), @r"
    ▸ service.web[1] lab-web-1: exited (1)
    #1 start lab-web-1
    ");
    // It had passed: a hand stopped it, or the machine went down.
    assert_snapshot!(ended(0, 5000), @r"
    ▸ service.web[1] lab-web-1: exited (0)
      note: one that is done when it ends says `x-dsenv.job: true`
    ");
}

#[test]
fn what_was_healthy_and_ended_well_starts_again() {
    let probe = Probe { test: vec!["CMD".into(), "true".into()], ..Probe::default() };
    let lab = lab().service("web", |web| web.fixed.healthcheck = Some(Healthcheck::Probe(probe)));
    let mut world = lab.applied();
    let mut ended = |healthy| {
        let web = world.container("lab-web-1");
        web.state = exited(0);
        web.ended = Some(Ended { after: Duration::from_secs(9), healthy });
        lab.plan(&world).is_empty()
    };
    assert_eq!((ended(false), ended(true)), (true, false));
}

#[test]
fn what_is_frozen_thaws() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.container("lab-web-1").state = RunState::Paused;
    assert_snapshot!(lab.text(&world), @"
    = network.default lab_default
    ▸ service.web[1] lab-web-1: paused
      note: changed by hand: paused
    #1 unpause lab-web-1
    #2 wait lab-web-1 until ready (1s, at most 600s) after #1
    #3 collect logs lab-web-1 if #1 #2 failed
    ");
}

#[test]
fn what_crashes_again_and_again_is_tried_again() {
    let lab = lab().service("web", |web| web.tunable.restart = Restart::Always);
    let mut world = lab.applied();
    world.container("lab-web-1").state = RunState::Restarting;
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    ▸ service.web[1] lab-web-1: restarting
    #1 stop lab-web-1
    #2 start lab-web-1 after #1
    #3 wait lab-web-1 until ready (1s, at most 600s) after #2
    #4 collect logs lab-web-1 if #1 #2 #3 failed
    ");
}

#[test]
fn what_is_unhealthy_is_told_and_left() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.container("lab-web-1").health = Some(Health::Unhealthy { output: "refused\n".into() });
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
      note: unhealthy: refused
    no steps
    ");
}

#[test]
fn what_was_removed_is_made_again() {
    let lab = lab().service("web", |web| mount(web, "lab_data", "/data"));
    let mut world = lab.applied();
    world.lose("lab-web-1");
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = volume.data lab_data
    + service.web[1] lab-web-1: missing
    #1 create lab-web-1 on lab_default (web)
    #2 start lab-web-1 after #1
    #3 wait lab-web-1 until ready (1s, at most 600s) after #2
    #4 collect logs lab-web-1 if #2 #3 failed
    ");
}

#[test]
fn a_dead_container_is_replaced() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.container("lab-web-1").state = RunState::Dead;
    let text = lab.text(&world);
    assert_snapshot!(text.lines().filter(|line| !line.contains(" if ")).collect::<Vec<_>>().join("\n"), @r"
    = network.default lab_default
    ± service.web[1] lab-web-1: dead
    #1 create lab-web-1.next on lab_default (web)
    #2 start lab-web-1.next after #1
    #3 wait lab-web-1.next until ready (1s, at most 600s) after #2
    #7 remove lab-web-1 after #3
    #8 rename lab-web-1.next to lab-web-1 after #7
    ");
}

#[test]
fn a_network_that_a_hand_joined_is_left() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let endpoint = Endpoint { network: "bridge".into(), attachment: Attachment::default(), addresses: vec![] };
    world.container("lab-web-1").endpoints.insert(NetworkId("b".into()), endpoint);
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    ~ service.web[1] lab-web-1: networks.bridge: {} → unset
    #1 disconnect lab-web-1 from bridge
    ");
}

#[test]
fn a_stopped_container_whose_network_is_gone_is_replaced() {
    let lab = lab().service("web", |web| web.tunable.restart = Restart::Always);
    let mut world = lab.applied();
    world.container("lab-web-1").state = exited(0);
    world.observed.networks.clear();
    let text = lab.text(&world);
    assert_snapshot!(text.lines().filter(|line| !line.contains(" if ")).collect::<Vec<_>>().join("\n"), @r#"
    + network.default lab_default: missing
    ± service.web[1] lab-web-1: networks.lab_default: "n00000000001" → unset; exited (0)
    #1 create network lab_default
    #2 create lab-web-1.next on lab_default (web) after #1
    #3 update lab-web-1 restart=no after #2
    #4 start lab-web-1.next after #3
    #5 wait lab-web-1.next until ready (1s, at most 600s) after #4
    #10 remove lab-web-1 after #5
    #11 rename lab-web-1.next to lab-web-1 after #10
    "#);
}

#[test]
fn what_a_hand_changed_is_told_from_what_the_file_changed() {
    let old = lab().service("web", |web| web.tunable.pids_limit = Some(100)).service("api", |_| {});
    let mut world = old.applied();
    world.record(&old.project);
    let new = old.service("api", |api| api.tunable.pids_limit = Some(50));
    world.container("lab-web-1").tunable.pids_limit = Some(7);
    world.container("lab-web-1").name = "mine".into();
    world.container("lab-api-1").endpoints.clear();
    let text = new.text(&world);
    assert_snapshot!(text.lines().filter(|line| line.starts_with('~')).collect::<Vec<_>>().join("\n"), @r#"
    ~ service.api[1] lab-api-1: pids_limit: unset → 50, networks.default: unset → {"aliases":["api"]} (changed by hand)
    ~ service.web[1] lab-web-1: pids_limit: 7 → 100 (changed by hand), container_name: "mine" → "lab-web-1" (changed by hand)
    "#);
}

#[test]
fn what_is_to_be_left_alone_is_left_alone() {
    let lab = lab().service("web", |web| {
        env(web, "DEBUG", "1");
        let ignored = ["memory", "environment.DEBUG", "networks", "container_name"];
        web.ignore_changes = ignored.map(str::to_owned).into();
    });
    let mut world = lab.applied();
    let web = world.container("lab-web-1");
    web.tunable.memory = Some(1 << 30);
    web.tunable.memory_swap = Some(-1);
    web.environment.insert("DEBUG".into(), Some("2".into()));
    web.endpoints.clear();
    web.name = "mine".into();
    assert!(lab.plan(&world).is_empty(), "{}", lab.text(&world));
    // What is changed beside it does not touch it either.
    let other = lab.service("web", |web| web.tunable.pids_limit = Some(50));
    let plan = other.plan(&world);
    let Step::Container(ContainerStep::Update { tunable, .. }) = &plan.nodes[0].step else {
        panic!("{}", other.text(&world))
    };
    assert_eq!((tunable.memory, tunable.memory_swap, tunable.pids_limit), (Some(1 << 30), Some(-1), Some(50)));
}

#[test]
fn edits_that_change_nothing_are_no_change() {
    let old = lab().service("web", |web| {
        web.fixed.cap_add = ["NET_ADMIN", "SYS_TIME"].map(str::to_owned).into();
    });
    let new = old.clone().service("web", |web| {
        web.fixed.cap_add = ["SYS_TIME", "NET_ADMIN"].map(str::to_owned).into();
        web.hooks.post_start.push(Default::default());
        web.urls.push("http://localhost".into());
        web.gate.settle = std::time::Duration::from_secs(5);
        web.update.parallelism = 2;
    });
    assert!(new.plan(&old.applied()).is_empty());
}

#[test]
fn a_job_that_was_done_is_done() {
    let lab = lab().service("load", |load| load.job = true);
    let lab = lab.needing("web", "load", Condition::ServiceCompletedSuccessfully);
    let mut world = lab.applied();
    assert_eq!(world.container("lab-load-1").state, exited(0));
    assert!(lab.plan(&world).is_empty());
    let rerun = lab.clone().options(|options| options.rerun = ["load".into()].into());
    assert_snapshot!(rerun.text(&world), @r"
    = network.default lab_default
    ▸ service.load[1] lab-load-1: asked for
    = service.web[1] lab-web-1
    #1 start lab-load-1
    #2 wait lab-load-1 until completed (at most 600s) after #1
    #3 collect logs lab-load-1 if #1 #2 failed
    ");
    world.container("lab-load-1").state = exited(3);
    assert_snapshot!(lab.text(&world).lines().nth(1).unwrap(), @"▸ service.load[1] lab-load-1: exited (3)");
}

#[test]
fn a_dependent_waits_for_what_runs_but_is_not_healthy_yet() {
    let lab = lab().service("db", |_| {});
    let mut world = lab.applied();
    world.container("lab-db-1").health = Some(Health::Starting);
    let lab = lab.needing("web", "db", Condition::ServiceHealthy);
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = service.db[1] lab-db-1
    + service.web[1] lab-web-1: missing
    #1 wait lab-db-1 until healthy (at most 600s)
    #2 create lab-web-1 on lab_default (web)
    #3 start lab-web-1 after #1 #2
    #4 wait lab-web-1 until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1 if #3 #4 failed
    ");
}

#[test]
fn an_optional_dependency_may_fail() {
    let lab = lab().service("db", |_| {}).needing("web", "db", Condition::ServiceStarted);
    let lab = lab.service("web", |web| web.depends_on.get_mut(&"db".into()).unwrap().required = false);
    let text = lab.text(&with_images(&["nginx"]));
    assert_snapshot!(text.lines().filter(|line| line.contains("start lab-web")).collect::<Vec<_>>().join("\n"), @"#7 start lab-web-1 after #6, settled #4");
}

#[test]
fn a_network_label_that_changes_leaves_names_that_resolve() {
    let old = lab().service("web", |_| {});
    let new = old.clone().network("default", |network: &mut NetworkDefinition| {
        network.labels.insert("team".into(), "blue".into());
    });
    assert_snapshot!(new.text(&old.applied()), @r#"
    ± network.default lab_default: labels.team: unset → "blue"
      hazard: web stops
    = service.web[1] lab-web-1
    #1 disconnect lab-web-1 from lab_default
    #2 remove network lab_default after #1
    #3 connect lab-web-1 to lab_default (web) if #1 #2 failed
    #4 create network lab_default after #2
    #5 create network lab_default if #4 failed
    #6 connect lab-web-1 to lab_default (web) if #4 failed after #5
    #7 connect lab-web-1 to lab_default (web) after #4
    "#);
}

#[test]
fn on_podman_what_it_fills_in_is_no_change_and_a_limit_is_changed_by_a_replacement() {
    let mut old = lab().service("web", |web| {
        web.tunable.nano_cpus = Some(500_000_000);
        web.tunable.restart = Restart::Always;
        web.networks.entry("default".into()).or_default().ipv4_address = Some("10.9.0.7".into());
    });
    old.rules.dialect = Dialect::Podman;
    let mut world = old.applied();
    let web = &mut world.observed.containers[0];
    web.tunable =
        Tunable { pids_limit: Some(2048), cpu_period: Some(100_000), cpu_quota: Some(50_000), ..web.tunable.clone() };
    let endpoint = web.endpoints.values_mut().next().unwrap();
    endpoint.attachment.ipv4_address = None;
    endpoint.addresses = vec!["10.9.0.7".into()];
    assert!(old.plan(&world).is_empty(), "{}", old.text(&world));

    let plan = old.service("web", |web| web.tunable.memory = Some(64 << 20)).plan(&world);
    let told: Vec<_> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(told, [Action::Keep, Action::Replace]);
    assert!(
        !plan.nodes.iter().any(|node| matches!(node.step, Step::Container(ContainerStep::Update { .. }))),
        "{}",
        text(&plan)
    );
}
