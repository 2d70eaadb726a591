//! The spec is saved.

use super::lab::{Lab, ROOT_OF_RESTART, ROOT_OF_SPEC, ROOT_OF_SYNC, SPEC, changed, desired, failure, watchlist};
use crate::event::Act;
use crate::model::ServiceName;
use crate::reconcile::{Ended, Input, Listens, SpecError, TaskErrorKind, Terminal};
use crate::sync::{Copied, Pending};
use crate::watch::Changes;

/// One more service: nothing stops, so nobody is asked.
fn more() -> String {
    SPEC.replace(
        "services:\n",
        "services:\n  db: {image: busybox:latest, command: [sleep, infinity], network_mode: none}\n",
    )
}

/// Web becomes another one: it stops, so somebody is asked.
fn other() -> String {
    SPEC.replace("    network_mode: none\n", "    network_mode: none\n    environment: {A: '1'}\n")
}

/// A spec is saved at 1000 ms and planned; answers with what is asked for then.
async fn save(lab: &mut Lab, text: &str) -> String {
    assert_eq!(lab.on(1000, changed(ROOT_OF_SPEC, &[""])), "read the spec");
    let new = desired(text);
    let read = Input::Ended(Ended::SpecRead(Ok((new.clone(), watchlist(&new)))));
    assert_eq!(lab.on(1010, read), "tell ↻ env.yaml saved; watch 3 roots");
    assert_eq!(lab.on(1020, Input::Ended(Ended::Watching(Changes::new()))), "look at all");
    lab.desired = new;
    let looked = lab.look().await;
    lab.on(1030, looked)
}

#[tokio::test(start_paused = true)]
async fn what_stops_nothing_is_applied_at_once() {
    let mut lab = Lab::idle(SPEC, true).await;
    assert_eq!(save(&mut lab, &more()).await, "show the plan; apply");
    lab.apply(&lab.desired.clone()).await;
    assert_eq!(lab.on(2000, Input::Ended(Ended::Applied(Ok(())))), "look");
    let looked = lab.look().await;
    assert_eq!(lab.on(2010, looked), "wake 32000");
}

#[tokio::test(start_paused = true)]
async fn what_stops_something_waits_for_a_word() {
    let mut lab = Lab::idle(SPEC, true).await;
    let told = save(&mut lab, &other()).await;
    assert_eq!(
        told,
        "show the plan; tell ? this plan waits for a word, since it stops web: \
         `dsenv apply` carries it out, or --auto all; wake 30000"
    );
    // What waits has no right yet: the look is for what was applied.
    assert_eq!(lab.on(30_000, Input::Elapsed), "look");
    let looked = lab.look_for(&desired(SPEC)).await;
    assert_eq!(lab.on(30_010, looked), "wake 60000");
    assert_eq!(lab.on(31_000, Input::Key('a')), "look at all");
    let looked = lab.look().await;
    assert_eq!(lab.on(31_010, looked), "show the plan; apply");
}

#[tokio::test(start_paused = true)]
async fn a_change_while_a_plan_is_carried_out_is_copied_and_everything_else_waits() {
    let mut lab = Lab::idle(SPEC, true).await;
    save(&mut lab, &more()).await;
    assert_eq!(lab.state.listens(), Listens::Files);
    assert_eq!(lab.on(1100, changed(ROOT_OF_RESTART, &["c"])), "", "a restart waits");
    assert_eq!(lab.on(1110, changed(ROOT_OF_SPEC, &[""])), "", "so does the spec");
    assert_eq!(lab.on(1120, changed(ROOT_OF_SYNC, &["a"])), "copy to lab-web-1");
    assert_eq!(lab.state.listens(), Listens::Nothing, "one copy at a time");
    assert_eq!(lab.on(1130, Input::Ended(Ended::Applied(Ok(())))), "", "the copy is waited for");
    let (service, container) = (ServiceName::new("web"), lab.container());
    let copied = Copied { service, container, pending: Pending::default(), result: Ok(vec![Act::Copied(1)]) };
    assert_eq!(
        lab.on(1140, Input::Ended(Ended::Copied(vec![copied]))),
        "tell ✔ web copied 1 file · 20 ms · src/a (services.web.develop.watch[0]); read the spec"
    );
    let new = lab.desired.clone();
    lab.on(1150, Input::Ended(Ended::SpecRead(Ok((new.clone(), watchlist(&new))))));
    lab.on(1160, Input::Ended(Ended::Watching(Changes::new())));
    lab.apply(&new).await;
    let looked = lab.look().await;
    assert_eq!(lab.on(1170, looked), "copy to lab-web-1, restart", "what had to wait, by its new number");
}

#[tokio::test(start_paused = true)]
async fn a_spec_that_is_saved_again_before_it_is_watched_again_is_read_again() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.on(1000, changed(ROOT_OF_SPEC, &[""]));
    let same = lab.desired.clone();
    lab.on(1010, Input::Ended(Ended::SpecRead(Ok((same.clone(), watchlist(&same))))));
    let rest = [(ROOT_OF_SPEC, ["".into()].into()), (ROOT_OF_SYNC, ["a".into()].into())].into();
    assert_eq!(lab.on(1020, Input::Ended(Ended::Watching(rest))), "look at all");
    let looked = lab.look().await;
    assert_eq!(lab.on(1030, looked), "read the spec");
}

#[tokio::test(start_paused = true)]
async fn a_failed_apply_is_told_and_what_was_applied_stays_what_is_healed() {
    let mut lab = Lab::idle(SPEC, true).await;
    save(&mut lab, &more()).await;
    let failed = Input::Ended(Ended::Applied(Err(failure(TaskErrorKind::Other, "the disk is full"))));
    assert_eq!(lab.on(2000, failed), "tell ! the disk is full; look");
    let looked = lab.look_for(&desired(SPEC)).await;
    assert_eq!(lab.on(2010, looked), "wake 32000");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_stale_waits_for_a_word() {
    let mut lab = Lab::idle(SPEC, true).await;
    save(&mut lab, &more()).await;
    let stale = Input::Ended(Ended::Applied(Err(failure(TaskErrorKind::StalePlan, "it has changed"))));
    assert_eq!(
        lab.on(2000, stale),
        "tell ! the engine has changed in the meantime; the plan is made again; \
         tell ? this plan waits for a word: `dsenv apply` carries it out, or --auto all; look"
    );
}

#[tokio::test(start_paused = true)]
async fn a_spec_with_mistakes_changes_nothing_and_the_file_of_the_mistake_is_watched() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.on(1000, changed(ROOT_OF_SPEC, &[""]));
    let error = failure(TaskErrorKind::Other, "no such key");
    let broken = SpecError { error: error.clone(), files: ["/lab/more.yaml".into()].into() };
    let read = Input::Ended(Ended::SpecRead(Err(broken)));
    assert_eq!(lab.on(1010, read), "tell ✖ env.yaml saved with mistakes; nothing is changed; watch 4 roots");
    let watching = Input::Ended(Ended::Watching(Changes::new()));
    assert_eq!(lab.on(1020, watching), "tell ! no such key; wake 30000");
    lab.on(2000, changed(3, &[""]));
    let broken = SpecError { error, files: ["/lab/more.yaml".into()].into() };
    let read = Input::Ended(Ended::SpecRead(Err(broken)));
    assert_eq!(
        lab.on(2010, read),
        "tell ✖ more.yaml saved with mistakes; nothing is changed; tell ! no such key; wake 30000"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_looks_at_its_own_build_and_tells_what_set_it_off() {
    let built = SPEC.replace("image: busybox:latest", "build: /lab/src").replace("action: restart", "action: rebuild");
    let mut lab = Lab::new(&built, true);
    lab.on(0, Input::Begin(Terminal::default()));
    lab.on(0, Input::Ended(Ended::Subscribed(Ok(()))));
    let empty = Input::Ended(Ended::Looked(Err(failure(TaskErrorKind::Other, "not now"))));
    assert_eq!(lab.on(0, empty), "tell ! not now; wake 30000");
    // The Dockerfile and the ignore rules of the build are watched, too.
    let root = lab.desired.files.len() + 4;
    assert_eq!(lab.on(1000, changed(root, &["deps"])), "look at the build of web");
    let looked = lab.look_for(&desired(SPEC)).await;
    assert_eq!(lab.on(1010, looked), "apply");
    let done = Input::Ended(Ended::Applied(Ok(())));
    assert_eq!(lab.on(3000, done), "tell ✔ web rebuilt · 2000 ms · conf/deps (services.web.develop.watch[1]); look");
}
