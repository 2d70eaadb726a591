//! `plan -o FILE` and `apply FILE`.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::lab::{Lab, Ran, ran};

const WEB: &str = "services:\n  web: {image: busybox, environment: {DEBUG: '1'}}\n";
const LIMITED: &str = "services:\n  web: {image: busybox, environment: {DEBUG: '1'}, mem_limit: 64m}\n";

/// A run in another folder that names no engine itself.
fn elsewhere(lab: &Lab, folder: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
    command.args(arguments).current_dir(lab.path(folder)).stdin(Stdio::null()).env("DSENV_MEMORY_PACE", "20");
    for name in ["DOCKER_HOST", "DSENV_HOST"] {
        command.env_remove(name);
    }
    ran(command.env("XDG_RUNTIME_DIR", lab.path(".")).output().unwrap())
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_reviewed() {
    let lab = Lab::new(WEB);
    let saved = lab.expect(2, &["plan", "-o", "first.plan", "--detailed-exitcode"]);
    assert!(saved.stderr.contains("dsenv apply first.plan"), "{saved:?}");
    assert!(!lab.path("world.json").exists(), "a plan changes nothing");
    let mode = lab.path("first.plan").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    lab.expect(0, &["apply", "first.plan"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));

    // A replacement asks nobody: the plan was looked at.
    lab.spec(&WEB.replace("'1'", "'2'"));
    lab.expect(0, &["plan", "--out", "second.plan"]);
    let applied = lab.expect(0, &["apply", "second.plan"]);
    assert!(applied.stdout.contains("environment.DEBUG"), "{applied:?}");
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
    let stale = lab.expect(5, &["apply", "second.plan"]);
    assert!(stale.stderr.contains("service.web[1] (lab-web-1)"), "{stale:?}");
}

#[test]
fn what_moved_is_told_field_by_field_and_nothing_is_done() {
    let lab = Lab::new(WEB);
    lab.expect(0, &["apply"]);
    lab.spec(LIMITED);
    lab.expect(0, &["plan", "-o", "lab.plan"]);

    lab.spec(&LIMITED.replace("64m", "128m"));
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("the file: service.web: mem_limit: 64 MiB -> 128 MiB"), "{stale:?}");
    assert!(!stale.stderr.contains("config_hash"), "what follows from it says nothing more: {stale:?}");

    lab.spec(&LIMITED.replace("busybox", "other"));
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("the file: service.web: image: busybox -> other"), "{stale:?}");

    lab.spec("services:\n  db: {image: busybox}\n");
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("the file: service.web: it: there -> absent"), "{stale:?}");

    lab.spec(LIMITED);
    lab.expect(0, &["apply", "--replace", "web", "--yes"]);
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("service.web[1] (lab-web-1): id: "), "another container: {stale:?}");

    std::fs::rename(lab.path("env.yaml"), lab.path("moved.yaml")).unwrap();
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("env.yaml is gone"), "{stale:?}");
}

#[test]
fn a_comment_a_moved_line_and_another_folder_move_nothing() {
    let lab = Lab::new(WEB);
    lab.expect(0, &["plan", "-o", "lab.plan"]);
    std::fs::write(lab.path("env.yaml"), format!("# a comment\n\nname: lab\n{WEB}")).unwrap();
    std::fs::create_dir(lab.path("below")).unwrap();
    let ran = elsewhere(&lab, "below", &["apply", "../lab.plan"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_secret_is_not_in_the_file_and_a_changed_one_is_seen() {
    let spec = |password: &str| {
        format!(
            "services:\n  web: {{image: busybox, environment: {{DB_PASSWORD: {password}}}, secrets: [pw]}}\n\
             secrets: {{pw: {{file: pw.txt}}}}\n"
        )
    };
    let lab = Lab::new(&spec("hunter2"));
    std::fs::write(lab.path("pw.txt"), "correct horse").unwrap();
    lab.expect(0, &["plan", "-o", "lab.plan"]);
    let text = std::fs::read_to_string(lab.path("lab.plan")).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("correct horse"), "{text}");

    lab.spec(&spec("hunter3"));
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("environment.DB_PASSWORD: (sensitive) changed"), "{stale:?}");
    assert!(!stale.stderr.contains("hunter"), "{stale:?}");
    lab.spec(&spec("hunter2"));
    std::fs::write(lab.path("pw.txt"), "another horse").unwrap();
    let stale = lab.expect(5, &["apply", "lab.plan"]);
    assert!(stale.stderr.contains("the file: service.web: files./run/secrets/pw.content"), "{stale:?}");
    std::fs::write(lab.path("pw.txt"), "correct horse").unwrap();
    lab.expect(0, &["apply", "lab.plan"]);
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let nonce = plan["saved"]["nonce"].as_str().expect("the project had no key yet");
    let world = std::fs::read_to_string(lab.path("world.json")).unwrap();
    assert!(!world.contains(nonce), "the key of the file is not the project's");
}

#[test]
fn what_a_saved_plan_is_about_is_in_it_alone() {
    let lab = Lab::new("services:\n  web: {image: busybox}\n  db: {image: busybox}\n");
    lab.expect(0, &["plan", "--target", "db", "-o", "db.plan"]);
    for flags in [["--target", "web"], ["-f", "env.yaml"], ["-p", "other"], ["--profile", "gpu"]] {
        let refused = lab.expect(4, &[&["apply", "db.plan"][..], &flags].concat());
        assert!(refused.stderr.contains("a saved plan says itself"), "{refused:?}");
    }
    let refused = lab.expect(4, &["apply", "db.plan", "--watch"]);
    assert!(refused.stderr.contains("--watch"), "{refused:?}");
    let other = elsewhere(&lab, ".", &["apply", "db.plan", "--host", "memory:other.json"]);
    assert_eq!(other.code, 5, "{other:?}");
    assert!(other.stderr.contains("the plan was made for memory:"), "{other:?}");
    lab.expect(0, &["apply", "db.plan"]);
    let status = lab.expect(0, &["status"]).stdout;
    assert!(status.contains("db       1/1") && status.contains("web      0/1"), "{status}");
}

#[test]
fn a_plan_of_another_version_or_half_a_plan_is_refused_with_what_to_do() {
    let lab = Lab::new(WEB);
    lab.expect(0, &["plan", "-o", "lab.plan"]);
    let text = std::fs::read_to_string(lab.path("lab.plan")).unwrap();
    let version = format!("\"dsenv_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(lab.path("old.plan"), text.replace(&version, "\"dsenv_version\": \"9.9.9\"")).unwrap();
    let refused = lab.expect(5, &["apply", "old.plan"]);
    assert!(
        refused.stderr.contains("saved by dsenv 9.9.9") && refused.stderr.contains("plan -o old.plan"),
        "{refused:?}"
    );
    let json = lab.expect(0, &["plan", "--format", "json"]).stdout;
    std::fs::write(lab.path("json.plan"), json).unwrap();
    let refused = lab.expect(4, &["apply", "json.plan"]);
    assert!(refused.stderr.contains("cannot be applied"), "{refused:?}");
    let stdin = lab.expect(4, &["-f", "-", "plan", "-o", "x.plan"]);
    assert!(!stdin.stderr.is_empty() && !lab.path("x.plan").exists(), "{stdin:?}");
    let nowhere = lab.expect(1, &["plan", "-o", "no/such/folder/x.plan"]);
    assert!(nowhere.stderr.contains("cannot be saved in no/such/folder/x.plan"), "{nowhere:?}");
}

#[test]
fn another_fate_of_a_container_is_told() {
    let lab = Lab::new(WEB);
    lab.expect(0, &["apply"]);
    lab.spec(LIMITED);
    lab.expect(0, &["plan", "-o", "lab.plan"]);
    lab.spec(&LIMITED.replace("DEBUG: '1'", "DEBUG: '1', MORE: x"));
    let stale = lab.expect(5, &["apply", "lab.plan", "--yes"]);
    assert!(stale.stderr.contains("the plan: service.web[1] (lab-web-1): planned: update -> replace"), "{stale:?}");
    assert!(stale.stderr.contains("environment.MORE: unset -> x"), "{stale:?}");
}

#[test]
fn only_a_saved_plan_is_replaced_by_one() {
    let lab = Lab::new(WEB);
    let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
    let json = lab.expect(0, &["plan", "--format", "json"]).stdout;
    std::fs::write(lab.path("plan.json"), &json).unwrap();
    std::fs::write(lab.path("other.json"), "{\"format_version\": \"1.0\", \"saved\": 3}").unwrap();
    std::os::unix::fs::symlink("nowhere", lab.path("dangling")).unwrap();
    std::os::unix::fs::symlink("env.yaml", lab.path("link")).unwrap();
    assert!(Command::new("mkfifo").arg(lab.path("fifo")).status().unwrap().success());
    std::fs::create_dir(lab.path("folder")).unwrap();
    for name in
        ["env.yaml", "plan.json", "other.json", "dangling", "link", "fifo", "folder", "/dev/null", "/dev/stdout"]
    {
        let refused = lab.expect(4, &["plan", "-o", name]);
        assert!(refused.stderr.contains("the plan cannot be saved in"), "{name}: {refused:?}");
    }
    assert_eq!(std::fs::read_to_string(lab.path("env.yaml")).unwrap(), spec);
    assert!(lab.path("link").is_symlink() && lab.path("dangling").is_symlink());

    std::fs::write(lab.path("empty"), "").unwrap();
    lab.expect(0, &["plan", "-o", "empty"]);
    lab.expect(0, &["plan", "-o", "empty"]);
    lab.expect(0, &["apply", "empty"]);
}
