//! An environment that an earlier release made: its labels and records as that release left them on the memory engine,
//! after three applies. `kept/` is never written anew: it stands for what users have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lab::Lab;

/// With the file, the engine and the variables of the last apply.
fn kept() -> Lab {
    let lab = Lab::new("");
    for name in ["env.yaml", "world.json"] {
        std::fs::copy(format!("{}/tests/cli/kept/{name}", env!("CARGO_MANIFEST_DIR")), lab.path(name)).unwrap();
    }
    std::fs::write(lab.path(".env"), "PW=hunter2\nMODE=slow\n").unwrap();
    lab
}

/// The containers by name, with their ids.
fn containers(lab: &Lab) -> BTreeMap<String, String> {
    let world: Value = serde_json::from_slice(&std::fs::read(lab.path("world.json")).unwrap()).unwrap();
    let containers = world["containers"].as_object().unwrap().iter();
    containers.map(|(id, container)| (container["name"].as_str().unwrap().to_owned(), id.clone())).collect()
}

#[test]
fn nothing_that_an_earlier_release_made_is_replaced() {
    let lab = kept();
    let before = containers(&lab);
    assert_eq!(before.len(), 4);
    assert_eq!(
        lab.expect(0, &["plan", "--detailed-exitcode"]).stdout,
        "No changes: 8 resources are as the spec asks\n"
    );
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"));
    let status = lab.expect(0, &["status"]).stdout;
    assert!(status.contains("web      1/1       running") && !status.contains("changed by hand"), "{status}");
    lab.expect(0, &["apply"]);
    assert_eq!(containers(&lab), before);
}

#[test]
fn every_record_of_an_earlier_release_is_read() {
    let lab = kept();
    let records: Value = serde_json::from_str(&lab.expect(0, &["history", "--format", "json"]).stdout).unwrap();
    let numbers = records.as_array().unwrap().iter().map(|record| record["sequence"].as_u64().unwrap());
    assert_eq!(numbers.collect::<Vec<_>>(), [3, 2, 1]);

    let before = containers(&lab);
    let plan = lab.expect(7, &["rollback", "--to", "1"]).stdout;
    for line in ["replace service.db[1]", "environment.LANG  C -> C.UTF-8", "mem_limit", "256 MiB -> 512 MiB", "web[2]"]
    {
        assert!(plan.contains(line), "{line} is not in {plan}");
    }
    lab.expect(0, &["rollback", "--to", "1", "--yes"]);
    let after = containers(&lab);
    assert_eq!(after.len(), 5);
    assert_eq!(before["lab-job-1"], after["lab-job-1"], "a job that is done is not run again");
    lab.expect(0, &["rollback", "--to", "2", "--yes"]);
    assert_eq!(containers(&lab).len(), 5, "two replicas, as the second record says");
}

#[test]
fn what_an_earlier_release_made_is_destroyed_without_its_data() {
    let lab = kept();
    let told = lab.expect(0, &["destroy", "--yes"]);
    assert!(containers(&lab).is_empty());
    let world = std::fs::read_to_string(lab.path("world.json")).unwrap();
    assert!(world.contains("\"lab_data\""), "the volume stays: {told:?}");
    for own in ["lab_dsenv_record_1", "lab_dsenv_record_3", "lab_dsenv_lock"] {
        assert!(!world.contains(own), "{own} is left: {told:?}");
    }
}
