//! Replacements.

use insta::assert_snapshot;

use super::lab::{Lab, anonymous, build, env, lab, mount, publish, seconds, with_images};
use super::world::Trouble;
use crate::model::{
    Attachment, Condition, Dependency, FailureAction, Hook, NetworkMode, Restart, StartHook, UpdateOrder, VolumesFrom,
};
use crate::plan::{Action, Plan};
use crate::state::RunState;

fn hook(command: &str) -> Hook {
    Hook { command: command.split(' ').map(str::to_owned).collect(), ..Hook::default() }
}

#[test]
fn a_changed_variable_replaces_the_container() {
    let old = lab().service("web", |web| env(web, "DEBUG", "1"));
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: "1" → "0"
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    "#);
}

#[test]
fn the_restart_policy_is_taken_from_the_old_one_before_it_stops_and_hooks_run_around() {
    let old = lab().service("web", |web| {
        web.tunable.restart = Restart::Always;
        web.update.monitor = seconds(5);
        web.hooks.pre_stop.push(hook("drain now"));
        web.hooks.post_start.push(hook("warm up"));
        web.hooks.pre_start.push(StartHook { hook: hook("migrate"), ..StartHook::default() });
    });
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: unset → "0"
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web)
    #2 hook lab-web-1 `drain now` after #1
    #3 update lab-web-1 restart=no after #2
    #4 stop lab-web-1 after #3
    #5 create lab-web-1.next.pre-1 on lab_default () after #4
    #6 start lab-web-1.next.pre-1 after #5
    #7 wait lab-web-1.next.pre-1 until completed (at most 600s) after #6
    #8 collect logs lab-web-1.next.pre-1 if #6 #7 failed
    #9 stop lab-web-1.next.pre-1 if #6 #7 failed after #8
    #10 remove lab-web-1.next.pre-1 if #6 #7 failed after #9
    #11 remove lab-web-1.next.pre-1 after #7
    #12 start lab-web-1.next after #11
    #13 hook lab-web-1.next `warm up` after #12
    #14 wait lab-web-1.next until ready (1s, at most 600s) after #13
    #15 pause 5s after #14
    #16 wait lab-web-1.next until ready (5s, at most 600s) after #15
    #17 collect logs lab-web-1.next if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed
    #18 stop lab-web-1.next if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed after #17
    #19 update lab-web-1 restart=always if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed after #18
    #20 start lab-web-1 if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed after #19
    #21 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed after #20
    #22 remove lab-web-1.next if #2 #3 #4 #5 #6 #7 #11 #12 #13 #14 #15 #16 failed after #21
    #23 remove lab-web-1 after #16
    #24 rename lab-web-1.next to lab-web-1 after #23
    "#);
}

#[test]
fn values_that_look_secret_are_not_shown() {
    let old = lab().service("web", |web| env(web, "DB_PASSWORD", "hunter2"));
    let new = old.clone().service("web", |web| {
        env(web, "DB_PASSWORD", "hunter3");
        env(web, "DB", "postgres://app:hunter3@db/app");
    });
    assert_snapshot!(new.text(&old.applied()).lines().nth(1).unwrap(), @r#"± service.web[1] lab-web-1: environment.DB: unset → "postgres://app:(sensitive)@db/app", environment.DB_PASSWORD: (sensitive) → (sensitive)"#);
}

#[test]
fn a_removed_key_is_seen() {
    let old = lab().service("web", |web| {
        env(web, "DEBUG", "1");
        web.fixed.user = Some("1000".into());
        web.fixed.cap_add.insert("NET_ADMIN".into());
    });
    let new = old.clone().service("web", |web| {
        web.fixed.environment.clear();
        web.fixed.user = None;
        web.fixed.cap_add.insert("SYS_TIME".into());
    });
    assert_snapshot!(new.text(&old.applied()).lines().nth(1).unwrap(), @r#"± service.web[1] lab-web-1: cap_add: ["NET_ADMIN"] → ["NET_ADMIN","SYS_TIME"], environment.DEBUG: "1" → unset, user: "1000" → unset"#);
}

#[test]
fn a_variable_taken_away_from_the_image_is_a_change() {
    let old = lab().service("web", |_| {});
    let mut world = old.applied();
    world.container("lab-web-1").environment.insert("LANG".into(), Some("C".into()));
    let new = old.service("web", |web| drop(web.fixed.environment.insert("LANG".into(), None)));
    assert_snapshot!(new.text(&world).lines().nth(1).unwrap(), @r#"± service.web[1] lab-web-1: environment.LANG: "C" → unset"#);
}

#[test]
fn another_image_under_the_tag() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.move_image("nginx");
    assert_snapshot!(lab.text(&world).lines().nth(1).unwrap(), @"± service.web[1] lab-web-1: image 97a269307815 → ea1928691c36");
}

#[test]
fn changed_build_inputs_build_and_replace() {
    let old = lab().service("web", |web| build(web, "lab-web")).digest("web", "one");
    let new = old.clone().digest("web", "two");
    assert_snapshot!(new.text(&old.applied()), @r"
    * image.lab-web lab-web: build inputs changed
    = network.default lab_default
    ? service.web[1] lab-web-1: build inputs changed
      hazard: web stops
    #1 build lab-web
    #2 create lab-web-1.next on lab_default (web) after #1
    #3 stop lab-web-1 after #2
    #4 start lab-web-1.next after #3
    #5 wait lab-web-1.next until ready (1s, at most 600s) after #4
    #6 collect logs lab-web-1.next if #3 #4 #5 failed
    #7 stop lab-web-1.next if #3 #4 #5 failed after #6
    #8 start lab-web-1 if #3 #4 #5 failed after #7
    #9 wait lab-web-1 until ready (1s, at most 600s) if #3 #4 #5 failed after #8
    #10 remove lab-web-1.next if #3 #4 #5 failed after #9
    #11 remove lab-web-1 after #5
    #12 rename lab-web-1.next to lab-web-1 after #11
    ");
}

#[test]
fn what_hangs_on_an_image_that_is_yet_to_be_built_is_left_for_later() {
    let old = lab()
        .service("app", |app| build(app, "lab-app"))
        .digest("app", "one")
        .needing("web", "app", Condition::ServiceStarted)
        .service("db", |_| {});
    let mut world = old.applied();
    world.observed.containers.retain(|it| it.name.as_str() == "lab-app-1");
    let plan = old.digest("app", "two").plan(&world);
    let part = plan.first_part().unwrap();
    assert_snapshot!(crate::plan::text(&part.plan), @r"
    * image.lab-app lab-app: build inputs changed
    = network.default lab_default
    + service.db[1] lab-db-1: missing
    #1 build lab-app
    #2 create lab-db-1 on lab_default (db)
    #3 start lab-db-1 after #2
    #4 wait lab-db-1 until ready (1s, at most 600s) after #3
    #5 collect logs lab-db-1 if #3 #4 failed
    ");
    let left: Vec<_> = part.left.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["service.app[1]", "service.web[1]"]);
    assert!(part.plan.first_part().is_none());
}

#[test]
fn what_borrows_from_a_service_is_perhaps_replaced_with_it() {
    let old = lab()
        .service("app", |app| build(app, "lab-app"))
        .digest("app", "one")
        .service("web", |web| web.fixed.network_mode = NetworkMode::Service("app".into()))
        .service("db", |_| {});
    let new = old.clone().digest("app", "two");
    let mut world = old.applied();
    let plan = new.plan(&world);
    let perhaps = |plan: &Plan| -> Vec<String> {
        let found = plan.changes.iter().filter(|change| change.action == Action::PerhapsReplace);
        found.map(|change| change.address.to_string()).collect()
    };
    assert_eq!(perhaps(&plan), ["service.app[1]", "service.web[1]"]);
    // Whoever agreed has agreed to both, and not to a third.
    let sure = lab().service("app", |app| build(app, "lab-app"));
    let sure = sure.service("web", |web| web.fixed.network_mode = NetworkMode::Service("app".into()));
    let sure = sure.service("db", |_| {}).digest("app", "two");
    let mut moved = world.clone();
    moved.move_image("lab-app");
    moved.observed.images.get_mut(&"lab-app".into()).unwrap().build_digest = Some("two".into());
    assert!(perhaps(&sure.plan(&moved)).is_empty());
    assert!(plan.foresees(&sure.plan(&moved)));
    let more = sure.service("db", |db| db.fixed.user = Some("1000".into()));
    assert!(!plan.foresees(&more.plan(&moved)));
    // The same files and configuration under another id are the same image.
    for image in [moved.observed.images[&"lab-app".into()].id.clone(), world.container("lab-app-1").image.clone()] {
        moved.observed.image_contents.insert(image, "content".into());
    }
    let sure = new.plan(&moved);
    assert!(sure.is_empty(), "{}", crate::plan::text(&sure));
}

#[test]
fn a_limit_that_is_taken_away_needs_a_replacement() {
    let old = lab().service("web", |web| {
        web.tunable.memory = Some(64 << 20);
        web.tunable.nano_cpus = Some(500_000_000);
    });
    let new = old.clone().service("web", |web| {
        web.tunable.memory = None;
        web.tunable.nano_cpus = None;
    });
    assert_snapshot!(new.text(&old.applied()).lines().nth(1).unwrap(), @"± service.web[1] lab-web-1: memory: 67108864 → unset, nano_cpus: 500000000 → unset");
}

#[test]
fn a_container_of_compose_is_adopted_with_its_volumes() {
    let lab = lab().service("web", |web| anonymous(web, "/cache"));
    let mut world = lab.applied();
    world.container("lab-web-1").record = None;
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    ± service.web[1] lab-web-1: adopted
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web) with v00000000002 at /cache
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    ");
}

#[test]
fn start_first_moves_the_names_when_the_gate_is_passed() {
    let old = lab().service("web", |web| {
        web.update.order = UpdateOrder::StartFirst;
        web.tunable.restart = Restart::Always;
    });
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: unset → "0"
    #1 create lab-web-1.next on lab_default ()
    #2 start lab-web-1.next after #1
    #3 wait lab-web-1.next until ready (1s, at most 600s) after #2
    #4 collect logs lab-web-1.next if #2 #3 failed
    #5 stop lab-web-1.next if #2 #3 failed after #4
    #6 remove lab-web-1.next if #2 #3 failed after #5
    #7 disconnect lab-web-1.next from lab_default after #3, settled #1 #2
    #8 connect lab-web-1.next to lab_default (web) after #7
    #9 disconnect lab-web-1 from lab_default after #8
    #10 connect lab-web-1 to lab_default () after #9
    #11 pause 1s after #10
    #12 update lab-web-1 restart=no after #11
    #13 stop lab-web-1 after #12
    #14 disconnect lab-web-1 from lab_default if #7 #8 #9 #10 #11 #12 #13 failed
    #15 connect lab-web-1 to lab_default (web) if #7 #8 #9 #10 #11 #12 #13 failed after #14
    #16 update lab-web-1 restart=always if #7 #8 #9 #10 #11 #12 #13 failed after #15
    #17 start lab-web-1 if #7 #8 #9 #10 #11 #12 #13 failed after #16
    #18 wait lab-web-1 until ready (1s, at most 600s) if #7 #8 #9 #10 #11 #12 #13 failed after #17
    #19 collect logs lab-web-1.next if #7 #8 #9 #10 #11 #12 #13 failed after #18
    #20 stop lab-web-1.next if #7 #8 #9 #10 #11 #12 #13 failed after #19
    #21 remove lab-web-1.next if #7 #8 #9 #10 #11 #12 #13 failed after #20
    #22 remove lab-web-1 after #13
    #23 rename lab-web-1.next to lab-web-1 after #22
    "#);
}

#[test]
fn nothing_else_touches_a_network_while_names_move() {
    let old = lab()
        .service("web", |web| web.update.order = UpdateOrder::StartFirst)
        .service("api", |api| api.update.order = UpdateOrder::StartFirst);
    let new = old
        .clone()
        .service("web", |web| env(web, "DEBUG", "0"))
        .service("api", |api| env(api, "DEBUG", "0"))
        .service("zoo", |_| {});
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| {
        let parts = ["create", "start", "connect", "disconnect"];
        parts.iter().any(|part| line.contains(&format!(" {part} "))) && !line.contains("if #")
    });
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r"
    #1 create lab-api-1.next on lab_default ()
    #2 start lab-api-1.next after #1
    #7 disconnect lab-api-1.next from lab_default after #3, settled #1 #2
    #8 connect lab-api-1.next to lab_default (api) after #7
    #9 disconnect lab-api-1 from lab_default after #8
    #10 connect lab-api-1 to lab_default () after #9
    #22 create lab-web-1.next on lab_default (), settled #7 #8 #9 #10 #13 #14
    #23 start lab-web-1.next after #22
    #28 disconnect lab-web-1.next from lab_default after #24, settled #7 #8 #9 #10 #13 #14 #22 #23
    #29 connect lab-web-1.next to lab_default (web) after #28
    #30 disconnect lab-web-1 from lab_default after #29
    #31 connect lab-web-1 to lab_default () after #30
    #43 create lab-zoo-1 on lab_default (zoo), settled #28 #29 #30 #31 #34 #35
    #44 start lab-zoo-1 after #43
    ");
}

#[test]
fn start_first_is_forbidden_where_two_cannot_run_at_once() {
    let old = lab()
        .service("port", |web| publish(web, "8080", 80))
        .service("range", |web| publish(web, "8000-8010", 80))
        .service("full", |web| publish(web, "8020-8020", 80))
        .service("data", |web| mount(web, "lab_data", "/data"))
        .service("cache", |web| anonymous(web, "/cache"))
        .service("owner", |_| {})
        .service("guest", |guest| {
            guest.fixed.network_mode = NetworkMode::Service("owner".into());
            guest.networks.clear();
        })
        .service("address", |web| {
            let fixed = Attachment { ipv4_address: Some("10.0.0.2".into()), ..Attachment::default() };
            web.networks.insert("default".into(), fixed);
        })
        .service("shared1", |web| mount(web, "lab_shared", "/data"))
        .service("shared2", |web| mount(web, "lab_shared", "/data"));
    let mut new = old.clone();
    for service in new.project.services.values_mut() {
        service.update.order = UpdateOrder::StartFirst;
        env(service, "DEBUG", "1");
    }
    let told = new.text(&old.applied());
    let told = told.lines().filter(|line| line.starts_with('±') || line.starts_with("  note"));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    ± service.address[1] lab-address-1: environment.DEBUG: unset → "1"
      note: stop-first: has a fixed address
    ± service.cache[1] lab-cache-1: environment.DEBUG: unset → "1"
      note: stop-first: has a volume of its own
    ± service.data[1] lab-data-1: environment.DEBUG: unset → "1"
      note: stop-first: is the only one that writes to volume lab_data
    ± service.full[1] lab-full-1: environment.DEBUG: unset → "1"
      note: stop-first: publishes one of the host ports 8020-8020, and none is free for another one
    ± service.guest[1] lab-guest-1: environment.DEBUG: unset → "1"
      note: stop-first: borrows from owner
    ± service.owner[1] lab-owner-1: environment.DEBUG: unset → "1"
      note: stop-first: guest borrows from it
    ± service.port[1] lab-port-1: environment.DEBUG: unset → "1"
      note: stop-first: publishes host port 8080
    ± service.range[1] lab-range-1: environment.DEBUG: unset → "1"
    ± service.shared1[1] lab-shared1-1: environment.DEBUG: unset → "1"
    ± service.shared2[1] lab-shared2-1: environment.DEBUG: unset → "1"
    "#);
}

#[test]
fn replicas_are_replaced_in_batches() {
    let old = lab().service("web", |web| {
        web.scale = 3;
        web.update.parallelism = 2;
        web.update.delay = seconds(10);
    });
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: unset → "0"
      hazard: web stops
    ± service.web[2] lab-web-2: environment.DEBUG: unset → "0"
      hazard: web stops
    ± service.web[3] lab-web-3: environment.DEBUG: unset → "0"
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #10 create lab-web-2.next on lab_default (web)
    #11 stop lab-web-2 after #10
    #12 start lab-web-2.next after #11
    #13 wait lab-web-2.next until ready (1s, at most 600s) after #12
    #19 pause 10s after #4 #13
    #20 create lab-web-3.next on lab_default (web) after #19
    #21 stop lab-web-3 after #20
    #22 start lab-web-3.next after #21
    #23 wait lab-web-3.next until ready (1s, at most 600s) after #22
    #29 pause 0ns after #4 #13 #23
    #42 remove lab-web-1 after #4 #29
    #43 rename lab-web-1.next to lab-web-1 after #42
    #44 remove lab-web-2 after #13 #29
    #45 rename lab-web-2.next to lab-web-2 after #44
    #46 remove lab-web-3 after #23 #29
    #47 rename lab-web-3.next to lab-web-3 after #46
    "#);
}

#[test]
fn a_share_of_failures_is_tolerated() {
    let old = lab().service("web", |web| {
        web.scale = 3;
        web.update.max_failure_ratio = 0.4;
    });
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    let text = new.text(&old.applied());
    assert_snapshot!(text.lines().filter(|line| line.contains(" pause ")).collect::<Vec<_>>().join("\n"), @r"
    #10 pause 0ns, settled #4
    #20 pause 0ns, at most 1 failed of #4 #14
    #30 pause 0ns, at most 1 failed of #4 #14 #24
    ");
}

#[test]
fn with_pause_the_new_one_stays_beside_the_old_one() {
    let old = lab().service("web", |web| web.update.failure_action = FailureAction::Pause);
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    let text = new.text(&old.applied());
    assert_snapshot!(text.lines().filter(|line| line.contains(" if ")).collect::<Vec<_>>().join("\n"), @r"
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    ");
}

#[test]
fn what_borrows_a_namespace_or_mounts_is_replaced_with_its_owner() {
    let needs = Dependency { condition: Condition::ServiceStarted, restart: false, required: true };
    let old = lab()
        .service("vpn", |_| {})
        .service("app", |app| {
            app.fixed.network_mode = NetworkMode::Service("vpn".into());
            app.networks.clear();
            app.depends_on.insert("vpn".into(), needs);
        })
        .service("backup", |backup| {
            backup.fixed.volumes_from.push(VolumesFrom::Service { service: "app".into(), read_only: true });
            backup.depends_on.insert("app".into(), needs);
        });
    let new = old.clone().service("vpn", |vpn| env(vpn, "DEBUG", "0"));
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.app[1] lab-app-1: with vpn
      hazard: app stops
    ± service.backup[1] lab-backup-1: with app
      hazard: backup stops
    ± service.vpn[1] lab-vpn-1: environment.DEBUG: unset → "0"
      hazard: vpn stops
    #1 create lab-vpn-1.next on lab_default (vpn)
    #2 stop lab-vpn-1 after #1
    #3 start lab-vpn-1.next after #2
    #4 wait lab-vpn-1.next until ready (1s, at most 600s) after #3
    #13 remove lab-vpn-1 after #4
    #14 rename lab-vpn-1.next to lab-vpn-1 after #13
    #15 create lab-app-1.next after #3 #4
    #16 stop lab-app-1 after #15
    #17 start lab-app-1.next after #16
    #18 wait lab-app-1.next until ready (1s, at most 600s) after #17
    #24 remove lab-app-1 after #18
    #25 rename lab-app-1.next to lab-app-1 after #24
    #26 create lab-backup-1.next on lab_default (backup) after #17 #18
    #27 stop lab-backup-1 after #26
    #28 start lab-backup-1.next after #27
    #29 wait lab-backup-1.next until ready (1s, at most 600s) after #28
    #35 remove lab-backup-1 after #29
    #36 rename lab-backup-1.next to lab-backup-1 after #35
    "#);
}

#[test]
fn a_dependent_restarts_with_what_it_needs_only_if_it_says_so() {
    let old = lab()
        .service("db", |_| {})
        .needing("plain", "db", Condition::ServiceStarted)
        .needing("tied", "db", Condition::ServiceHealthy)
        .service("tied", |tied| tied.depends_on.get_mut(&"db".into()).unwrap().restart = true);
    let new = old.clone().service("db", |db| env(db, "DEBUG", "0"));
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.db[1] lab-db-1: environment.DEBUG: unset → "0"
      hazard: db stops
    = service.plain[1] lab-plain-1
    ▸ service.tied[1] lab-tied-1: with db
      hazard: tied stops
    #1 create lab-db-1.next on lab_default (db)
    #2 stop lab-db-1 after #1
    #3 start lab-db-1.next after #2
    #4 wait lab-db-1.next until ready (1s, at most 600s) after #3
    #10 remove lab-db-1 after #4
    #11 rename lab-db-1.next to lab-db-1 after #10
    #12 wait lab-db-1 until healthy (at most 600s) after #4
    #13 stop lab-tied-1 after #12
    #14 start lab-tied-1 after #13
    #15 wait lab-tied-1 until ready (1s, at most 600s) after #14
    "#);
}

#[test]
fn the_user_asks() {
    let lab = lab().service("web", |_| {});
    let world = lab.applied();
    let lab = lab.options(|options| options.replace = ["web".into()].into());
    assert_snapshot!(lab.text(&world).lines().nth(1).unwrap(), @"± service.web[1] lab-web-1: asked for");
}

#[test]
fn a_port_is_taken_over_when_its_holder_has_stopped() {
    let old = lab().service("a", |_| {}).service("z", |z| publish(z, "8080", 80));
    let new = old.clone().without("z").service("z", |_| {}).service("a", |a| publish(a, "8080", 80));
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.a[1] lab-a-1: ports: unset → [{"target":80,"protocol":"tcp","published":"8080"}]
      hazard: a stops
    ± service.z[1] lab-z-1: ports: [{"target":80,"protocol":"tcp","published":"8080"}] → unset
      hazard: z stops
    #1 create lab-z-1.next on lab_default (z)
    #2 stop lab-z-1 after #1
    #3 start lab-z-1.next after #2
    #4 wait lab-z-1.next until ready (1s, at most 600s) after #3
    #10 remove lab-z-1 after #4
    #11 rename lab-z-1.next to lab-z-1 after #10
    #12 create lab-a-1.next on lab_default (a) after #10
    #13 stop lab-a-1 after #12
    #14 start lab-a-1.next after #13
    #15 wait lab-a-1.next until ready (1s, at most 600s) after #14
    #21 remove lab-a-1 after #15
    #22 rename lab-a-1.next to lab-a-1 after #21
    "#);
}

#[test]
fn a_port_that_somebody_keeps_is_told() {
    let old = lab().service("old", |old| publish(old, "8080", 80));
    let new = lab().service("web", |web| publish(web, "8080", 80));
    let told = new.text(&old.applied());
    assert_snapshot!(told.lines().take(6).collect::<Vec<_>>().join("\n"), @r"
    = network.default lab_default
    + service.web[1] lab-web-1: missing
      hazard: port 8080 is taken by lab-old-1
    ! stray.lab-old-1 lab-old-1: in no spec
      note: container of service old, running
    #1 create lab-web-1 on lab_default (web)
    ");
}

#[test]
fn contents_of_a_config_are_in_a_volume_named_by_what_they_are() {
    let old = lab().config("web", "/etc/web.conf", "a");
    let new = old.clone().config("web", "/etc/web.conf", "b");
    assert_snapshot!(old.text(&with_images(&["nginx"])), @r"
    + network.default lab_default: missing
    + service.web[1] lab-web-1: missing
    #1 create network lab_default
    #2 write files lab_dsenv_files_91e22a02115d67eb03b85cdb7dca7053 (1)
    #3 create lab-web-1 on lab_default (web) after #1 #2
    #4 start lab-web-1 after #3
    #5 wait lab-web-1 until ready (1s, at most 600s) after #4
    #6 collect logs lab-web-1 if #4 #5 failed
    ");
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: files./etc/web.conf.content: "1a46191c8c639eb8fee8243f1d55bff76e0c88257aa961d083256ac2b2537695" → "ae313d42d5c9cd058b6657b71d32f26eceb6a7cfbe694122cb28b72c3fd4e252"
      hazard: web stops
    #1 write files lab_dsenv_files_7f5213457fec44b3ac59ae563c047d75 (1)
    #2 create lab-web-1.next on lab_default (web) after #1
    #3 stop lab-web-1 after #2
    #4 start lab-web-1.next after #3
    #5 wait lab-web-1.next until ready (1s, at most 600s) after #4
    #11 remove lab-web-1 after #5
    #12 rename lab-web-1.next to lab-web-1 after #11
    #13 remove volume lab_dsenv_files_91e22a02115d67eb03b85cdb7dca7053 after #11
    "#);
}

#[test]
fn two_that_swap_ports_are_replaced_together() {
    let old = lab().service("a", |a| publish(a, "8080", 80)).service("b", |b| publish(b, "8081", 80));
    let new = lab().service("a", |a| publish(a, "8081", 80)).service("b", |b| publish(b, "8080", 80));
    let text = new.text(&old.applied());
    assert_snapshot!(text, @r#"
    = network.default lab_default
    ± service.a[1] lab-a-1: ports: [{"target":80,"protocol":"tcp","published":"8080"}] → [{"target":80,"protocol":"tcp","published":"8081"}]
      hazard: a stops
      note: stop-first: host ports change hands
    ± service.b[1] lab-b-1: ports: [{"target":80,"protocol":"tcp","published":"8081"}] → [{"target":80,"protocol":"tcp","published":"8080"}]
      hazard: b stops
      note: stop-first: host ports change hands
    #1 create lab-a-1.next on lab_default (a)
    #2 create lab-b-1.next on lab_default (b)
    #3 pause 0ns after #1 #2
    #4 stop lab-a-1 after #1 #3
    #5 stop lab-b-1 after #2 #3
    #6 start lab-a-1.next after #4 #5
    #7 wait lab-a-1.next until ready (1s, at most 600s) after #6
    #8 start lab-b-1.next after #4 #5
    #9 wait lab-b-1.next until ready (1s, at most 600s) after #8
    #10 pause 0ns after #7 #9
    #11 collect logs lab-a-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9
    #12 stop lab-a-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #11
    #13 collect logs lab-b-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #12
    #14 stop lab-b-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #13
    #15 start lab-a-1 if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #14
    #16 wait lab-a-1 until ready (1s, at most 600s) if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #15
    #17 remove lab-a-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #16
    #18 start lab-b-1 if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #17
    #19 wait lab-b-1 until ready (1s, at most 600s) if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #18
    #20 remove lab-b-1.next if #3 done and #10 not after #4 #5 #6 #7 #8 #9 #19
    #21 remove lab-a-1 after #7 #10
    #22 rename lab-a-1.next to lab-a-1 after #21
    #23 remove lab-b-1 after #9 #10
    #24 rename lab-b-1.next to lab-b-1 after #23
    "#);
    // Also where one needs the other, and where only the order is in the way.
    let needing = |lab: Lab| lab.needing("b", "a", Condition::ServiceHealthy);
    converges(&needing(old.clone()), &needing(new.clone()));
    converges(
        &needing(old.clone()),
        &needing(lab().service("a", |a| publish(a, "8081", 80)).service("b", |b| publish(b, "9090", 80))),
    );
}

#[test]
fn one_that_gives_a_port_up_and_joins_who_takes_it_is_made_in_its_turn() {
    let old = lab().service("a", |_| {}).service("b", |b| publish(b, "8080", 80));
    let new = old.clone().service("a", |a| {
        a.fixed.network_mode = NetworkMode::Service("b".into());
        a.networks.clear();
    });
    let mut world = old.applied();
    // The one is down, and the other has its port meanwhile.
    let ports = std::mem::take(&mut world.container("lab-b-1").ports);
    world.container("lab-b-1").state = RunState::Exited { code: 1, oom: false };
    world.container("lab-a-1").ports = ports;
    let text = new.needing("a", "b", Condition::ServiceStarted).text(&world);
    // Its own fields are the reason. What becomes of the other is no second one.
    assert_snapshot!(text.lines().filter(|line| !line.contains(" if ")).collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.a[1] lab-a-1: network_mode.service: unset → "b"
      hazard: a stops
      note: stop-first: host ports change hands
    ▸ service.b[1] lab-b-1: exited (1)
    #1 pause 0ns
    #2 stop lab-a-1 after #1
    #3 start lab-b-1 after #2
    #4 wait lab-b-1 until ready (1s, at most 600s) after #3
    #6 create lab-a-1.next after #2 #3
    #7 start lab-a-1.next after #2 #4 #6
    #8 wait lab-a-1.next until ready (1s, at most 600s) after #7
    #9 pause 0ns after #8
    #17 remove lab-a-1 after #8 #9
    #18 rename lab-a-1.next to lab-a-1 after #17
    "#);
}

/// Applies one on the other, and whichever step fails both are as before or the next apply mends it.
fn converges(old: &Lab, new: &Lab) {
    let start = old.applied();
    let plan = new.plan(&start);
    let mut world = start.clone();
    world.apply(&plan);
    assert!(new.plan(&world).is_empty(), "{}", new.text(&world));
    for name in ["lab-a-1.next", "lab-b-1.next"] {
        let failing =
            plan.nodes.iter().filter(|node| node.step.object() == name && matches!(node.step.verb(), "start" | "wait"));
        for node in failing.filter(|node| !node.when.is_back()) {
            let mut world = start.clone();
            world.run(&plan, &Trouble { failing: [node.id].into(), ..Trouble::default() });
            assert!(old.plan(&world).is_empty(), "{}\n{}", crate::plan::text(&plan), old.text(&world));
        }
    }
}

#[test]
fn what_lives_in_a_container_that_is_gone_is_replaced() {
    let lab = lab().service("vpn", |_| {}).service("app", |app| {
        app.fixed.network_mode = NetworkMode::Service("vpn".into());
        app.networks.clear();
    });
    let lab = lab.needing("app", "vpn", Condition::ServiceStarted);
    let mut world = lab.applied();
    // An apply replaced the owner and was killed before it came to the other.
    world.container("lab-vpn-1").id = crate::state::ContainerId("another".into());
    assert_snapshot!(lab.text(&world).lines().take(3).collect::<Vec<_>>().join("\n"), @r"
    = network.default lab_default
    ± service.app[1] lab-app-1: with vpn
      hazard: app stops
    ");
}
