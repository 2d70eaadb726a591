//! What is waited for and listened to while containers come and go.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::lab::{Lab, docker, until};

#[test]
fn an_app_that_fails_until_its_database_answers_is_up_and_so_is_what_needs_it() {
    let lab = Lab::applied(
        "patience",
        "services:
  app: {image: busybox, restart: always, command: [sh, -c, 'nc -w 1 db 5432 < /dev/null || exit 1; exec sleep 1000'], stop_grace_period: 0s}
  db: {image: busybox, command: [sh, -c, 'sleep 4; while :; do nc -l -p 5432 < /dev/null; done'], stop_grace_period: 0s}
  web: {image: busybox, command: [sleep, '1000'], depends_on: [app], stop_grace_period: 0s}
",
    );
    for service in ["app", "db", "web"] {
        assert_eq!(lab.inspect(service, "{{.State.Running}}"), "true");
    }
    assert_ne!(lab.inspect("app", "{{.RestartCount}}"), "0");
}

#[test]
fn a_crash_loop_is_told_with_how_often_and_how_long() {
    let lab = Lab::new("loop");
    let app = "image: busybox, restart: unless-stopped, command: [sh, -c, 'exit 6']";
    let told = lab.apply(&format!("services:\n  app: {{{app}, x-dsenv: {{timeout: 2s}}}}\n"), 3);
    assert!(told.contains(" and still not ready after 2 s; the last exit code was 6"), "{told}");
}

#[test]
fn logs_are_followed_through_restarts_a_replacement_more_replicas_and_a_late_service() {
    let spec = |edition: &str, scale: usize, more: &str| {
        let say = "cat /proc/sys/kernel/random/uuid; sleep 0.7; cat /proc/sys/kernel/random/uuid >&2; exit 1";
        format!(
            "services:\n  crash: {{image: busybox, restart: always, command: [sh, -c, '{say}'], x-dsenv: {{settle: 0s}}}}\n  \
             web: {{image: busybox, init: true, scale: {scale}, command: [sh, -c, 'echo {edition}; sleep 1000'], stop_grace_period: 0s}}\n{more}"
        )
    };
    let lab = Lab::applied("follow", &spec("first", 1, ""));
    let mut child = lab.command(&["logs", "-f"]).stdout(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut seen = Vec::new();
    let mut hear = |what: &str| {
        until(what, || {
            seen.extend(lines.try_iter());
            seen.iter().any(|line: &String| line.contains(what))
        });
        seen.clone()
    };
    hear("first");
    lab.apply(&spec("second", 1, ""), 0);
    hear("second");
    lab.apply(
        &spec("second", 2, "  late: {image: busybox, init: true, command: [sh, -c, 'echo hello; sleep 1000']}\n"),
        0,
    );
    hear("hello");
    hear("web-2");
    docker(&["restart", "-t", "0", &lab.id("late")]);
    std::thread::sleep(Duration::from_secs(2));
    docker(&["stop", "-t", "0", &lab.id("crash")]);
    std::thread::sleep(Duration::from_secs(1));
    let seen = hear("hello");
    child.kill().unwrap();
    child.wait().unwrap();
    let count = |what: &str| seen.iter().filter(|line| line.ends_with(what)).count();
    assert_eq!((count("first"), count("second"), count("hello")), (1, 2, 2), "{seen:#?}");
    let mut said: Vec<_> = seen.iter().filter_map(|line| line.strip_prefix("crash-1")?.split("| ").nth(1)).collect();
    let (output, errors) = (docker(&["logs", &lab.id("crash")]), docker_errors(&["logs", &lab.id("crash")]));
    let mut all: Vec<_> = output.lines().chain(errors.lines()).collect();
    said.sort_unstable();
    all.sort_unstable();
    assert!(said.len() > 6 && said == all, "nothing is lost and nothing doubled: {seen:#?}\n{all:#?}");
}

fn docker_errors(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}

/// `script` makes the terminal.
#[test]
fn exec_passes_a_new_size_on_and_leaves_the_terminal_as_it_was_when_a_signal_ends_it() {
    let lab = Lab::applied("terminal", "services:\n  web: {image: busybox, init: true, command: [sleep, '1000']}\n");
    let command =
        lab.command(&["exec", "web", "sh", "-c", "trap 'stty size' WINCH; echo begun; while :; do sleep 0.1; done"]);
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let words: Vec<_> =
        words.into_iter().map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''"))).collect();
    let script = format!(
        "tty > tty; stty rows 24 cols 80; stty -g > before; sh -c 'echo $$ > pid; exec \"$@\"' sh {}; echo $? > code; stty -g > after",
        words.join(" ")
    );
    let output = std::fs::File::create(lab.path("shown")).unwrap();
    let mut terminal = Command::new("script");
    terminal.args(["-qfec", &script, "/dev/null"]).current_dir(lab.path(""));
    let mut child = terminal.stdin(Stdio::piped()).stdout(output).spawn().expect("`script` is installed (util-linux)");
    let read = |name: &str| std::fs::read_to_string(lab.path(name)).unwrap_or_default();
    until("it has begun", || read("shown").contains("begun"));
    let raw = Command::new("stty").args(["-g", "-F", read("tty").trim()]).output().unwrap().stdout;
    assert_ne!(String::from_utf8(raw).unwrap(), read("before"));
    let resized = Command::new("stty").args(["-F", read("tty").trim(), "rows", "33", "cols", "101"]).status();
    assert!(resized.unwrap().success());
    until("the new size", || read("shown").contains("33 101"));
    assert!(Command::new("kill").args(["-TERM", read("pid").trim()]).status().unwrap().success());
    until("its end", || !read("after").is_empty());
    child.wait().unwrap();
    assert_eq!((read("code").trim(), read("after")), ("143", read("before")));
}
