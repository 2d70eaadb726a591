//! What breaks is repaired, ever more slowly, and at last left alone.

use super::lab::{Lab, SPEC, failure};
use crate::model::ServiceName;
use crate::reconcile::{Ended, Input, TaskErrorKind};

/// An event of the engine, the look that follows, and what is asked for then.
async fn look(lab: &mut Lab, ms: u64) -> String {
    lab.on(ms, Input::EngineEvent);
    assert_eq!(lab.on(ms + 100, Input::Elapsed), "look");
    let looked = lab.look().await;
    lab.on(ms + 110, looked)
}

/// The repair has ended, and the look that follows finds nothing.
async fn repaired(lab: &mut Lab, ms: u64) {
    lab.apply(&lab.desired.clone()).await;
    assert_eq!(lab.on(ms, Input::Ended(Ended::Applied(Ok(())))), "look");
    let looked = lab.look().await;
    assert_eq!(lab.on(ms + 10, looked), format!("wake {}", ms + 30_000));
}

#[tokio::test(start_paused = true)]
async fn what_breaks_is_repaired_and_looked_at_again() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.engine.remove(&lab.container()).unwrap();
    assert_eq!(look(&mut lab, 1000).await, "tell ✚ mending web (missing); apply");
    repaired(&mut lab, 2000).await;
}

#[tokio::test(start_paused = true)]
async fn without_healing_it_is_told_once_and_left_alone() {
    let mut lab = Lab::idle(SPEC, false).await;
    lab.engine.stop(&lab.container()).unwrap();
    let told = "tell ✖ web (exited (143)); it is not mended without --heal; wake 31100";
    assert_eq!(look(&mut lab, 1000).await, told);
    assert_eq!(look(&mut lab, 2000).await, "wake 32100");
}

#[tokio::test(start_paused = true)]
async fn what_a_user_stops_by_hand_is_no_crash() {
    let mut lab = Lab::idle(SPEC, true).await;
    for turn in 0..20 {
        let ms = 10_000 * (turn + 1);
        lab.engine.stop(&lab.container()).unwrap();
        assert_eq!(look(&mut lab, ms).await, "tell ✚ mending web (exited (143)); apply", "turn {turn}");
        repaired(&mut lab, ms + 1000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_repaired_ever_more_slowly_and_then_left_alone() {
    let mut lab = Lab::idle(SPEC, true).await;
    let mut told = Vec::new();
    let mut ms = 0;
    for _ in 0..5 {
        ms += 1000;
        lab.engine.die(&lab.container(), 3).unwrap();
        let mut asked = look(&mut lab, ms).await;
        told.push(asked.clone());
        if let Some((_, at)) = asked.rsplit_once("wake ").filter(|_| asked.contains("next try")) {
            ms = at.parse().unwrap();
            assert_eq!(lab.on(ms, Input::Elapsed), "look");
            let looked = lab.look().await;
            asked = lab.on(ms + 1, looked);
            told.push(asked.clone());
        }
        if asked.ends_with("apply") {
            repaired(&mut lab, ms + 200).await;
        }
    }
    let expected = [
        "tell ✚ mending web (exited (3)); apply",
        "tell … web crashed again; the next try is in 2 s; wake 4110",
        "tell ✚ mending web (exited (3)); apply",
        "tell … web crashed again; the next try is in 6 s; wake 11220",
        "tell ✚ mending web (exited (3)); apply",
        "tell … web crashed again; the next try is in 18 s; wake 30330",
        "tell ✚ mending web (exited (3)); apply",
        "tell ✖ web is degraded: it crashed 5 times in a row, so nothing more is tried until the spec is saved; wake 61430",
    ];
    assert_eq!(told, expected);
    assert!(lab.state.shown_to_person().degraded.contains(&ServiceName::new("web")));
    assert_eq!(look(&mut lab, 40_000).await, "wake 70100", "it is left alone");
    assert_eq!(lab.on(50_000, Input::Key('h')), "look", "the user wants it to be tried again");
    let looked = lab.look().await;
    assert_eq!(lab.on(50_010, looked), "tell ✚ mending web (exited (3)); apply");
}

#[tokio::test(start_paused = true)]
async fn a_repair_that_fails_waits_longer_each_time() {
    let mut lab = Lab::idle(SPEC, true).await;
    lab.engine.remove(&lab.container()).unwrap();
    assert_eq!(look(&mut lab, 1000).await, "tell ✚ mending web (missing); apply");
    let failed = || Input::Ended(Ended::Applied(Err(failure(TaskErrorKind::Other, "no image"))));
    assert_eq!(lab.on(2000, failed()), "tell ! no image; look");
    let looked = lab.look().await;
    assert_eq!(lab.on(2010, looked), "tell ✚ mending web (missing); apply", "the first is tried again at once");
    assert_eq!(lab.on(3000, failed()), "tell ! no image; look");
    let looked = lab.look().await;
    assert_eq!(lab.on(3010, looked), "tell ! web could not be mended; the next try is in 2 s; wake 5010");
}

#[tokio::test(start_paused = true)]
async fn a_repair_that_leaves_a_service_alone_is_planned_without_it() {
    let spec = SPEC.replace(
        "services:\n",
        "services:\n  db: {image: busybox:latest, command: [sleep, infinity], network_mode: none, x-dsenv: {settle: 0s}}\n",
    );
    let mut lab = Lab::idle(&spec, true).await;
    for ms in [1000, 2000] {
        lab.engine.die(&lab.container(), 3).unwrap();
        if ms == 2000 {
            lab.engine.remove(&lab.engine.container("lab-db-1").unwrap()).unwrap();
            break;
        }
        assert_eq!(look(&mut lab, ms).await, "tell ✚ mending web (exited (3)); apply");
        repaired(&mut lab, ms + 200).await;
    }
    assert_eq!(
        look(&mut lab, 2000).await,
        "tell … web crashed again; the next try is in 2 s; tell ✚ mending db (missing); look without web"
    );
}
