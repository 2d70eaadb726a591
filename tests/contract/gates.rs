//! Gates: what passes them, what fails them, and with which words.

use std::time::Duration;

use dsenv::engine::{Done, EngineError, GateFailure};
use dsenv::model::{Healthcheck, Probe, Restart};
use dsenv::plan::{NewContainer, Until};
use dsenv::state::Health;

use crate::lab::{Lab, id, ready, words};

fn probed(mut new: NewContainer, test: &[&str]) -> NewContainer {
    new.fixed.healthcheck = Some(Healthcheck::Probe(Probe {
        test: words(test),
        interval: Some(200_000_000),
        timeout: Some(2_000_000_000),
        retries: Some(2),
        ..Probe::default()
    }));
    new
}

pub async fn without_a_check_it_is_ready_when_it_has_lived(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let before = tokio::time::Instant::now();
    assert_eq!(lab.wait(&container, ready(500), 30).await, Ok(Done::Nothing));
    let took = before.elapsed();
    assert!(took >= Duration::from_millis(300), "the window began with the start: {took:?}");
    assert_eq!(lab.wait(&container, ready(500), 30).await, Ok(Done::Nothing), "at once now");
}

pub async fn an_early_end_is_no_readiness(lab: &Lab) {
    let container = lab.start(lab.running("web", "sleep 0.2; exit 5")).await;
    let failed = lab.wait(&container, ready(5000), 30).await;
    assert_eq!(failed, Err(EngineError::Gate(GateFailure::Exited { code: 5, oom: false })));
}

pub async fn an_end_with_zero_is_readiness_where_nothing_restarts_it(lab: &Lab) {
    let container = lab.start(lab.running("job", "exit 0")).await;
    assert_eq!(lab.wait(&container, ready(5000), 30).await, Ok(Done::Nothing));
    let mut new = lab.running("web", "sleep 0.2");
    new.tunable.restart = Restart::Always;
    let container = lab.start(new).await;
    restarted(lab.wait(&container, ready(5000), 2).await, 0);
}

/// It failed because it was restarted until the wait was over.
#[track_caller]
fn restarted(failed: Result<Done, EngineError>, last: i64) {
    match failed {
        Err(EngineError::Gate(GateFailure::Restarting { code, restarts: 1.., within, .. })) => {
            assert_eq!((code, within), (Some(last), Duration::from_secs(2)));
        }
        other => panic!("{other:?}"),
    }
}

pub async fn a_crash_loop_is_no_readiness(lab: &Lab) {
    let mut new = lab.running("web", "sleep 0.1; exit 9");
    new.tunable.restart = Restart::Always;
    let container = lab.start(new).await;
    restarted(lab.wait(&container, ready(5000), 2).await, 9);
}

pub async fn a_container_that_stays_up_after_some_restarts_is_ready(lab: &Lab) {
    let third = "test -e /tmp/3 && sleep 1000; test -e /tmp/2 && echo > /tmp/3; test -e /tmp/1 && echo > /tmp/2";
    let mut new = lab.running("web", &format!("{third}; echo > /tmp/1; exit 1"));
    new.tunable.restart = Restart::Always;
    let container = lab.start(new).await;
    assert_eq!(lab.wait(&container, ready(300), 30).await, Ok(Done::Nothing));
    assert_eq!(lab.see(&container).await.restart_count, 3);
}

pub async fn its_age_counts_from_its_start(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(lab.wait(&container, ready(600), 30).await, Ok(Done::Nothing));
    assert!(before.elapsed() < Duration::from_millis(300), "{:?}", before.elapsed());
}

pub async fn what_dies_within_400_ms_is_not_up_by_default(lab: &Lab) {
    let until = Until::Ready { settle: dsenv::model::Gate::default().settle };
    // A busy machine lets a command live for longer than it asks for; the engine's own clock tells for how long.
    let mut lives = Vec::new();
    for (number, asked) in ["0.39", "0.36", "0.33", "0.3", "0.25", "0.2", "0.1"].into_iter().enumerate() {
        let container = lab.start(lab.running(&format!("web{number}"), &format!("sleep {asked}; exit 5"))).await;
        let waited = lab.wait(&container, until, 30).await;
        lab.ended(&container).await;
        let lived = lab.see(&container).await.ended.unwrap().after;
        if lived <= Duration::from_millis(400) {
            assert_eq!(waited, Err(EngineError::Gate(GateFailure::Exited { code: 5, oom: false })), "{lived:?}");
            return;
        }
        lives.push(lived);
    }
    panic!("no command ended within 0.4 s: {lives:?}");
}

pub async fn a_restart_of_long_ago_is_forgiven(lab: &Lab) {
    let mut new = lab.running("web", "test -e /tmp/once && sleep 1000; echo x > /tmp/once; exit 1");
    new.tunable.restart = Restart::Always;
    let container = lab.start(new).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(lab.see(&container).await.restart_count, 1);
    assert_eq!(lab.wait(&container, ready(200), 30).await, Ok(Done::Nothing));
}

pub async fn a_check_that_passes_makes_it_healthy(lab: &Lab) {
    let container = lab.start(probed(lab.serving("web"), &["CMD", "true"])).await;
    assert_eq!(lab.see(&container).await.health, Some(Health::Starting));
    assert_eq!(lab.wait(&container, Until::Healthy, 30).await, Ok(Done::Nothing));
    assert_eq!(lab.see(&container).await.health, Some(Health::Healthy));
    assert_eq!(lab.wait(&container, ready(60_000), 30).await, Ok(Done::Nothing), "its check decides, not its age");
    lab.stop(&container).await.unwrap();
    assert_eq!(lab.see(&container).await.health, None, "what does not run has no health");
}

pub async fn a_check_that_fails_says_what_it_printed(lab: &Lab) {
    let container = lab.start(probed(lab.serving("web"), &["CMD-SHELL", "echo no database; exit 1"])).await;
    let output = "no database".to_owned();
    let failure = Err(EngineError::Gate(GateFailure::Unhealthy { output: output.clone() }));
    assert_eq!(lab.wait(&container, Until::Healthy, 30).await, failure);
    assert_eq!(lab.wait(&container, ready(100), 30).await, failure);
    assert_eq!(lab.see(&container).await.health, Some(Health::Unhealthy { output }));
}

pub async fn healthy_needs_a_check(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let failed = lab.wait(&container, Until::Healthy, 30).await;
    assert_eq!(failed, Err(EngineError::Gate(GateFailure::NoHealthcheck)));
}

pub async fn a_job_completes_with_zero_only(lab: &Lab) {
    let good = lab.start(lab.running("good", "sleep 0.3; exit 0")).await;
    let bad = lab.start(lab.running("bad", "sleep 0.3; exit 2")).await;
    assert_eq!(lab.wait(&good, Until::Completed, 30).await, Ok(Done::Nothing));
    let failed = lab.wait(&bad, Until::Completed, 30).await;
    assert_eq!(failed, Err(EngineError::Gate(GateFailure::Exited { code: 2, oom: false })));
}

pub async fn a_wait_has_a_limit(lab: &Lab) {
    let container = lab.start(lab.serving("job")).await;
    match lab.wait(&container, Until::Completed, 1).await {
        Err(EngineError::Timeout { seconds: 1, output: None, .. }) => {}
        other => panic!("{other:?}"),
    }
}

pub async fn a_container_that_goes_away_ends_the_wait(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let wait = lab.wait(&container, ready(60_000), 100);
    let kick = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        lab.bench().kick(id(&container)).await;
    };
    let (failed, ()) = tokio::join!(wait, kick);
    let gone = EngineError::Gate(GateFailure::Gone);
    let killed = EngineError::Gate(GateFailure::Exited { code: 137, oom: false });
    assert!(failed == Err(gone) || failed == Err(killed), "{failed:?}");
}
