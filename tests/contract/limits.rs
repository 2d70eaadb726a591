//! What the update call truly changes.

use dsenv::engine::{Done, EngineError};
use dsenv::model::{Restart, Tunable};
use dsenv::plan::{ContainerRef, ContainerStep};

use crate::lab::{Lab, is_refusal};

const MIB: i64 = 1 << 20;

async fn update(lab: &Lab, container: &ContainerRef, tunable: &Tunable) -> Result<Done, EngineError> {
    lab.perform(ContainerStep::Update { container: container.clone(), tunable: tunable.clone() }).await
}

async fn limited(lab: &Lab, tunable: Tunable) -> ContainerRef {
    let mut new = lab.serving("web");
    new.tunable = tunable;
    lab.start(new).await
}

/// Each limit alone: as it is at birth, and as it should become.
fn pairs() -> Vec<(&'static str, Tunable, Tunable)> {
    let none = Tunable::default;
    let with = |name, set: fn(&mut Tunable, bool)| {
        let (mut before, mut after) = (none(), none());
        set(&mut before, false);
        set(&mut after, true);
        (name, before, after)
    };
    vec![
        with("memory", |it, later| it.memory = Some(if later { 96 * MIB } else { 64 * MIB })),
        with("memory_reservation", |it, later| it.memory_reservation = Some(if later { 48 * MIB } else { 32 * MIB })),
        with("memory_swap", |it, later| {
            it.memory = Some(64 * MIB);
            it.memory_swap = Some(if later { 256 * MIB } else { 192 * MIB });
        }),
        with("nano_cpus", |it, later| it.nano_cpus = Some(if later { 500_000_000 } else { 250_000_000 })),
        with("cpu_shares", |it, later| it.cpu_shares = Some(if later { 512 } else { 256 })),
        with("cpu_period", |it, later| it.cpu_period = Some(if later { 50_000 } else { 100_000 })),
        with("cpu_quota", |it, later| it.cpu_quota = Some(if later { 40_000 } else { 20_000 })),
        with("cpu_rt_period", |it, later| it.cpu_rt_period = Some(if later { 500_000 } else { 1_000_000 })),
        with("cpu_rt_runtime", |it, later| it.cpu_rt_runtime = Some(if later { 2000 } else { 1000 })),
        with("cpuset_mems", |it, _| it.cpuset_mems = Some("0".to_owned())),
        with("cpuset", |it, later| it.cpuset = Some(if later { "0" } else { "0,1" }.to_owned())),
        with("pids_limit", |it, later| it.pids_limit = Some(if later { 50 } else { 100 })),
        with("blkio_weight", |it, later| it.blkio_weight = Some(if later { 300 } else { 200 })),
        with("restart", |it, later| it.restart = if later { Restart::OnFailure(3) } else { Restart::Always }),
    ]
}

pub async fn each_limit_is_changed_in_place(lab: &Lab) {
    for (field, before, after) in pairs() {
        if lab.bench().unsupported().contains(&field) {
            continue;
        }
        let container = limited(lab, before.clone()).await;
        assert_eq!(lab.see(&container).await.tunable, before, "{field} at birth");
        assert_eq!(update(lab, &container, &after).await, Ok(Done::Nothing), "{field}");
        let seen = lab.see(&container).await;
        assert_eq!(seen.tunable, after, "{field} after the update");
        lab.stop_and_remove(&container).await;
    }
}

pub async fn the_swap_that_the_engine_fills_in_is_unset(lab: &Lab) {
    let tunable = Tunable { memory: Some(64 * MIB), ..Tunable::default() };
    let container = limited(lab, tunable.clone()).await;
    assert_eq!(lab.see(&container).await.tunable, tunable);
}

pub async fn memory_is_raised_above_the_swap_that_was_filled_in(lab: &Lab) {
    let container = limited(lab, Tunable { memory: Some(64 * MIB), ..Tunable::default() }).await;
    let raised = Tunable { memory: Some(512 * MIB), ..Tunable::default() };
    assert_eq!(update(lab, &container, &raised).await, Ok(Done::Nothing));
    assert_eq!(lab.see(&container).await.tunable, raised);
}

pub async fn a_limit_of_memory_or_processors_cannot_be_lifted(lab: &Lab) {
    for before in [
        Tunable { memory: Some(64 * MIB), ..Tunable::default() },
        Tunable { memory_reservation: Some(64 * MIB), ..Tunable::default() },
        Tunable { nano_cpus: Some(500_000_000), ..Tunable::default() },
        Tunable { cpu_shares: Some(512), ..Tunable::default() },
        Tunable { cpu_quota: Some(20_000), ..Tunable::default() },
        Tunable { cpuset: Some("0".to_owned()), ..Tunable::default() },
    ] {
        let container = limited(lab, before.clone()).await;
        let refused = update(lab, &container, &Tunable::default()).await;
        assert!(is_refusal(&refused), "{before:?}: {refused:?}");
        assert_eq!(lab.see(&container).await.tunable, before);
        lab.stop_and_remove(&container).await;
    }
}

pub async fn a_limit_of_processes_and_the_policy_are_lifted(lab: &Lab) {
    let before = Tunable { pids_limit: Some(64), restart: Restart::UnlessStopped, ..Tunable::default() };
    let container = limited(lab, before).await;
    assert_eq!(update(lab, &container, &Tunable::default()).await, Ok(Done::Nothing));
    assert_eq!(lab.see(&container).await.tunable, Tunable::default());
}
