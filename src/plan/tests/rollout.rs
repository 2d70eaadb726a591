//! Several replicas: how an update is rolled out, and how all of it goes back (`deploy.update_config`,
//! `deploy.rollback_config`). Each parameter has its test here, those of the update beside `replace`.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::lab::{Lab, env, lab, mount, seconds};
use super::world::{Fate, Trouble, World};
use crate::model::{FailureAction, Restart, Service, UpdateOrder};
use crate::plan::{NodeId, Plan, Step, WaitStep, text};

/// Three replicas, and the same with another variable.
fn three(change: impl Fn(&mut Service)) -> (Lab, Lab) {
    let old = lab().service("web", |web| {
        web.scale = 3;
        change(web);
    });
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    (old, new)
}

/// The steps that take back what was done.
fn taking_back(old: &Lab, new: &Lab) -> String {
    let text = new.text(&old.applied());
    text.lines().filter(|line| line.contains(" done and ")).collect::<Vec<_>>().join("\n")
}

/// The steps with these words.
fn nodes(plan: &Plan, words: &[&str]) -> BTreeSet<NodeId> {
    let said = |step: &Step| words.contains(&format!("{} {}", step.verb(), step.object()).as_str());
    plan.nodes.iter().filter(|node| said(&node.step)).map(|node| node.id).collect()
}

/// Runs the update with failures of these steps.
fn fails(old: &Lab, new: &Lab, steps: &[&str]) -> (World, Vec<Fate>, Plan) {
    let mut world = old.applied();
    let plan = new.plan(&world);
    let failing = nodes(&plan, steps);
    assert!(failing.len() >= steps.len(), "{}", text(&plan));
    let fates = world.run(&plan, &Trouble { failing, ..Trouble::default() });
    (world, fates, plan)
}

fn is_as_before(old: &Lab, world: &World) {
    let again = old.plan(world);
    assert!(again.is_empty(), "{}", text(&again));
    assert_eq!(world.names(), ["lab-web-1", "lab-web-2", "lab-web-3"]);
}

#[test]
fn no_old_one_goes_before_all_new_ones_are_good() {
    let (old, new) = three(|_| {});
    let text = new.text(&old.applied());
    let told = text.lines().filter(|line| line.starts_with('#') && !line.contains(" if "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r"
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #10 create lab-web-2.next on lab_default (web) after #4
    #11 stop lab-web-2 after #10
    #12 start lab-web-2.next after #11
    #13 wait lab-web-2.next until ready (1s, at most 600s) after #12
    #19 create lab-web-3.next on lab_default (web) after #4 #13
    #20 stop lab-web-3 after #19
    #21 start lab-web-3.next after #20
    #22 wait lab-web-3.next until ready (1s, at most 600s) after #21
    #28 pause 0ns after #4 #13 #22
    #41 remove lab-web-1 after #4 #28
    #42 rename lab-web-1.next to lab-web-1 after #41
    #43 remove lab-web-2 after #13 #28
    #44 rename lab-web-2.next to lab-web-2 after #43
    #45 remove lab-web-3 after #22 #28
    #46 rename lab-web-3.next to lab-web-3 after #45
    ");
    assert_snapshot!(taking_back(&old, &new), @r"
    #29 stop lab-web-1.next if #4 done and #28 not
    #30 start lab-web-1 if #4 done and #28 not after #29
    #31 wait lab-web-1 until ready (1s, at most 600s) if #4 done and #28 not after #30
    #32 remove lab-web-1.next if #4 done and #28 not after #31
    #33 stop lab-web-2.next if #13 done and #28 not after #32
    #34 start lab-web-2 if #13 done and #28 not after #32 #33
    #35 wait lab-web-2 until ready (1s, at most 600s) if #13 done and #28 not after #32 #34
    #36 remove lab-web-2.next if #13 done and #28 not after #32 #35
    #37 stop lab-web-3.next if #22 done and #28 not after #36
    #38 start lab-web-3 if #22 done and #28 not after #36 #37
    #39 wait lab-web-3 until ready (1s, at most 600s) if #22 done and #28 not after #36 #38
    #40 remove lab-web-3.next if #22 done and #28 not after #36 #39
    ");
}

#[test]
fn when_the_last_one_fails_all_of_them_go_back() {
    for order in [UpdateOrder::StopFirst, UpdateOrder::StartFirst] {
        for back in [UpdateOrder::StopFirst, UpdateOrder::StartFirst] {
            let (old, new) = three(|web| {
                web.update.order = order;
                web.rollback.order = back;
                web.tunable.restart = Restart::Always;
            });
            for step in ["wait lab-web-3.next", "create lab-web-3.next", "wait lab-web-1.next", "stop lab-web-2"] {
                let (world, ..) = fails(&old, &new, &[step]);
                is_as_before(&old, &world);
            }
        }
    }
}

#[test]
fn what_is_tolerated_goes_back_alone() {
    let (old, new) = three(|web| web.update.max_failure_ratio = 0.4);
    let (world, ..) = fails(&old, &new, &["wait lab-web-2.next"]);
    let plan = new.text(&world);
    let replaced: Vec<_> = plan.lines().filter(|line| line.starts_with('±')).collect();
    assert_eq!(replaced.len(), 1, "{plan}");
    let (world, ..) = fails(&old, &new, &["wait lab-web-2.next", "wait lab-web-3.next"]);
    is_as_before(&old, &world);
}

#[test]
fn with_pause_and_continue_each_one_stands_for_itself() {
    for action in [FailureAction::Pause, FailureAction::Continue] {
        let (old, new) = three(|web| web.update.failure_action = action);
        assert_eq!(taking_back(&old, &new), "");
    }
}

#[test]
fn rollback_parallelism_and_delay() {
    let ends = |parallelism: u32| {
        let (old, new) = three(|web| {
            web.rollback.parallelism = parallelism;
            web.rollback.delay = seconds(5);
        });
        let told = taking_back(&old, &new);
        told.lines().filter(|line| line.contains(" pause ") || line.contains(" stop ")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(ends(1), @r"
    #29 stop lab-web-1.next if #4 done and #28 not
    #33 pause 5s if #13 done and #28 not after #32
    #34 stop lab-web-2.next if #13 done and #28 not after #33
    #38 pause 5s if #22 done and #28 not after #37
    #39 stop lab-web-3.next if #22 done and #28 not after #38
    ");
    assert_snapshot!(ends(2), @r"
    #29 stop lab-web-1.next if #4 done and #28 not
    #33 stop lab-web-2.next if #13 done and #28 not
    #37 pause 5s if #22 done and #28 not after #32 #36
    #38 stop lab-web-3.next if #22 done and #28 not after #37
    ");
    assert_snapshot!(ends(0), @r"
    #29 stop lab-web-1.next if #4 done and #28 not
    #33 stop lab-web-2.next if #13 done and #28 not
    #37 stop lab-web-3.next if #22 done and #28 not
    ");
}

#[test]
fn rollback_order() {
    let verbs = |change: &dyn Fn(&mut Service)| {
        let (old, new) = three(|web| {
            web.rollback.order = UpdateOrder::StartFirst;
            change(web);
        });
        let told = taking_back(&old, &new);
        let first = told
            .lines()
            .filter(|line| line.contains("web-1"))
            .map(|line| line.split(" if ").next().unwrap().to_owned());
        first.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(verbs(&|_| {}), @r"
    #29 start lab-web-1
    #30 wait lab-web-1 until ready (1s, at most 600s)
    #31 disconnect lab-web-1.next from lab_default
    #32 connect lab-web-1.next to lab_default ()
    #34 stop lab-web-1.next
    #35 remove lab-web-1.next
    ");
    // What forbids two at once on the way forward forbids it on the way back.
    let shared = verbs(&|web| {
        web.networks.values_mut().for_each(|attachment| attachment.mac_address = Some("02:42:ac:11:00:02".into()));
    });
    assert!(shared.lines().next().unwrap().contains("stop lab-web-1.next"), "{shared}");
    // The same for one replica whose successor fails.
    let one = |order| {
        let old = lab().service("web", |web| web.rollback.order = order);
        let text = old.clone().service("web", |web| env(web, "DEBUG", "0")).text(&old.applied());
        let verbs =
            text.lines().filter(|line| line.contains(" failed")).map(|line| line.split(' ').nth(1).unwrap().to_owned());
        verbs.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(one(UpdateOrder::StopFirst), "collect stop start wait remove");
    assert_eq!(one(UpdateOrder::StartFirst), "collect start wait stop remove");
    let writer = lab().service("web", |web| {
        web.rollback.order = UpdateOrder::StartFirst;
        mount(web, "lab_data", "/data");
    });
    let text = writer.clone().service("web", |web| env(web, "DEBUG", "0")).text(&writer.applied());
    let back: Vec<_> = text.lines().filter(|line| line.contains(" failed")).collect();
    assert!(back[1].contains("stop lab-web-1.next"), "two writers would share the volume: {back:?}");
}

#[test]
fn rollback_monitor() {
    let (old, new) = three(|web| web.rollback.monitor = seconds(7));
    let told = taking_back(&old, &new);
    assert_eq!(told.matches(" pause 7s").count(), 3, "{told}");
    assert_eq!(told.matches(" wait lab-web-1 ").count(), 2, "and looked at once more: {told}");
}

#[test]
fn rollback_failure_action_and_ratio() {
    let came_back = |action: FailureAction, ratio: f64, bad: &[&str]| {
        let (old, new) = three(|web| {
            web.rollback.failure_action = action;
            web.rollback.max_failure_ratio = ratio;
            web.update.parallelism = 0;
        });
        let mut world = old.applied();
        let plan = new.plan(&world);
        let holds = plan.nodes.iter().find(|node| matches!(node.step, Step::Wait(WaitStep::Pause { .. }))).unwrap();
        let mut failing = nodes(&plan, bad);
        failing.insert(holds.id);
        let fates = world.run(&plan, &Trouble { failing, ..Trouble::default() });
        let back =
            |name: &str| nodes(&plan, &[&format!("start {name}")]).iter().any(|id| fates[id.0 - 1] == Fate::Done);
        ["lab-web-1", "lab-web-2", "lab-web-3"].map(back)
    };
    let bad = ["wait lab-web-1"];
    assert_eq!(came_back(FailureAction::Pause, 0.0, &[]), [true, true, true]);
    assert_eq!(came_back(FailureAction::Pause, 0.0, &bad), [true, false, false]);
    assert_eq!(came_back(FailureAction::Pause, 0.4, &bad), [true, true, true]);
    assert_eq!(came_back(FailureAction::Continue, 0.0, &bad), [true, true, true]);
    assert_eq!(came_back(FailureAction::Rollback, 0.0, &bad), [true, true, true], "it was not said");
}

#[test]
fn update_monitor_and_drain() {
    let (old, new) = three(|web| {
        web.scale = 1;
        web.update.monitor = seconds(9);
        web.update.order = UpdateOrder::StartFirst;
        web.update.drain = seconds(3);
    });
    let text = new.text(&old.applied());
    let told: Vec<_> = text.lines().filter(|line| line.contains(" pause ")).collect();
    assert!(told.len() == 2 && told[0].contains("pause 9s") && told[1].contains("pause 3s"), "{text}");
}

#[test]
fn what_shares_a_namespace_starts_again_when_its_owner_is_back() {
    let old = lab().service("vpn", |_| {}).needing("app", "vpn", crate::model::Condition::ServiceStarted).service(
        "app",
        |app| {
            app.fixed.network_mode = crate::model::NetworkMode::Service("vpn".into());
            app.networks.clear();
        },
    );
    let new = old.clone().service("vpn", |vpn| env(vpn, "DEBUG", "0"));
    let text = new.text(&old.applied());
    let back: Vec<_> = text.lines().filter(|line| line.contains(" if #2 #3 #4 failed")).collect();
    assert_snapshot!(back.join("\n"), @"
    #5 collect logs lab-vpn-1.next if #2 #3 #4 failed
    #6 stop lab-vpn-1.next if #2 #3 #4 failed after #5
    #7 start lab-vpn-1 if #2 #3 #4 failed after #6
    #8 wait lab-vpn-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 stop lab-app-1 if #2 #3 #4 failed after #8
    #10 start lab-app-1 if #2 #3 #4 failed after #9
    #11 wait lab-app-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #10
    #12 remove lab-vpn-1.next if #2 #3 #4 failed after #11
    ");
}
