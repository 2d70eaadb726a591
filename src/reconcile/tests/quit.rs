//! The end.

use super::lab::{Lab, ROOT_OF_SPEC, SPEC, changed, desired, failure, watchlist};
use crate::reconcile::{Ended, Input, Listens, TaskErrorKind};
use crate::watch::Changes;

#[tokio::test(start_paused = true)]
async fn who_is_idle_ends_at_once() {
    assert_eq!(Lab::idle(SPEC, true).await.on(1000, Input::Signal), "stop: Asked");
    assert_eq!(Lab::idle(SPEC, true).await.on(1000, Input::Key('q')), "stop: Asked");
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_given_a_moment_and_nothing_follows_it() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.engine.remove(&lab.container()).unwrap();
    assert_eq!(lab.on(30_000, Input::Elapsed), "look");
    assert_eq!(lab.state.listens(), Listens::Nothing);
    assert_eq!(lab.on(30_010, Input::Key('q')), "", "keys wait where they come from");
    assert_eq!(lab.on(30_020, Input::Signal), "wake 31520");
    let looked = lab.look().await;
    assert_eq!(lab.on(30_030, looked), "tell ✚ mending web (missing); stop: Asked", "no plan is carried out any more");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_keeps_nobody_from_ending() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.on(30_000, Input::Elapsed);
    assert_eq!(lab.on(30_020, Input::Signal), "wake 31520");
    assert_eq!(lab.on(31_000, Input::Signal), "wake 31520");
    assert_eq!(lab.on(31_520, Input::Elapsed), "stop: Asked");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_carried_out_hears_the_first_signal_itself() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.on(1000, changed(ROOT_OF_SPEC, &[""]));
    let more = desired(&SPEC.replace("services:\n", "services:\n  db: {image: busybox:latest, network_mode: none}\n"));
    lab.on(1010, Input::Ended(Ended::SpecRead(Ok((more.clone(), watchlist(&more))))));
    lab.on(1020, Input::Ended(Ended::Watching(Changes::new())));
    let looked = lab.look_for(&more).await;
    assert_eq!(lab.on(1030, looked), "show the plan; apply");
    assert_eq!(lab.on(1040, Input::Signal), "");
    assert_eq!(lab.on(1050, Input::Signal), "wake 2550");
    let interrupted = Input::Ended(Ended::Applied(Err(failure(TaskErrorKind::Interrupted, "interrupted"))));
    assert_eq!(lab.on(1060, interrupted), "stop: Asked");
    assert_eq!(lab.on(9999, Input::Elapsed), "", "nothing comes after the end");
}

#[test]
fn a_first_apply_hears_all_signals_itself_and_ends_the_loop_if_it_fails() {
    let mut lab = Lab::new(SPEC, true);
    assert_eq!(lab.on(0, Input::FirstApply), "apply for the first time");
    assert_eq!((lab.on(10, Input::Signal), lab.on(20, Input::Signal)), (String::new(), String::new()));
    let failed = Input::Ended(Ended::Applied(Err(failure(TaskErrorKind::Other, "no"))));
    assert_eq!(lab.on(30, failed), "stop: FirstApplyFailed");
}
