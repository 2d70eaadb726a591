//! After a death at any step, and after the failure of any step, the next apply converges, nothing temporary is left,
//! and no volume of the user is lost.

use std::collections::BTreeSet;

use super::lab::{Lab, anonymous, env, lab, mount, publish};
use super::world::{Fate, Trouble, World};
use crate::model::{Condition, Hook, Restart, StartHook, UpdateOrder};
use crate::plan::{Plan, text};

/// Applies `new` on what `old` left, with something going wrong at every step in turn, in several orders.
fn survives(old: &Lab, new: &Lab) {
    survives_on(&old.applied(), new);
}

/// Applies a lab on a world, with something going wrong at every step in turn, in several orders.
pub fn survives_on(start: &World, new: &Lab) {
    let plan = new.plan(start);
    assert!(!plan.nodes.is_empty());
    for seed in 0..2 {
        for died in 0..plan.nodes.len() {
            let trouble = Trouble { dies_after: Some(died), seed, ..Trouble::default() };
            goes_wrong(new, start, &plan, &trouble);
        }
        for node in plan.nodes.iter().filter(|node| !node.when.is_back()) {
            let trouble = Trouble { failing: BTreeSet::from([node.id]), dies_after: None, seed };
            goes_wrong(new, start, &plan, &trouble);
        }
    }
    // On its way back it may die, too.
    for node in plan.nodes.iter().filter(|node| !node.when.is_back()) {
        for died in (node.id.0..plan.nodes.len()).take(9) {
            let trouble = Trouble { failing: BTreeSet::from([node.id]), dies_after: Some(died), seed: 0 };
            goes_wrong(new, start, &plan, &trouble);
        }
    }
}

fn goes_wrong(lab: &Lab, start: &World, plan: &Plan, trouble: &Trouble) {
    let mut world = start.clone();
    world.run(plan, trouble);
    // The next dsenv knows nothing of what this one has called.
    world.observed.called.clear();
    let seed = trouble.dies_after.unwrap_or(1) as u64 % 2;
    converges(lab, world, start, seed, &|| format!("{trouble:?} in\n{}", text(plan)));
}

pub fn converges(lab: &Lab, mut world: World, start: &World, seed: u64, how: &dyn Fn() -> String) {
    let plan = lab.plan(&world);
    let how = || format!("{}\nthen, {seed}\n{}", how(), text(&plan));
    assert!(plan.diagnostics.is_empty(), "{}", how());
    let fates = world.run(&plan, &Trouble { seed, ..Trouble::default() });
    let failed: Vec<_> = plan.nodes.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Failed).collect();
    assert!(failed.is_empty(), "{}\n{failed:?}", how());
    let again = lab.plan(&world);
    assert!(again.is_empty(), "{}\nand still\n{}", how(), text(&again));
    assert!(!world.names().iter().any(|name| name.contains('.')), "{}\n{:?}", how(), world.names());
    for volume in &start.observed.volumes {
        assert!(world.observed.volumes.contains(volume), "{}\nlost {}", how(), volume.name);
    }
    for container in &world.observed.containers {
        let job = lab.project.services.get(&container.service).is_some_and(|service| service.job);
        assert!(job || container.state.is_up(), "{}\n{} does not run", how(), container.name);
        for endpoint in container.endpoints.values() {
            let named = endpoint.attachment.aliases.contains(container.service.as_str());
            assert!(named, "{}\n{} has no name on {}", how(), container.name, endpoint.network);
        }
    }
}

fn base() -> Lab {
    lab()
        .service("db", |db| {
            mount(db, "lab_data", "/data");
            anonymous(db, "/cache");
            db.tunable.restart = Restart::Always;
            publish(db, "5432", 5432);
        })
        .needing("web", "db", Condition::ServiceHealthy)
        .service("web", |web| {
            env(web, "DEBUG", "1");
            web.tunable.restart = Restart::UnlessStopped;
        })
        .config("web", "/etc/web.conf", "a")
}

#[test]
fn from_nothing() {
    survives(&lab(), &base());
}

#[test]
fn stop_first_with_a_port_and_a_volume() {
    survives(&base(), &base().service("db", |db| env(db, "X", "1")));
}

#[test]
fn start_first() {
    let base = base().service("web", |web| web.update.order = UpdateOrder::StartFirst);
    survives(&base, &base.clone().service("web", |web| env(web, "DEBUG", "0")));
}

#[test]
fn start_first_with_replicas() {
    let base = base().service("web", |web| {
        web.update.order = UpdateOrder::StartFirst;
        web.scale = 2;
    });
    survives(&base, &base.clone().service("web", |web| env(web, "DEBUG", "0")));
}

#[test]
fn both_of_a_pair() {
    let new = base().service("db", |db| env(db, "X", "1")).service("web", |web| env(web, "DEBUG", "0"));
    survives(&base(), &new);
}

#[test]
fn a_config_and_a_limit() {
    let new = base().config("web", "/etc/web.conf", "b").service("db", |db| db.tunable.memory = Some(64 << 20));
    survives(&base(), &new);
}

#[test]
fn a_network_made_anew() {
    survives(&base(), &base().network("default", |network| network.internal = true));
}

#[test]
fn a_network_made_anew_that_a_container_leaves() {
    let on = |key: &'static str| {
        lab().service("db", |db| drop(db.networks.insert("front".into(), Default::default()))).service(
            "web",
            move |web| {
                web.networks = [(key.into(), Default::default())].into();
            },
        )
    };
    survives(&on("front"), &on("default").network("front", |network| network.internal = true));
}

#[test]
fn a_network_made_anew_under_a_start_first_replacement() {
    let base = base().service("web", |web| web.update.order = UpdateOrder::StartFirst);
    let new = base.clone().service("web", |web| env(web, "DEBUG", "0"));
    survives(&base, &new.network("default", |network| network.internal = true));
}

#[test]
fn fewer_and_more_replicas() {
    let three = base().service("web", |web| web.scale = 3);
    survives(&three, &base());
    survives(&base(), &three);
}

#[test]
fn a_new_container_name() {
    survives(&base(), &base().service("web", |web| web.container_name = Some("frontend".into())));
}

#[test]
fn a_borrowed_namespace() {
    let base = base().service("side", |side| {
        side.fixed.network_mode = crate::model::NetworkMode::Service("web".into());
        side.networks.clear();
        let needs = crate::model::Dependency { condition: Condition::ServiceStarted, restart: true, required: true };
        side.depends_on.insert("web".into(), needs);
    });
    survives(&base, &base.clone().service("web", |web| env(web, "DEBUG", "0")));
}

#[test]
fn a_job() {
    let base = base().service("load", |load| load.job = true);
    let base = base.needing("web", "load", Condition::ServiceCompletedSuccessfully);
    survives(&base, &base.clone().service("load", |load| env(load, "SET", "2")));
}

#[test]
fn hooks_around_start_and_stop() {
    let hook = |command: &str| Hook { command: vec![command.into()], ..Hook::default() };
    let base = base().service("web", |web| {
        web.scale = 2;
        web.hooks.pre_start.push(StartHook { hook: hook("migrate"), ..StartHook::default() });
        web.hooks.pre_start.push(StartHook { hook: hook("warm"), per_replica: true, ..StartHook::default() });
        web.hooks.post_start.push(hook("hello"));
        web.hooks.pre_stop.push(hook("goodbye"));
    });
    survives(&lab(), &base);
    survives(&base, &base.clone().service("web", |web| env(web, "DEBUG", "0")));
}

#[test]
fn two_that_swap_ports() {
    let pair = |a: &'static str, b: &'static str| {
        lab().service("a", move |s| publish(s, a, 80)).service("b", move |s| publish(s, b, 80))
    };
    survives(&pair("8080", "8081"), &pair("8081", "8080"));
}

/// `a` depends on `b` and gives its port up to it.
fn handing_over(a: &'static str, b: Option<&'static str>) -> Lab {
    let lab = lab().service("a", move |s| publish(s, a, 80));
    let Some(b) = b else { return lab };
    let lab = lab.service("b", move |s| publish(s, b, 80)).service("c", |_| {});
    lab.needing("a", "c", Condition::ServiceStarted).needing("c", "b", Condition::ServiceHealthy)
}

#[test]
fn a_port_that_a_new_service_takes_from_one_that_depends_on_it() {
    survives(&handing_over("8080", None), &handing_over("9090", Some("8080")));
}

#[test]
fn a_port_that_is_handed_over_to_one_whose_namespace_the_giver_joins() {
    let joins = handing_over("9090", Some("8080")).service("a", |a| {
        a.fixed.ports.clear();
        a.fixed.network_mode = crate::model::NetworkMode::Service("b".into());
        a.networks.clear();
    });
    let joins = joins.needing("a", "b", Condition::ServiceStarted);
    survives(&handing_over("8080", None), &joins);
    survives(&handing_over("8080", Some("8081")), &joins);
    let elsewhere = handing_over("9090", Some("8080")).service("vpn", |_| {}).service("a", |a| {
        a.fixed.ports.clear();
        a.fixed.network_mode = crate::model::NetworkMode::Service("vpn".into());
        a.networks.clear();
    });
    let elsewhere = elsewhere.needing("a", "vpn", Condition::ServiceStarted);
    survives(&handing_over("8080", None).service("vpn", |_| {}), &elsewhere);
}

#[test]
fn a_port_that_is_handed_over_by_one_that_lends_its_namespace() {
    let lends = |lab: Lab| {
        lab.service("side", |side| {
            side.fixed.network_mode = crate::model::NetworkMode::Service("a".into());
            side.networks.clear();
        })
        .needing("side", "a", Condition::ServiceStarted)
    };
    survives(&lends(handing_over("8080", None)), &lends(handing_over("9090", Some("8080"))));
}

#[test]
fn a_port_that_a_service_with_replicas_takes_from_one_that_depends_on_it() {
    let scaled = |lab: Lab, scale| lab.service("b", move |b| b.scale = scale);
    survives(&scaled(handing_over("8080", Some("8081")), 0), &scaled(handing_over("9090", Some("8080")), 1));
}
