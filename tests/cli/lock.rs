//! One at a time.

use std::time::Duration;

use super::lab::{Lab, ran};

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

/// A service that becomes healthy after so many seconds of the twin.
fn slow(seconds: u32) -> String {
    let health = format!(
        "healthcheck: {{test: 'true', interval: 1s, start_period: 10000s}}, environment: {{DSENV_TWIN: 'healthy:{seconds}s'}}"
    );
    format!(
        "services:\n  web: {{image: busybox, {health}}}\n  late: {{image: busybox, depends_on: {{web: {{condition: service_healthy}}}}}}\n"
    )
}

fn wait_for(lab: &Lab, text: &str) {
    for _ in 0..500 {
        if std::fs::read_to_string(lab.path("world.json")).is_ok_and(|world| world.contains(text)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the world never held {text}");
}

#[test]
fn a_second_apply_names_the_first_and_gives_up() {
    let lab = Lab::new(&slow(200));
    let mut first = lab.spawn(&["apply"]);
    wait_for(&lab, "lab-web-1");
    let refused = lab.expect(6, &["apply", "--lock-timeout", "0"]);
    assert!(refused.stderr.contains("ada@") && refused.stderr.contains("is at work"), "{refused:?}");
    let held = lab.expect(6, &["unlock"]);
    assert!(held.stderr.contains("--force"), "{held:?}");
    interrupt(&first);
    first.wait().unwrap();
}

#[test]
fn a_second_apply_waits_for_the_first_and_finds_nothing_to_do() {
    let lab = Lab::new(&slow(40));
    let first = lab.spawn(&["apply"]);
    wait_for(&lab, "lab-web-1");
    lab.expect(0, &["apply", "--lock-timeout", "30s"]);
    assert_eq!(ran(first.wait_with_output().unwrap()).code, 0);
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 1);
}

#[test]
fn ctrl_c_ends_the_waits_and_the_next_apply_goes_on() {
    let lab = Lab::new(&slow(200));
    let first = lab.spawn(&["apply"]);
    wait_for(&lab, "lab-web-1");
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&first);
    let first = ran(first.wait_with_output().unwrap());
    assert_eq!(first.code, 130, "{first:?}");
    assert!(!std::fs::read_to_string(lab.path("world.json")).unwrap().contains("dsenv_lock"), "the lock is given back");
    lab.spec(&slow(1));
    lab.expect(0, &["apply", "--yes"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
}

#[test]
fn a_second_ctrl_c_drops_everything_and_the_next_apply_repairs_it() {
    let spec = |edition: u8| {
        format!(
            "services:\n  web: {{image: busybox, stop_grace_period: 1000s, environment: {{DSENV_TWIN: stubborn, V: '{edition}'}}}}\n"
        )
    };
    let lab = Lab::new(&spec(1));
    lab.expect(0, &["apply"]);
    lab.spec(&spec(2));
    let mut run = lab.spawn(&["apply", "--yes"]);
    wait_for(&lab, "lab-web-1.next");
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&run);
    std::thread::sleep(Duration::from_millis(300));
    assert!(run.try_wait().unwrap().is_none(), "a stop is not given up half-way");
    interrupt(&run);
    let ran = ran(run.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    lab.spec(&spec(2).replace("1000s", "1s"));
    lab.expect(0, &["apply", "--yes"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
    assert!(!std::fs::read_to_string(lab.path("world.json")).unwrap().contains(".next"));
}

#[test]
fn a_lock_whose_holder_was_killed_is_in_nobodys_way() {
    let lab = Lab::new(&slow(200));
    let mut first = lab.spawn(&["apply"]);
    wait_for(&lab, "lab-web-1");
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(std::fs::read_to_string(lab.path("world.json")).unwrap().contains("dsenv_lock"));
    lab.spec(&slow(1));
    lab.expect(0, &["apply", "--yes"]);
    assert!(!std::fs::read_to_string(lab.path("world.json")).unwrap().contains("dsenv_lock"));
}

#[test]
fn unlock_removes_the_lock_of_the_dead() {
    let lab = Lab::new(&slow(200));
    let mut first = lab.spawn(&["apply"]);
    wait_for(&lab, "lab-web-1");
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(lab.expect(0, &["unlock"]).stderr.contains("removed the lock of ada@"));
    assert!(lab.expect(0, &["unlock"]).stderr.contains("nobody holds"));
}

#[test]
fn no_local_file_of_the_lock_stays() {
    let lab = Lab::new(&slow(1));
    lab.expect(0, &["apply"]);
    let left = std::fs::read_dir(lab.folder.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().path()).filter(|path| path.ends_with("dsenv")).collect();
    assert_eq!(left.len(), 1, "the folder of locks stays");
    assert_eq!(std::fs::read_dir(&left[0]).unwrap().count(), 0, "and nothing in it");
}

#[test]
fn a_long_name_and_a_trap_in_the_shared_folder_are_in_nobodys_way() {
    let lab = Lab::new(&slow(1));
    let precious = lab.path("precious");
    std::fs::write(&precious, "data").unwrap();
    std::os::unix::fs::symlink(&precious, lab.path("dsenv")).unwrap();
    lab.expect(0, &["-p", &"p".repeat(180), "apply"]);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "data");
}

#[test]
fn a_lock_that_says_nothing_is_removed_by_force() {
    let lab = Lab::new(&slow(1));
    lab.expect(0, &["apply"]);
    let mut world: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(lab.path("world.json")).unwrap()).unwrap();
    let mut lock = world["volumes"]["lab_dsenv_key"].clone();
    assert!(lock.is_object(), "{world}");
    lock["labels"] =
        serde_json::json!({"dev.dsenv.env": "lab", "dev.dsenv.kind": "lock", "dev.dsenv.value": "no JSON"});
    world["volumes"]["lab_dsenv_lock"] = lock;
    std::fs::write(lab.path("world.json"), world.to_string()).unwrap();
    assert!(lab.expect(6, &["unlock"]).stderr.contains("somebody holds the lock"));
    assert!(lab.expect(0, &["unlock", "--force"]).stderr.contains("removed the lock of somebody"));
    assert!(lab.expect(0, &["unlock"]).stderr.contains("nobody holds"));
}

#[test]
fn what_has_only_the_name_of_dsenvs_own_is_told_and_left() {
    let lab = Lab::new(&slow(1));
    lab.expect(0, &["apply"]);
    lab.expect(0, &["destroy", "--yes"]);
    let names = ["lab_dsenv_key", "lab_dsenv_lock", "lab_dsenv_record_1"];
    let mut world: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(lab.path("world.json")).unwrap()).unwrap();
    for name in names {
        world["volumes"][name] = serde_json::json!({"definition": {"driver": "local"}, "labels": {}, "files": {}});
    }
    std::fs::write(lab.path("world.json"), world.to_string()).unwrap();
    let volumes = || {
        serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(lab.path("world.json")).unwrap()).unwrap()["volumes"].clone()
    };
    let applied = lab.expect(0, &["apply"]);
    assert!(names.iter().all(|name| applied.stderr.contains(name)), "{applied:?}");
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 1);
    lab.expect(0, &["destroy", "--yes"]);
    let left = volumes();
    let left: Vec<_> = left.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(left, names);
}

#[test]
fn a_volume_with_a_name_of_dsenvs_own_is_a_mistake_at_its_line() {
    let service = "services: {web: {image: busybox, volumes: ['data:/data']}}\n";
    for volume in [
        "data: {name: lab_dsenv_key}",
        "data: {name: lab_dsenv_lock, external: true}",
        "data: {name: lab_dsenv_record_4}",
    ] {
        let lab = Lab::new(&format!("{service}volumes:\n  {volume}\n"));
        let told = lab.expect(4, &["plan"]);
        assert!(told.stderr.contains("env.yaml:4:") && told.stderr.contains("lab_dsenv_"), "{told:?}");
    }
    for key in ["dsenv_lock", "dsenv_key", "dsenv_record_1", "dsenv_files_x"] {
        let lab = Lab::new(&format!("services: {{web: {{image: busybox}}}}\nvolumes:\n  {key}: {{}}\n"));
        assert!(lab.expect(4, &["apply"]).stderr.contains("env.yaml:4:"));
    }
    Lab::new("services: {web: {image: busybox}}\nvolumes: {dsenv_data: {}, lock: {}}\n").expect(0, &["plan"]);
}
