//! Changed files, events of the engine, and what begins when.

use super::lab::{Lab, ROOT_OF_RESTART, ROOT_OF_SYNC, SPEC, changed};
use crate::event::Act;
use crate::model::ServiceName;
use crate::reconcile::{Ended, Input, Terminal};
use crate::sync::sync_back::{Report, SyncedBack};
use crate::sync::{Copied, CopyError, Pending};

fn copied(lab: &Lab, result: Result<Vec<Act>, CopyError>) -> Input {
    let (service, container) = (ServiceName::new("web"), lab.container());
    Input::Ended(Ended::Copied(vec![Copied { service, container, pending: Pending::default(), result }]))
}

#[tokio::test(start_paused = true)]
async fn the_loop_begins_with_a_look_and_initial_sync() {
    let mut lab = Lab::new(&SPEC.replace("target: /app", "target: /app, initial_sync: true"), true);
    lab.apply(&lab.desired.clone()).await;
    let begun = lab.on(0, Input::Begin(Terminal { keys: true, screen: true }));
    assert_eq!(begun, "tell ● watching the spec and 2 rules, mending what breaks; Ctrl-C leaves the lab up; subscribe");
    assert_eq!(lab.on(10, Input::Ended(Ended::Subscribed(Ok(())))), "look");
    let looked = lab.look().await;
    assert_eq!(lab.on(20, looked), "list 1 roots");
    let listed = Input::Ended(Ended::Listed([(0, ["a".into()].into())].into()));
    assert_eq!(lab.on(30, listed), "copy to lab-web-1");
    let copied = copied(&lab, Ok(vec![Act::Copied(1)]));
    assert_eq!(
        lab.on(35, copied),
        "tell ✔ web copied 1 file · 5 ms · src/a (services.web.develop.watch[0]); draw; wake 1035"
    );
}

#[tokio::test(start_paused = true)]
async fn events_of_the_engine_are_debounced() {
    let mut lab = Lab::idle(SPEC, true).await;
    assert_eq!(lab.on(1000, Input::EngineEvent), "wake 1100");
    assert_eq!(lab.on(1050, Input::EngineEvent), "wake 1100");
    assert_eq!(lab.on(1100, Input::Elapsed), "look");
    let looked = lab.look().await;
    assert_eq!(lab.on(1200, looked), "wake 31100");
    assert_eq!(lab.on(31_100, Input::Elapsed), "look", "the clock");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_went_away_is_asked_again_after_a_while() {
    let mut lab = Lab::idle(SPEC, true).await;
    assert_eq!(lab.on(1000, Input::EngineLost), "wake 3000");
    assert_eq!(lab.on(3000, Input::Elapsed), "subscribe");
    let refused = Input::Ended(Ended::Subscribed(Err("no".to_owned())));
    assert_eq!(lab.on(3001, refused), "tell ! the engine does not tell what happens: no; look");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_copied_is_tried_again_unless_the_engine_refuses_it() {
    let mut lab = Lab::idle(SPEC, true).await;
    assert_eq!(lab.on(1000, changed(ROOT_OF_SYNC, &["a"])), "copy to lab-web-1");
    let refused = copied(&lab, Err(CopyError { message: "read-only".to_owned(), refused: true }));
    let told = "tell ✖ web: read-only · src/a (services.web.develop.watch[0])";
    assert_eq!(lab.on(1001, refused), format!("{told}; wake 30000"));
    assert_eq!(lab.on(2000, changed(ROOT_OF_SYNC, &["a"])), "copy to lab-web-1");
    let failed = copied(&lab, Err(CopyError { message: "gone".to_owned(), refused: false }));
    assert_eq!(lab.on(2001, failed), format!("{}; wake 4001", told.replace("read-only", "gone")));
    assert_eq!(lab.on(4001, Input::Elapsed), "look");
    let looked = lab.look().await;
    assert_eq!(lab.on(4010, looked), "copy to lab-web-1");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_sets_itself_off_rests() {
    let mut lab = Lab::idle(SPEC, true).await;
    for turn in 0..5 {
        let now = 1000 + turn * 10;
        assert_eq!(lab.on(now, changed(ROOT_OF_RESTART, &["a"])), "copy to lab-web-1, restart");
        let done = copied(&lab, Ok(vec![Act::Restarted]));
        lab.on(now + 5, done);
    }
    let told = lab.on(1100, changed(ROOT_OF_RESTART, &["a"]));
    assert!(told.contains("watch[1] sets itself off again and again, so it rests for 60 s"), "{told}");
    assert_eq!(lab.on(1200, changed(ROOT_OF_RESTART, &["a"])), "wake 30000");
}

#[tokio::test(start_paused = true)]
async fn what_a_container_saved_is_fetched_by_the_clock_and_before_a_copy() {
    let spec = SPEC.replace("{settle: 0s}", "{settle: 0s, sync_back: [/app]}");
    let mut lab = Lab::new(&spec, true);
    lab.apply(&lab.desired.clone()).await;
    lab.on(0, Input::Begin(Terminal::default()));
    lab.on(0, Input::Ended(Ended::Subscribed(Ok(()))));
    let looked = lab.look().await;
    assert_eq!(lab.on(0, looked), "sync back from 1 containers (Clock)");
    let done = |lab: &Lab, unsettled, reports| {
        let (service, container) = (ServiceName::new("web"), lab.container());
        let (known, history) = (None, Default::default());
        Input::Ended(Ended::SyncedBack(vec![SyncedBack { service, container, known, history, unsettled, reports }]))
    };
    let saved = Report::CameBack { files: vec!["/lab/src/a".into()], conflicts: Vec::new() };
    let saved = done(&lab, false, vec![saved]);
    assert_eq!(lab.on(10, saved), "tell ✔ web saved src/a; wake 2010");
    assert_eq!(lab.on(2010, Input::Elapsed), "sync back from 1 containers (Clock)");
    let long = done(&lab, false, Vec::new());
    assert_eq!(lab.on(3010, long), "wake 8010", "fetching takes a fifth of the time at most");
    assert_eq!(lab.on(4000, changed(ROOT_OF_SYNC, &["a"])), "sync back from 1 containers (Copy)");
    let unsettled = done(&lab, true, Vec::new());
    assert_eq!(lab.on(4010, unsettled), "copy to lab-web-1");
    let copied = copied(&lab, Ok(Vec::new()));
    assert_eq!(lab.on(4020, copied), "wake 4510");
}
