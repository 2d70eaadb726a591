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
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.ends_with(".lock") && name.starts_with("dsenv-")), "{left:?}");
}
