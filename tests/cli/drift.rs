//! `drift`, and what `plan` and `status` say of what a hand did.

use dsenv::engine::memory::Memory;
use dsenv::model::Tunable;
use serde_json::Value;

use super::lab::Lab;

const TWO: &str = "services:\n  db: {image: busybox, mem_limit: 64m, networks: [back]}\n  \
                   web: {image: busybox, networks: [back, front]}\nnetworks: {back: {}, front: {}}\n";

fn engine(lab: &Lab) -> Memory {
    Memory::open(lab.path("world.json"), 20)
}

#[test]
fn nothing_done_by_hand_is_no_drift_whatever_the_file_says_now() {
    let lab = Lab::new(TWO);
    let none = lab.expect(0, &["drift"]);
    assert!(none.stdout.contains("nothing was applied yet"), "{none:?}");
    lab.expect(0, &["apply"]);
    lab.spec(&TWO.replace("64m", "128m").replace("web:", "app:"));
    let none = lab.expect(0, &["drift"]);
    assert!(none.stdout.starts_with("No drift"), "{none:?}");
    lab.expect(2, &["plan", "--detailed-exitcode"]);
}

#[test]
fn what_a_hand_did_is_told_three_ways() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    let hand = engine(&lab);
    let db = hand.container("lab-db-1").unwrap();
    let web = hand.container("lab-web-1").unwrap();
    let limits = Tunable { memory: Some(32 << 20), memory_swap: Some(64 << 20), ..Tunable::default() };
    hand.docker_update(&db, limits).unwrap();
    hand.disconnect(&web, "lab_front").unwrap();
    hand.pause(&web).unwrap();
    lab.spec(&TWO.replace("64m", "128m"));

    let told = lab.expect(2, &["drift", "--format", "plain"]);
    for line in [
        "service.db[1] (lab-db-1) mem_limit: 64 MiB -> 32 MiB (the file asks for 128 MiB now) [env.yaml:3:",
        "service.web[1] (lab-web-1) networks.front: {aliases: [web]} -> unset",
        "service.web[1] (lab-web-1) state: running -> paused",
        "Drift: 2 resources are not as the last apply",
    ] {
        assert!(told.stdout.contains(line), "{line} is not in {told:?}");
    }
    let json: Value = serde_json::from_str(&lab.expect(2, &["drift", "--format", "json"]).stdout).unwrap();
    let memory = &json["resource_drift"][0]["fields"][0];
    assert_eq!(
        (&memory["recorded"], &memory["file"], &memory["live"]),
        (&Value::from(64 << 20), &Value::from(128 << 20), &Value::from(32 << 20))
    );
    let plan: Value = serde_json::from_str(&lab.expect(0, &["plan", "--format", "json"]).stdout).unwrap();
    assert_eq!(plan["resource_drift"], json["resource_drift"], "a plan knows as much");
    let status = lab.expect(0, &["status"]).stdout;
    assert!(status.contains("changed by hand: lab-db-1: mem_limit: 64 MiB -> 32 MiB"), "{status}");
    assert!(status.contains("changed by hand: lab-web-1: state: running -> paused"), "{status}");
    let plan = lab.expect(0, &["plan"]).stdout;
    assert!(plan.contains("changed by hand: paused") && plan.contains("changed by hand"), "{plan}");

    lab.spec(TWO);
    lab.expect(0, &["apply", "--yes"]);
    lab.expect(0, &["drift"]);
}

#[test]
fn what_a_hand_removed_or_renamed_is_told() {
    let volume = "volumes: {data: {}}\n";
    let lab = Lab::new(&format!("{}{volume}", TWO.replace("db: {", "db: {volumes: ['data:/data'], ")));
    lab.expect(0, &["apply"]);
    let hand = engine(&lab);
    hand.remove(&hand.container("lab-db-1").unwrap()).unwrap();
    hand.remove_volume("lab_data").unwrap();
    hand.rename(&hand.container("lab-web-1").unwrap(), "mine").unwrap();
    let told = lab.expect(2, &["drift", "--format", "plain"]).stdout;
    for line in [
        "volume.data (lab_data) state: present -> absent",
        "service.db[1] (lab-db-1) state: running -> absent",
        "service.web[1] (lab-web-1) container_name: lab-web-1 -> mine",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    let plan = lab.expect(0, &["plan"]).stdout;
    assert_eq!(plan.matches("changed by hand: removed since the last apply").count(), 2, "{plan}");
    assert!(!lab.expect(2, &["drift"]).stderr.contains("error"));
}

#[test]
fn what_is_to_be_left_alone_is_no_drift() {
    let lab = Lab::new(&TWO.replace("mem_limit", "x-dsenv: {ignore_changes: [mem_limit, networks.back]}, mem_limit"));
    lab.expect(0, &["apply"]);
    let hand = engine(&lab);
    let db = hand.container("lab-db-1").unwrap();
    let limits = Tunable { memory: Some(32 << 20), memory_swap: Some(64 << 20), ..Tunable::default() };
    hand.docker_update(&db, limits).unwrap();
    hand.disconnect(&db, "lab_back").unwrap();
    lab.expect(0, &["drift"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
}
