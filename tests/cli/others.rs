//! What stands beside an environment: one-offs of `docker compose run`, and containers of others on its networks.

use dsenv::engine::memory::Memory;
use dsenv::model::Attachment;
use dsenv::state::label::Labels;

use super::lab::Lab;

const VPN: &str =
    "services:\n  vpn: {image: busybox, restart: always}\n  web: {image: busybox, network_mode: 'service:vpn'}\n";

const DB: &str = "services:\n  db: {image: busybox}\n";

fn engine(lab: &Lab) -> Memory {
    Memory::open(lab.path("world.json"), 20)
}

/// As `docker compose run -d db` leaves it.
fn one_off(lab: &Lab, name: &str) -> dsenv::state::ContainerId {
    let labels = [
        ("com.docker.compose.project", "lab"),
        ("com.docker.compose.service", "db"),
        ("com.docker.compose.container-number", "1"),
        ("com.docker.compose.oneoff", "True"),
    ];
    let labels: Labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let hand = engine(lab);
    let id = hand.run_foreign(name, "busybox", labels).unwrap();
    hand.connect(&id, "lab_default", &Attachment::default()).unwrap();
    id
}

#[test]
fn a_one_off_is_seen_everywhere_and_destroyed_only_when_asked() {
    let lab = Lab::new(DB);
    lab.expect(0, &["apply"]);
    one_off(&lab, "lab-db-run-1");
    let plan = lab.expect(0, &["plan", "--detailed-exitcode"]).stdout;
    assert!(plan.contains("lab-db-run-1") && plan.contains("one-off of service db") && plan.contains("No changes"));
    assert!(lab.expect(0, &["status"]).stdout.contains("one-off lab-db-run-1: running"));
    lab.expect(0, &["apply", "--prune", "--yes"]);
    assert!(engine(&lab).container("lab-db-run-1").is_ok());

    let destroyed = lab.expect(0, &["destroy", "--yes"]).stdout;
    for told in ["stray.lab-db-run-1", "it is kept, since lab-db-run-1 is on it", "--remove-orphans removes it"] {
        assert!(destroyed.contains(told), "{told} is not in {destroyed}");
    }
    assert_eq!(engine(&lab).containers().unwrap(), ["lab-db-run-1".into()]);
    lab.expect(0, &["destroy", "--yes", "--remove-orphans"]);
    assert!(engine(&lab).containers().unwrap().is_empty() && engine(&lab).volumes().unwrap().is_empty());
}

#[test]
fn a_one_off_that_has_ended_is_a_stray() {
    let lab = Lab::new(DB);
    lab.expect(0, &["apply"]);
    let id = one_off(&lab, "lab-db-run-1");
    engine(&lab).stop(&id).unwrap();
    let plan = lab.expect(0, &["plan"]).stdout;
    assert!(plan.contains("leave") && plan.contains("one-off of service db (`run`), exited"), "{plan}");
    lab.expect(0, &["apply", "--prune", "--yes"]);
    assert_eq!(engine(&lab).containers().unwrap(), ["lab-db-1".into()]);
}

#[test]
fn a_network_that_somebody_else_is_on_is_kept_and_named() {
    let lab = Lab::new(DB);
    lab.expect(0, &["apply"]);
    let hand = engine(&lab);
    let guest = hand.run_foreign("mine", "busybox", Labels::new()).unwrap();
    hand.connect(&guest, "lab_default", &Attachment::default()).unwrap();
    let destroyed = lab.expect(0, &["destroy", "--yes"]).stdout;
    assert!(destroyed.contains("it is kept, since mine is on it"), "{destroyed}");
    lab.expect(0, &["destroy", "--yes"]);
    hand.stop(&guest).unwrap();
    let plan = lab.expect(0, &["destroy", "--yes"]).stdout;
    assert!(plan.contains("remove"), "who has stopped is on no network: {plan}");
}

#[test]
fn what_shares_a_namespace_follows_when_its_owner_was_started_by_hand_or_by_itself() {
    for mode in ["network_mode", "ipc", "pid"] {
        let lab = Lab::new(&VPN.replace("network_mode", mode));
        lab.expect(0, &["apply"]);
        lab.expect(0, &["drift"]);
        let hand = engine(&lab);
        for by_itself in [false, true] {
            let vpn = hand.container("lab-vpn-1").unwrap();
            match by_itself {
                true => hand.die(&vpn, 1).unwrap(),
                false => hand.stop(&vpn).and_then(|()| hand.start(&vpn)).unwrap(),
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
            let drift = lab.expect(2, &["drift", "--format", "plain"]).stdout;
            assert!(
                drift.contains("service.web[1] (lab-web-1) state: running -> \"cut off from vpn\""),
                "{mode}: {drift}"
            );
            let plan = lab.expect(2, &["plan", "--detailed-exitcode"]).stdout;
            assert!(plan.contains("vpn was started after it"), "{mode}: {plan}");
            lab.expect(0, &["apply", "--yes"]);
            lab.expect(0, &["plan", "--detailed-exitcode"]);
            lab.expect(0, &["drift"]);
        }
    }
}
