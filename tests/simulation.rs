//! Random specs, edits, hand-made drift and faults, from the text to the steps, on the memory twin with a clock that runs
//! ahead: whatever went wrong, one apply converges, and no volume is lost.
//!
//! A few hundred runs by default, 10,000 with `DSENV_TEST_FULL=1`. The seed is printed; `DSENV_TEST_SEED` asks for one
//! again, and then its run is the first.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/hand.rs"]
mod hand;
#[path = "simulation/lab.rs"]
mod lab;
#[path = "simulation/spec.rs"]
mod spec;

use chance::Chance;
use dsenv::engine::memory::{Fault, Faults};
use lab::{Applied, Lab};
use spec::Spec;

const SAMPLE: u64 = 300;
const ALL: u64 = 10_000;

#[test]
fn whatever_goes_wrong_one_apply_converges_and_no_volume_is_lost() {
    let runs = if std::env::var_os("DSENV_TEST_FULL").is_some() { ALL } else { SAMPLE };
    let first = chance::seed();
    println!("DSENV_TEST_SEED={first}");
    let mut counts = Counts::default();
    for seed in first..first + runs {
        run(seed, &mut counts);
    }
    println!("{runs} runs: {counts:?}");
    let Counts { changed, faulty, killed, failed } = counts;
    assert!(
        [changed, faulty, killed, failed].iter().all(|count| *count > runs / 20),
        "too little happened: {counts:?}"
    );
}

/// What happened in the runs, so that a suite in which nothing does is seen.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    /// Runs whose second spec, or a hand, made a plan that was not empty.
    changed: u64,
    /// Runs in which a request went wrong.
    faulty: u64,
    /// Runs whose apply was killed.
    killed: u64,
    /// Runs whose apply failed and ended by itself.
    failed: u64,
}

fn run(seed: u64, counts: &mut Counts) {
    let mut chance = Chance::new(seed);
    let old = Spec::random(&mut chance);
    let new = old.edited(&mut chance);
    let story = format!("DSENV_TEST_SEED={seed}\n--- old\n{old}\n--- new\n{new}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let lab = Lab::new();
        assert_eq!(lab.apply(&old).await, Applied::Done, "{story}\nthe first apply");
        lab.is_settled(&old, &story).await;
        lab.mark_volumes();
        lab.plans();
        let marked = lab.marked();
        let hands = hand::meddle(&lab.engine, &mut chance);
        let story = format!("{story}\n--- by hand\n{}", hands.join("\n"));

        let kinds = [
            Fault::Break { acted: false },
            Fault::Break { acted: true },
            Fault::Half,
            Fault::ServerError,
            Fault::Hang { acted: false },
            Fault::Hang { acted: true },
            Fault::Delay(std::time::Duration::from_secs(2)),
        ];
        let share = chance.pick(&[0, 30, 80, 200]);
        lab.engine.set_faults(Faults::none().random(chance.draw(), share, kinds));
        let ended = match chance.one_in(4) {
            true => lab.apply_within(&new, std::time::Duration::from_millis(chance.draw() % 20_000)).await,
            false => lab.apply(&new).await,
        };
        lab.engine.set_faults(Faults::none());
        if chance.one_in(6) {
            lab.engine.restart_engine().unwrap();
        }
        counts.changed += u64::from(ended != Applied::Nothing);
        counts.faulty += u64::from(share > 0);
        counts.killed += u64::from(ended == Applied::Killed);
        counts.failed += u64::from(matches!(ended, Applied::Failed(_)));

        let story = format!("{story}\n--- interrupted: {ended:?}, {share} in a thousand\n{}", lab.plans());
        let mended = lab.apply(&new).await;
        assert!(
            matches!(mended, Applied::Done | Applied::Nothing),
            "{story}\n--- not mended: {mended:?}\n{}",
            lab.plans()
        );
        let story = format!("{story}\n--- mended\n{}", lab.plans());
        lab.is_settled(&new, &story).await;
        assert_eq!(lab.marked(), marked, "{story}\n--- volumes are not what they were");
    });
}
