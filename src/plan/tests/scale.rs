//! Planning stays linear: a project of ten thousand services is planned in a moment.

use std::time::Duration;

use super::lab::{Lab, env, lab, mount};
use crate::model::Condition;
use crate::state::Observed;

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

/// What this thread has had of a processor: a machine with much else to do does not make it longer.
fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// So many plans in a row, since the kernel counts in ticks of some milliseconds.
fn plan_time(lab: &Lab, look: &Observed, times: u32) -> Duration {
    let start = worked();
    for _ in 0..times {
        lab.plan_of(look);
    }
    worked() - start
}

#[test]
fn ten_times_the_services_take_about_ten_times_as_long() {
    let (small, large) = (many(100), many(1000));
    let (few, lots) = (small.applied_in_order(), large.applied_in_order());
    assert!(small.plan(&few).is_empty() && large.plan(&lots).is_empty());
    let (few, lots, nothing) = (few.look(), lots.look(), Observed::default());
    for (few, lots) in [(&few, &lots), (&nothing, &nothing)] {
        let best = |lab: &Lab, look: &Observed, times| (0..3).map(|_| plan_time(lab, look, times)).min().unwrap();
        let (short, long) = (best(&small, few, 20), best(&large, lots, 2));
        assert!(long < short * 5 / 2, "{short:?} for twenty times 100, {long:?} for twice 1000");
    }
}
