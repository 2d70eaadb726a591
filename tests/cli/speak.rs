//! `logs`, `exec`, `version`, `graph`, and the help.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use super::lab::{Lab, ran};

fn lab() -> Lab {
    let lab = Lab::new(
        "services:\n  a: {image: busybox, command: 'sh -c \"echo from a; sleep 10000\"'}\n  \
         bb: {image: busybox, command: 'sh -c \"echo from bb; sleep 10000\"'}\n",
    );
    lab.expect(0, &["apply"]);
    lab
}

#[test]
fn logs_of_several_services_say_whose_line_it_is() {
    let lab = lab();
    let all = lab.expect(0, &["logs"]).stdout;
    assert!(all.contains("a-1  | from a\n") && all.contains("bb-1 | from bb\n"), "{all}");
    assert_eq!(lab.expect(0, &["logs", "a", "--no-log-prefix"]).stdout, "from a\n");
    let refused = lab.expect(4, &["logs", "nobody"]);
    assert!(refused.stderr.contains("`nobody`"), "{refused:?}");
}

#[test]
fn logs_are_followed_through_restarts_and_to_services_that_come_late_and_end_when_nothing_runs() {
    let spec = |more: &str| {
        format!(
            "services:\n  a: {{image: busybox, restart: always, command: 'sh -c \"echo begin; sleep 4; echo end; exit 1\"'}}\n{more}"
        )
    };
    let lab = Lab::new(&spec(""));
    lab.expect(0, &["apply"]);
    let mut child = lab.spawn(&["logs", "-f", "-t"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut seen: Vec<String> = lines.by_ref().take(7).collect();
    lab.spec(&spec("  late: {image: busybox, command: 'sh -c \"echo here I am; sleep 10000\"'}\n"));
    lab.expect(0, &["apply", "--yes"]);
    let late = lines.by_ref().inspect(|line| seen.push(line.clone())).find(|line| line.contains("late-1"));
    assert!(late.is_some_and(|line| line.ends_with("here I am")));
    lab.expect(0, &["destroy", "--yes"]);
    seen.extend(lines);
    assert!(child.wait().unwrap().success());
    let of_a: Vec<_> = seen.iter().filter_map(|line| line.strip_prefix("a-1")?.split("| ").nth(1)).collect();
    let turns = of_a.iter().enumerate().all(|(at, line)| line.ends_with(["begin", "end"][at % 2]));
    let ordered = of_a.is_sorted_by(|one, other| one < other);
    assert!(turns && ordered, "nothing is lost and nothing doubled: {seen:#?}");
}

#[test]
fn how_old_a_line_is_goes_by_the_clock_on_the_wall_and_not_by_that_of_a_fast_twin() {
    let lab = Lab::new("services: {a: {image: busybox, command: 'sh -c \"echo hello; sleep 10000000\"'}}\n");
    let fast =
        |arguments: &[&str]| ran(lab.command(arguments).env("DSENV_MEMORY_PACE", "1000").output().unwrap()).stdout;
    fast(&["apply"]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(fast(&["logs", "--since", "1m"]), "a-1 | hello\n", "200 seconds of the twin are a fifth of one here");
    assert_eq!(fast(&["logs", "--since", "1ms"]), "");
}

#[test]
fn exec_passes_the_exit_code_on() {
    let lab = lab();
    assert_eq!(lab.expect(0, &["exec", "a", "echo", "hello"]).stdout, "hello\n");
    lab.expect(7, &["exec", "-T", "a", "sh", "-c", "exit 7"]);
    let refused = lab.expect(4, &["exec", "--index", "2", "a", "true"]);
    assert!(refused.stderr.contains("no container 2"), "{refused:?}");
}

#[test]
fn the_version_is_data() {
    let lab = Lab::new("");
    assert_eq!(lab.expect(0, &["version"]).stdout, format!("dsenv {}\n", env!("CARGO_PKG_VERSION")));
    let json: serde_json::Value =
        serde_json::from_str(&lab.expect(0, &["version", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_shell_completes_verbs_and_flags() {
    let lab = Lab::new("");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(lab.expect(0, &["completions", shell]).stdout.contains("rollback"), "{shell}");
    }
    let script = lab.expect(0, &["completions", "bash"]).stdout;
    let asked = "\nCOMP_WORDS=(dsenv appl) COMP_CWORD=1\n_dsenv dsenv appl dsenv\necho \"${COMPREPLY[@]}\"\n";
    let bash = std::process::Command::new("bash").arg("-c").arg(script + asked).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "apply\n", "{bash:?}");
}

#[test]
fn every_verb_has_a_page_of_the_manual() {
    let lab = Lab::new("");
    assert!(lab.expect(0, &["man"]).stdout.contains(".TH dsenv 1"));
    for verb in ["apply", "up", "rollback", "watch"] {
        let page = lab.expect(0, &["man", verb]).stdout;
        assert!(page.contains(".TH dsenv\\-") || page.contains(".TH dsenv-"), "{page}");
    }
    assert!(lab.expect(4, &["man", "nothing"]).stderr.contains("there is no verb `nothing`"));
}

#[test]
fn graph_draws_without_an_engine_and_marks_a_plan_with_one() {
    let lab = lab();
    for format in ["svg", "dot", "mermaid", "json"] {
        assert!(lab.expect(0, &["graph", "--format", format]).stdout.contains("bb"), "{format}");
    }
    lab.expect(0, &["graph", "--plan"]);
}

#[test]
fn every_verb_has_help_and_a_wrong_flag_is_four() {
    let lab = Lab::new("");
    let help = lab.expect(0, &["--help"]).stdout;
    assert!(help.contains("130  interrupted"));
    for verb in
        ["apply", "plan", "status", "destroy", "logs", "exec", "config", "validate", "graph", "history", "unlock"]
    {
        lab.expect(0, &[verb, "--help"]);
        lab.expect(4, &[verb, "--no-such-flag"]);
    }
}

#[test]
fn a_file_that_is_missing_is_told_before_the_engine_makes_a_folder_of_its_name() {
    let lab = Lab::new(
        "services: {a: {image: busybox, volumes: ['./x.conf:/etc/x.conf', './data:/data', './conf.d:/etc/conf.d']}}\n",
    );
    for verb in ["plan", "apply"] {
        let told = lab.expect(0, &[verb]).stderr;
        assert_eq!(told.matches("DS0712").count(), 1, "{told}");
        assert!(told.contains("x.conf, which is not there") && told.contains("makes a folder"), "{told}");
    }
    std::fs::write(lab.path("x.conf"), "").unwrap();
    assert!(!lab.expect(0, &["plan"]).stderr.contains("DS0712"));
}

#[test]
fn help_has_its_flags_in_groups() {
    let lab = Lab::new("");
    let help = lab.expect(0, &["apply", "--help"]).stdout;
    // Each heading with the flags below it.
    let group = |heading: &str| {
        let (_, below) = help.split_once(&format!("\n{heading}:\n")).unwrap_or_else(|| panic!("{heading}: {help}"));
        below.split("\n\n").take_while(|part| part.starts_with(' ')).collect::<String>()
    };
    for (heading, own, others) in [
        ("Options", ["--target", "--format"], ["--heal", "--profile"]),
        ("With --watch", ["--heal", "--auto"], ["--format", "--profile"]),
        ("Global options", ["--profile", "--quiet"], ["--heal", "--target"]),
    ] {
        let group = group(heading);
        assert!(own.iter().all(|flag| group.contains(flag)), "{heading}: {group}");
        assert!(!others.iter().any(|flag| group.contains(&format!("{flag} "))), "{heading}: {group}");
    }
}

#[test]
fn a_quiet_plan_is_still_the_plan() {
    let lab = Lab::new("services: {web: {image: busybox}}\n");
    let (loud, quiet) = (lab.expect(0, &["plan"]), lab.expect(0, &["plan", "-q"]));
    assert_eq!((loud.stdout, ""), (quiet.stdout.clone(), quiet.stderr.as_str()));
    assert!(quiet.stdout.contains("create service.web[1]"), "{quiet:?}");
}

#[test]
fn who_said_nothing_before_the_end_is_said_to_have_said_nothing() {
    let failed = Lab::new("services: {web: {image: busybox, command: sh -c 'exit 3'}}\n").expect(3, &["apply"]);
    assert!(failed.stderr.contains("its log is empty"), "{failed:?}");
    let failed =
        Lab::new("services: {web: {image: busybox, command: sh -c 'echo why; exit 3'}}\n").expect(3, &["apply"]);
    assert!(failed.stderr.contains("the end of its log") && failed.stderr.contains("why"), "{failed:?}");
}

#[test]
fn what_has_done_its_work_is_completed_and_what_ended_otherwise_is_not() {
    let lab = Lab::new(
        "services:\n  job: {image: busybox, command: 'true', x-dsenv: {job: true}}\n  \
         once: {image: busybox, command: 'true'}\n  \
         web: {image: busybox, command: sleep 10000, depends_on: {once: {condition: service_completed_successfully}}}\n  \
         bad: {image: busybox, command: 'sh -c \"sleep 10; exit 3\"'}\n",
    );
    lab.expect(0, &["apply"]);
    // The twin's time goes twenty times as fast.
    std::thread::sleep(Duration::from_millis(600));
    let status = lab.expect(0, &["status"]).stdout;
    let row = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{status}"));
    for (name, words) in [("job", "1/1"), ("once", "1/1"), ("web", "1/1"), ("bad", "0/1")] {
        assert!(row(name).contains(words), "{name}: {status}");
        let completed = ["job", "once"].contains(&name);
        assert_eq!(row(name).contains("completed"), completed, "{name}: {status}");
    }
}

#[test]
fn logs_that_are_followed_end_when_nobody_reads_them() {
    let lab = Lab::new("services: {web: {image: busybox, command: 'sh -c \"echo one; sleep 10000\"'}}\n");
    lab.expect(0, &["apply"]);
    let mut child = lab.spawn(&["logs", "--follow"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("one"), "{line}");
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it goes on for nobody");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
