//! `apply`, `plan`, `status` and `history`.

use super::lab::Lab;

const TWO: &str = "services:\n  db: {image: busybox}\n  web: {image: busybox, depends_on: [db]}\n";

#[test]
fn an_apply_makes_what_is_asked_for_and_the_next_has_nothing_to_do() {
    let lab = Lab::new(TWO);
    let first = lab.expect(0, &["apply"]);
    assert!(first.stdout.contains("3 to create, 1 to pull"), "{first:?}");
    assert!(first.stdout.contains("db       1/1       running"), "{first:?}");
    assert!(!first.stderr.contains("in the meantime"), "{first:?}");
    let second = lab.expect(0, &["apply"]);
    assert!(second.stdout.starts_with("No changes"), "{second:?}");
    assert_eq!(second.stderr, "");
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 1, "a no-op leaves no record");
}

#[test]
fn a_quiet_apply_says_nothing_but_its_failures_and_what_it_asks_about() {
    let lab = Lab::new(TWO);
    let done = lab.expect(0, &["-q", "apply"]);
    assert_eq!((&*done.stdout, &*done.stderr), ("", ""));
    assert_eq!(lab.expect(0, &["-q", "apply"]).stdout, "");
    assert!(lab.expect(0, &["-q", "plan"]).stdout.contains("No changes"), "a plan that is asked for is printed");
    lab.spec(&TWO.replace("web: {", "web: {environment: {DEBUG: '1'}, "));
    let refused = lab.expect(7, &["-q", "apply"]);
    assert!(refused.stdout.contains("environment.DEBUG"), "{refused:?}");
    lab.spec("services:\n  bad: {image: busybox, command: sh -c 'exit 3'}\n");
    let failed = lab.expect(3, &["-q", "apply", "--yes"]);
    assert_eq!(failed.stdout, "");
    assert!(failed.stderr.starts_with("service.bad[1]: failed: exited with 3"), "{failed:?}");
}

#[test]
fn plan_tells_with_two_only_when_asked() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["plan"]);
    lab.expect(2, &["plan", "--detailed-exitcode"]);
    assert!(!lab.path("world.json").exists(), "a plan changes nothing");
    lab.expect(0, &["up"]);
    lab.expect(0, &["diff", "--detailed-exitcode"]);
}

#[test]
fn a_replacement_is_refused_where_nobody_can_be_asked() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    lab.spec(&TWO.replace("web: {", "web: {environment: {DEBUG: '1'}, "));
    let refused = lab.expect(7, &["apply"]);
    assert!(refused.stdout.contains("environment.DEBUG"), "the plan is shown: {refused:?}");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    lab.expect(0, &["apply", "--yes"]);
    let mut command = lab.command(&["apply", "--replace", "web"]);
    assert_eq!(command.env("DSENV_YES", "1").status().unwrap().code(), Some(0), "a variable is as good as the flag");
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 3);
}

#[test]
fn a_creation_asks_nobody() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    lab.spec(&format!("{TWO}  more: {{image: busybox}}\n"));
    lab.expect(0, &["apply"]);
}

#[test]
fn json_is_one_event_a_line_and_never_asks() {
    let lab = Lab::new(TWO);
    let events = lab.events(0, &["apply", "--format", "json"]);
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((types[0], types[1]), ("version", "plan"));
    assert_eq!(types[types.len() - 2..], ["summary", "services"]);
    assert!(types.contains(&"step_start") && types.contains(&"step_done"));
    lab.expect(7, &["apply", "--format", "json", "--replace", "web"]);
}

#[test]
fn a_positional_that_is_a_service_is_refused_with_the_flag_to_use() {
    let lab = Lab::new(TWO);
    let refused = lab.expect(4, &["apply", "web"]);
    assert!(refused.stderr.contains("--target web"), "{refused:?}");
    let refused = lab.expect(4, &["apply", "nothing.yaml"]);
    assert!(refused.stderr.contains("there is no file nothing.yaml"), "{refused:?}");
    lab.expect(0, &["apply", "env.yaml"]);
}

#[test]
fn an_unknown_target_gets_the_near_one() {
    let lab = Lab::new(TWO);
    let refused = lab.expect(4, &["apply", "--target", "wep"]);
    assert!(refused.stderr.contains("did you mean `web`?"), "{refused:?}");
    let events = lab.events(0, &["apply", "--target", "db", "--format", "json"]);
    let touched = |name: &str| events.iter().any(|event| event["address"] == format!("service.{name}[1]"));
    assert!(touched("db") && !touched("web"));
}

#[test]
fn a_mistake_in_the_spec_is_four_and_changes_nothing() {
    let lab = Lab::new("services:\n  web: {imagee: busybox}\n");
    for verb in ["apply", "plan", "graph"] {
        let refused = lab.expect(4, &[verb]);
        assert!(refused.stderr.contains("env.yaml:3:9"), "{verb}: {refused:?}");
    }
    assert!(!lab.path("world.json").exists());
}

#[test]
fn a_failure_stops_only_what_depends_on_it() {
    let lab = Lab::new(
        "services:\n  bad: {image: busybox, command: 'sh -c \"echo oh no; exit 3\"'}\n  \
         after: {image: busybox, depends_on: {bad: {condition: service_completed_successfully}}}\n  good: {image: busybox}\n",
    );
    let failed = lab.expect(3, &["apply"]);
    assert!(failed.stderr.contains("exited with 3") && failed.stderr.contains("oh no"), "{failed:?}");
    let status = lab.expect(0, &["status"]).stdout;
    assert!(status.contains("good     1/1       running"), "{status}");
    lab.expect(0, &["history"]).stdout.contains("nothing was applied yet");
}

#[test]
fn what_nobody_needs_may_fail_its_gate_with_a_warning() {
    let spec = |required: bool| {
        format!(
            "services:\n  cache:\n    image: busybox\n    healthcheck: {{test: 'true', interval: 1s, retries: 2}}\n    \
             environment: {{DSENV_TWIN: 'unhealthy'}}\n  \
             web: {{image: busybox, depends_on: {{cache: {{condition: service_healthy, required: {required}}}}}}}\n"
        )
    };
    let lab = Lab::new(&spec(false));
    let applied = lab.expect(0, &["apply"]);
    for part in ["service.cache[1]: warning: is unhealthy", "goes on without it", "Done in"] {
        assert!(applied.stderr.contains(part), "{part}: {applied:?}");
    }
    assert!(applied.stdout.contains("web      1/1       running"), "{applied:?}");
    assert!(lab.expect(0, &["apply"]).stdout.contains("No changes"));
    let events = Lab::new(&spec(false)).events(0, &["apply", "--format", "json"]);
    let told = events.iter().find(|event| event["type"] == "step_failed").expect("it is told");
    assert_eq!((&told["address"], &told["optional"]), (&"service.cache[1]".into(), &true.into()));
    assert_eq!(Lab::new(&spec(true)).run(&["apply"]).code, 3);
}

#[test]
fn what_restarts_until_it_stays_up_is_no_failure_and_a_loop_is_told_at_its_limit() {
    // The twin's time goes twenty times as fast.
    let spec = |script: &str| {
        format!(
            "services:\n  app: {{image: busybox, restart: always, command: 'sh -c \"{script}\"', x-dsenv: {{timeout: 30s}}}}\n  \
             web: {{image: busybox, depends_on: [app]}}\n"
        )
    };
    let fourth = "test -e /3 && sleep 10000; test -e /2 && echo > /3; test -e /1 && echo > /2; echo > /1; exit 1";
    let lab = Lab::new(&spec(fourth));
    lab.expect(0, &["apply"]);
    assert!(lab.expect(0, &["status"]).stdout.contains("web      1/1       running"));
    let failed = Lab::new(&spec("exit 7")).expect(3, &["apply"]);
    let told = "times and still not ready after 30 s; the last exit code was 7";
    assert!(failed.stderr.contains("failed: restarted ") && failed.stderr.contains(told), "{failed:?}");
    // Without a limit of its own it is given up all the same, and long before ten minutes are over.
    let failed = Lab::new(&spec("exit 7").replace(", x-dsenv: {timeout: 30s}", "")).expect(3, &["apply"]);
    let told = " times within 60 s and never up for 10 s; the last exit code was 7";
    assert!(failed.stderr.contains("failed: restarted ") && failed.stderr.contains(told), "{failed:?}");
}

#[test]
fn a_failure_says_why_and_who_waited_and_what_was_left() {
    let spec = |db: &str| {
        format!(
            "services:\n  db: {{image: busybox, environment: {{DSENV_TWIN: '{db}'}}}}\n  \
             web: {{image: busybox, depends_on: [db], environment: {{V: '{db}'}}}}\n  alone: {{image: busybox}}\n"
        )
    };
    let lab = Lab::new(&spec("serve"));
    lab.expect(0, &["apply"]);
    lab.spec(&spec("oom"));
    let failed = lab.expect(9, &["apply", "--yes"]);
    for part in [
        "service.db[1]: failed: exited with 137 (out of memory)",
        "raise `mem_limit`",
        "service.db[1]: its log is empty",
        "service.web[1]",
    ] {
        assert!(failed.stderr.contains(part), "{part}: {failed:?}");
    }
    assert!(failed.stdout.contains("web      1/1       running"), "what waited was left as it was: {failed:?}");
    lab.spec(&spec("exit:139:0s"));
    assert!(lab.expect(9, &["apply", "--yes"]).stderr.contains("exited with 139 (SIGSEGV)"));
}

#[test]
fn a_replacement_that_fails_is_rolled_back() {
    let spec = |command: &str| format!("services:\n  web: {{image: busybox, command: {command}}}\n");
    let lab = Lab::new(&spec("sleep 10000"));
    lab.expect(0, &["apply"]);
    lab.spec(&spec("sh -c 'exit 5'"));
    lab.expect(9, &["apply", "--yes"]);
    lab.spec(&spec("sleep 10000"));
    let again = lab.expect(0, &["plan"]);
    assert!(again.stdout.starts_with("No changes"), "the old one is back as it was: {again:?}");
}

#[test]
fn a_gate_that_takes_too_long_is_eight() {
    let health =
        "healthcheck: {test: 'true', interval: 1s, start_period: 10000s}, environment: {DSENV_TWIN: 'healthy:10000s'}";
    let lab = Lab::new(&format!("services:\n  web: {{image: busybox, {health}}}\n"));
    let late = lab.expect(8, &["apply", "--timeout", "1"]);
    assert!(late.stderr.contains("time limit"), "{late:?}");
}

#[test]
fn an_image_that_is_nowhere_is_told_and_the_rest_is_done() {
    let lab = Lab::new("services:\n  gone: {image: absent/image}\n  good: {image: busybox}\n");
    let failed = lab.expect(3, &["apply"]);
    assert!(failed.stderr.contains("absent/image"), "{failed:?}");
    assert!(lab.expect(0, &["ps"]).stdout.contains("good     1/1       running"));
}

#[test]
fn strays_go_when_asked() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    lab.spec("services:\n  db: {image: busybox}\n");
    let kept = lab.expect(0, &["apply"]);
    assert!(kept.stdout.contains("lab-web-1"), "a stray is listed: {kept:?}");
    lab.expect(0, &["apply", "--remove-orphans", "--yes"]);
    assert!(!lab.expect(0, &["plan"]).stdout.contains("lab-web-1"));
}

#[test]
fn an_engine_that_is_not_there_is_one() {
    let lab = Lab::new(TWO);
    let mut command = lab.command(&["status", "--host", "unix:///nowhere/docker.sock"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/docker.sock"));
}
