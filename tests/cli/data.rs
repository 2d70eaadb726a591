//! What no command does by the way: touch data.

use super::lab::Lab;

fn spec(options: &str) -> String {
    format!("services:\n  db: {{image: busybox, volumes: ['data:/data']}}\nvolumes:\n  data: {options}\n")
}

#[test]
fn destroy_keeps_volumes_and_the_next_apply_finds_them() {
    let lab = Lab::new(&spec("{}"));
    lab.expect(0, &["apply"]);
    let refused = lab.expect(7, &["destroy"]);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    let gone = lab.expect(0, &["destroy", "--yes"]);
    assert!(gone.stdout.contains("lab_data"), "the volume that stays is named: {gone:?}");
    let again = lab.expect(0, &["plan"]);
    assert!(!again.stdout.contains("create volume.data"), "{again:?}");
    assert!(again.stdout.contains("create service.db[1]"), "{again:?}");
}

#[test]
fn destroy_takes_data_only_by_its_name() {
    let lab = Lab::new(&spec("{}"));
    lab.expect(0, &["apply"]);
    lab.expect(0, &["down", "--yes", "--destroy-data", "lab_data"]);
    assert!(lab.expect(0, &["plan"]).stdout.contains("create volume.data"));
}

#[test]
fn destroy_of_nothing_is_nothing() {
    let lab = Lab::new(&spec("{}"));
    lab.expect(0, &["destroy"]);
}

#[test]
fn a_project_can_be_destroyed_by_name_alone() {
    let lab = Lab::new(&spec("{}"));
    lab.expect(0, &["apply"]);
    std::fs::remove_file(lab.path("env.yaml")).unwrap();
    lab.expect(0, &["destroy", "--yes", "-p", "lab"]);
    lab.expect(4, &["destroy", "--yes"]);
}

#[test]
fn a_changed_volume_stops_the_plan_whatever_yes_says() {
    let lab = Lab::new(&spec("{}"));
    lab.expect(0, &["apply"]);
    lab.spec(&spec("{driver_opts: {type: tmpfs, device: tmpfs}}"));
    let refused = lab.expect(7, &["apply", "--yes"]);
    assert!(refused.stderr.contains("--destroy-data lab_data"), "{refused:?}");
    lab.expect(0, &["apply", "--yes", "--destroy-data", "lab_data"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
}

#[test]
fn a_name_that_means_two_volumes_destroys_neither() {
    let lab = Lab::new(
        "services: {db: {image: busybox, volumes: ['data:/a', 'other:/b']}}\nvolumes: {data: {}, other: {name: data}}\n",
    );
    lab.expect(0, &["apply"]);
    let refused = lab.expect(4, &["destroy", "--yes", "--destroy-data", "data"]);
    for told in [
        "data is the name of more than one volume: data (volume other) and lab_data (volume data); nothing is destroyed",
        "say which: `--destroy-data other` or `--destroy-data lab_data`",
    ] {
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
    }
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"), "nothing is done");
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "other"]);
    let plan = lab.expect(0, &["plan"]).stdout;
    assert!(plan.contains("create volume.other") && !plan.contains("create volume.data"), "{plan}");
}
