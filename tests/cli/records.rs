//! What an apply leaves on record, and what later looks make of it.

use dsenv::engine::memory::Memory;

use super::lab::{Lab, ran};

const TWO: &str = "services:\n  db: {image: busybox, networks: [back], volumes: ['data:/data']}\n  \
                   web: {image: busybox}\nnetworks: {back: {}}\nvolumes: {data: {}}\n";

fn engine(lab: &Lab) -> Memory {
    Memory::open(lab.path("world.json"), 20)
}

#[test]
fn what_was_not_targeted_was_not_applied() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply", "--target", "web"]);
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"));
    assert!(!lab.expect(0, &["status"]).stdout.contains("changed by hand"));
    assert!(lab.expect(0, &["history"]).stdout.contains("  1 service\n"));
    lab.expect(0, &["apply", "--exclude", "web"]);
    assert!(lab.expect(0, &["history"]).stdout.contains("  2 services\n"));
    lab.expect(0, &["drift"]);
    engine(&lab).remove(&engine(&lab).container("lab-web-1").unwrap()).unwrap();
    assert!(lab.expect(2, &["drift"]).stdout.contains("service.web[1]"), "what was applied first is on record still");
}

#[test]
fn an_apply_that_failed_in_part_leaves_a_record_of_what_it_did() {
    let lab = Lab::new(&TWO.replace("web: {image: busybox", "web: {image: busybox, command: sh -c 'exit 3'"));
    assert_ne!(lab.run(&["apply"]).code, 0);
    let history = lab.expect(0, &["history"]).stdout;
    assert!(history.contains("1 service, in part"), "{history}");
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"), "what failed is no drift");
    assert_ne!(lab.run(&["apply"]).code, 0);
    assert_eq!(lab.expect(0, &["history"]).stdout, history, "the same again is no news");
    engine(&lab).remove(&engine(&lab).container("lab-db-1").unwrap()).unwrap();
    let drift = lab.expect(2, &["drift", "--format", "plain"]).stdout;
    assert!(drift.contains("service.db[1]") && !drift.contains("service.web"), "{drift}");

    lab.spec(TWO);
    lab.expect(0, &["apply", "--yes"]);
    let history = lab.expect(0, &["history"]).stdout;
    assert!(
        history.contains("2 services\n") && history.lines().count() == 1,
        "the whole one takes its place: {history}"
    );
}

#[test]
fn what_failed_later_stands_as_in_the_record_before() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    lab.spec(
        &TWO.replace("busybox, networks", "busybox, mem_limit: 64m, networks")
            .replace("web: {image: busybox", "web: {image: busybox, command: sh -c 'exit 3'"),
    );
    assert_ne!(lab.run(&["apply", "--yes"]).code, 0);
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"), "one is as asked, the other was put back");
    lab.expect(0, &["rollback", "--yes"]);
    lab.spec(TWO);
    lab.expect(0, &["plan"]).stdout.contains("No changes").then_some(()).expect("it is as it was first");
}

const HOOK: &str = "services:\n  db: {image: busybox}\n  \
                    web: {image: busybox, pre_stop: [{command: 'true'}], depends_on: [db]}\n";

/// What a destruction tells, hooks included.
fn destroyed(lab: &Lab, arguments: &[&str]) -> String {
    let ran = lab.expect(0, &[&["destroy", "--yes", "--format", "plain"], arguments].concat());
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn what_changes_no_container_is_a_change_and_is_put_on_record() {
    let lab = Lab::new(HOOK);
    lab.expect(0, &["apply"]);
    let id = engine(&lab).container("lab-web-1").unwrap();
    lab.spec(&HOOK.replace("'true'", "echo two"));
    let plan = lab.expect(2, &["plan", "--detailed-exitcode"]).stdout;
    assert!(plan.contains("record service.web") && plan.contains("pre_stop"), "{plan}");
    lab.expect(0, &["apply"]);
    lab.expect(0, &["plan", "--detailed-exitcode"]);
    assert_eq!(engine(&lab).container("lab-web-1").unwrap(), id);
    let steps = destroyed(&lab, &["-p", "lab"]);
    assert!(steps.contains("hook echo done") && !steps.contains("hook true"), "{steps}");
}

#[test]
fn a_dependency_that_was_only_added_is_put_on_record_and_kept_to() {
    let lab = Lab::new(&HOOK.replace(", depends_on: [db]", ""));
    lab.expect(0, &["apply"]);
    lab.spec(HOOK);
    assert!(lab.expect(0, &["apply"]).stdout.contains("depends_on"));
    let plan = lab.expect(0, &["plan"]).stdout;
    assert!(plan.contains("No changes"), "{plan}");
    let history = lab.expect(0, &["history"]).stdout;
    assert_eq!(history.lines().count(), 2, "{history}");
}

#[test]
fn a_file_that_is_named_counts_more_than_the_record_and_one_that_is_found_where_there_is_none() {
    let lab = Lab::new(HOOK);
    lab.expect(0, &["apply"]);
    lab.spec(&HOOK.replace("'true'", "echo two"));
    let steps = destroyed(&lab, &["-f", "env.yaml"]);
    assert!(steps.contains("hook echo done") && !steps.contains("hook true"), "{steps}");

    lab.expect(0, &["apply"]);
    for volume in engine(&lab).volumes().unwrap().iter().filter(|name| name.as_str().contains("record")) {
        engine(&lab).remove_volume(volume.as_str()).unwrap();
    }
    let steps = destroyed(&lab, &[]);
    assert!(steps.contains("hook echo done"), "{steps}");
}

#[test]
fn an_apply_that_was_killed_before_its_record_is_known_after_the_next() {
    let lab = Lab::new(HOOK);
    lab.expect(0, &["apply"]);
    for volume in engine(&lab).volumes().unwrap().iter().filter(|name| name.as_str().contains("record")) {
        engine(&lab).remove_volume(volume.as_str()).unwrap();
    }
    assert!(lab.expect(0, &["apply"]).stdout.contains("No changes"));
    assert!(lab.expect(0, &["history"]).stdout.contains("2 services\n"));
}

const MIGRATE: &str = "services:\n  web:\n    image: busybox\n    scale: 2\n    volumes: ['data:/data']\n    \
                       pre_start: [{command: [sh, -c, 'echo done >> /data/log']}]\nvolumes: {data: {}}\n";

#[test]
fn a_hook_that_was_passed_is_not_run_again_and_a_new_one_is() {
    let lab = Lab::new(MIGRATE);
    let hooks = |lab: &Lab| {
        let plan = lab.expect(0, &["plan", "--format", "json"]).stdout;
        plan.matches(".pre-").count()
    };
    assert!(hooks(&lab) > 0);
    lab.expect(0, &["apply"]);
    lab.spec(&MIGRATE.replace("scale: 2", "scale: 3"));
    assert_eq!(hooks(&lab), 0, "a replica more");
    lab.expect(0, &["apply"]);
    engine(&lab).remove(&engine(&lab).container("lab-web-1").unwrap()).unwrap();
    assert_eq!(hooks(&lab), 0, "one that was removed by hand");
    lab.expect(0, &["apply"]);

    let changed = MIGRATE.replace("scale: 2", "scale: 3").replace("echo done", "echo again");
    lab.spec(&changed);
    assert!(hooks(&lab) > 0, "another hook");
    let plan = lab.expect(0, &["plan"]).stdout;
    assert!(plan.contains("pre_start") && plan.contains("replace"), "{plan}");
    lab.expect(0, &["apply", "--yes"]);
    lab.expect(0, &["plan", "--detailed-exitcode"]);
    lab.spec(
        &changed.replace("pre_start: [{command: [sh, -c, 'echo again >> /data/log']}]\n", "stop_signal: SIGINT\n"),
    );
    let plan = lab.expect(0, &["plan", "--format", "json"]).stdout;
    assert!(!plan.contains(".pre-"));
    lab.spec(&changed.replace("image: busybox", "image: busybox\n    environment: {A: '1'}"));
    assert!(hooks(&lab) > 0, "what it runs with is another");
}

#[test]
fn a_hook_that_failed_is_named_and_nothing_was_put_back() {
    let lab = Lab::new(&MIGRATE.replace("echo done >> /data/log", "exit 17"));
    let failed = lab.run(&["apply", "--format", "plain"]);
    let told = format!("{}{}", failed.stdout, failed.stderr);
    assert_eq!(failed.code, 3, "{told}");
    assert!(told.contains("pre_start hook 1") && told.contains("17"), "{told}");
    assert!(!told.contains("put back") && !told.contains("dsenv logs"), "{told}");
}

#[test]
fn a_command_before_the_stop_that_no_record_holds_is_said_not_to_be_run() {
    let web = "  web: {image: busybox, command: sleep 10000, pre_stop: [{command: echo bye, environment: {TOKEN: '${TOKEN}'}}]}\n";
    let lab = Lab::new(&format!("services:\n{web}"));
    let run = |verb: &[&str]| ran(lab.command(verb).env("TOKEN", "swordfish").output().unwrap());
    assert_eq!(run(&["apply"]).code, 0);
    std::fs::remove_file(lab.path("env.yaml")).unwrap();
    let gone = lab.expect(0, &["destroy", "--yes", "-p", "lab"]);
    assert!(gone.stdout.contains("its pre_stop is not run"), "{gone:?}");
    assert!(!format!("{gone:?}").contains("swordfish"), "{gone:?}");
}
