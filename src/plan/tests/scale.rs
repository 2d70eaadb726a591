//! Planning stays linear: a project of ten thousand services is planned in a moment.

use std::time::{Duration, Instant};

use super::lab::{Lab, env, lab, mount};
use crate::model::Condition;

fn many(services: usize) -> Lab {
    let mut lab = lab();
    for number in 0..services {
        let name = format!("service{number:05}");
        lab = lab.service(&name, |service| {
            env(service, "DEBUG", "1");
            env(service, "NAME", &name);
            if number % 10 == 0 {
                mount(service, &format!("lab_data{number}"), "/data");
            }
        });
        if number % 10 != 0 {
            lab = lab.needing(&name, &format!("service{:05}", number - number % 10), Condition::ServiceStarted);
        }
    }
    lab
}

fn plan_time(lab: &Lab, world: &super::world::World) -> Duration {
    let start = Instant::now();
    lab.plan(world);
    start.elapsed()
}

#[test]
fn ten_times_the_services_take_about_ten_times_as_long() {
    let (small, large) = (many(100), many(1000));
    let (few, lots) = (small.applied_in_order(), large.applied_in_order());
    assert!(small.plan(&few).is_empty() && large.plan(&lots).is_empty());
    let best = |lab: &Lab, world: &super::world::World| (0..5).map(|_| plan_time(lab, world)).min().unwrap();
    let nothing = super::world::World::default();
    assert!(best(&large, &lots) < best(&small, &few) * 30);
    assert!(best(&large, &nothing) < best(&small, &nothing) * 30);
}

/// Run by hand: `cargo test --release -- --ignored --nocapture ten_thousand`.
#[test]
#[ignore = "a measurement"]
fn ten_thousand_services() {
    let lab = many(10_000);
    let world = lab.applied_in_order();
    let look = world.look();
    for _ in 0..5 {
        let start = Instant::now();
        let plan = lab.plan_of(&look);
        let noop = start.elapsed();
        assert!(plan.is_empty());
        let start = Instant::now();
        let cold = lab.plan_of(&crate::state::Observed::default()).nodes.len();
        eprintln!("no-op {noop:?}, cold {:?} ({cold} steps)", start.elapsed());
    }
}
