//! Runs a property on random inputs for a time.

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Inputs between two looks at the clock.
const BATCH: u32 = 64;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Holds a property against inputs until the time is up, and prints how many there were.
pub fn fuzz<S: Strategy>(name: &str, inputs: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let time = number("DSENV_FUZZ_SECONDS").map_or(Duration::from_millis(500), Duration::from_secs);
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let given = number("DSENV_FUZZ_SEED");
    let first = given.unwrap_or_else(|| u64::try_from(now().as_nanos() & u128::from(u64::MAX)).unwrap());
    let (start, mut count) = (Instant::now(), 0_u64);
    for seed in (0..).map(|batch| first.wrapping_add(batch)) {
        let config = Config { cases: BATCH, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
        let bytes: Vec<u8> = seed.to_le_bytes().repeat(4);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        if let Err(failure) = runner.run(inputs, &property) {
            panic!("{name}: {failure}\nagain with DSENV_FUZZ_SEED={seed}");
        }
        count += u64::from(BATCH);
        if start.elapsed() >= time || given.is_some() {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::print_stdout, reason = "the figures are what a long run is for")]
    {
        println!("{name}: {count} inputs in {seconds:.1} s, seeds from {first}, nothing found");
    }
}
