//! Files that never end, and names that cannot be one: refused at once.

use std::process::Command;

use super::lab::Lab;

#[test]
fn a_file_that_never_ends_is_refused_at_once() {
    let lab = Lab::new("services: {a: {image: busybox, env_file: ./pipe}}");
    let made = Command::new("mkfifo").args(["pipe", "other"]).current_dir(lab.folder.path()).status().unwrap();
    assert!(made.success());
    for arguments in [
        &["apply", "/dev/zero"][..],
        &["apply", "other"],
        &["plan", "-f", "/dev/urandom"],
        &["validate", "-f", "other"],
        &["validate"],
        &["validate", "--env-file", "/dev/zero"],
        &["validate", "--env-file", "other"],
    ] {
        let refused = lab.expect(4, arguments);
        assert!(refused.stderr.contains("not a regular file"), "{arguments:?}: {refused:#?}");
    }
}

#[test]
fn what_a_shell_hands_over_is_read_to_its_end() {
    let lab = Lab::new("services: {a: {image: \"busybox:${TAG}\"}}");
    let dsenv = assert_cmd::cargo::cargo_bin!("dsenv").display().to_string();
    let line = format!("'{dsenv}' --env-file <(echo TAG=handed) config --images");
    let ran = Command::new("bash").args(["-c", &line]).current_dir(lab.folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "busybox:handed\n", "{ran:?}");
    // A spec, too, whether it is named by itself or with -f: a pipe can be read once.
    let spec = "<(printf 'name: handed\\nservices: {a: {image: busybox}}\\n')";
    for verb in [format!("plan {spec}"), format!("plan -f {spec}"), format!("apply --yes {spec}")] {
        let engine = format!("memory:{}", lab.path("handed").display());
        let line = format!("'{dsenv}' --host {engine} {verb}");
        let ran = Command::new("bash").args(["-c", &line]).current_dir(lab.folder.path()).output().unwrap();
        assert!(ran.status.success() && !ran.stdout.is_empty(), "{verb}: {ran:?}");
    }
}

#[test]
fn a_name_that_no_environment_can_have_is_refused_by_every_verb() {
    let lab = Lab::new("services: {a: {image: busybox}}");
    for verb in ["destroy", "logs", "history", "status", "plan", "unlock"] {
        for name in ["A/../B", "Lab", "-x", ""] {
            let refused = lab.expect(4, &[&format!("--project-name={name}"), verb]);
            assert!(refused.stderr.contains("cannot be the name of an environment"), "{verb} {name}: {refused:#?}");
        }
    }
}
