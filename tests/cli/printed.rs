//! What reaches a terminal, and what does not reach a full disk.

use std::fs::File;

use super::lab::{Lab, ran};

/// A line is erased, colours change, the title is set, directions turn, names hide: in every name and value that a file
/// may have.
const HOSTILE: &str = r#"services:
  web:
    image: "busybox:\e[3Ax"
    privileged: true
    environment: {"A\e[2J": "1", "B\u202e": "\x9b2J", "C": "x\ny"}
    labels: {"l\a\nNo changes": "\e]0;title\a", "m\x9b3A": "v\u200b"}
    sysctls: {"net.ipv4.x\e[3A": "1\e[8m"}
    storage_opt: {"size\e[1A": "1"}
    volumes: [{type: bind, source: /, target: "/host\e[3A\u2066"}]
    x-dsenv: {url: "http://x/\e[31m\u2028"}
    command: ["sh\e[1m", "a\rb"]
networks: {default: {labels: {"n\e[1A": "\e[5m"}, driver_opts: {"o\r": "\u202d"}}}
volumes: {v: {labels: {"k\x85": "\e[2K"}}}
"#;

/// Newlines end lines; nothing else is unseen.
fn is_raw(c: char) -> bool {
    c != '\n'
        && (c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

#[test]
fn nothing_in_a_file_or_on_the_engine_reaches_a_terminal_raw() {
    let lab = Lab::new(HOSTILE);
    let runs: &[&[&str]] = &[
        &["validate"],
        &["validate", "--format", "plain"],
        &["validate", "--format", "json"],
        &["config"],
        &["config", "--format", "json"],
        &["config", "--images"],
        &["config", "--explain", "services.web.environment"],
        &["graph"],
        &["graph", "--format", "dot"],
        &["graph", "--format", "mermaid"],
        &["graph", "--format", "json"],
        &["plan", "-v"],
        &["plan", "--format", "plain"],
        &["plan", "--format", "json"],
        &["apply", "--yes"],
        &["status"],
        &["status", "--format", "plain"],
        &["status", "--format", "json"],
        &["history"],
        &["drift"],
        &["logs", "x\u{1b}[3A"],
        &["apply", "--target", "x\u{9b}3A"],
        &["x\u{1b}[3A"],
        &["status", "--x\u{1b}[3A"],
        &["-f", "gone\u{1b}[3A", "config"],
        &["-p", "p\u{1b}[3A", "config"],
        &["destroy", "-v"],
    ];
    for run in runs {
        let mut command = lab.command(run);
        let ran = ran(command.env("USER", "eve\u{1b}[2J\u{202e}").env("CLICOLOR_FORCE", "1").output().unwrap());
        let printed = ran.stdout.clone() + &ran.stderr;
        assert!(!printed.is_empty(), "{run:?}");
        // Our own colours are there, and taken away by what takes away well-formed ones only.
        let own = ["0", "1", "2", "4", "31", "32", "33", "34", "35", "36", "90", "91", "92", "93", "94", "95", "96"];
        let plain = own.iter().fold(printed, |text, style| text.replace(&format!("\u{1b}[{style}m"), ""));
        assert!(!plain.contains(is_raw), "{run:?}: {plain:?}");
        let lied = plain.lines().any(|line| line.trim_start().starts_with("No changes"));
        assert!(!lied || run[0] == "destroy", "{run:?}: {plain}");
    }
}

#[test]
fn a_program_says_what_it_says() {
    let lab = Lab::new("services:\n  a: {image: busybox, command: [sh, -c, \"echo \\e[31mred\\e[0m; sleep 10000\"]}\n");
    lab.expect(0, &["apply"]);
    assert_eq!(lab.expect(0, &["logs", "--no-log-prefix"]).stdout, "\u{1b}[31mred\u{1b}[0m\n");
}

#[test]
fn a_result_that_could_not_be_printed_is_a_failure() {
    let lab = Lab::new("services:\n  a: {image: busybox}\n");
    let runs: &[&[&str]] = &[
        &["config"],
        &["config", "--services"],
        &["graph"],
        &["plan"],
        &["plan", "--format", "json"],
        &["apply"],
        &["apply", "--format", "json", "--replace", "a", "--yes"],
        &["status"],
        &["status", "--format", "json"],
        &["history"],
        &["drift"],
        &["explain"],
        &["version"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
        &["help", "apply"],
        &["destroy", "--yes"],
    ];
    for run in runs {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = ran(lab.command(run).stdout(full).output().unwrap());
        assert_eq!(ran.code, 1, "{run:?}: {ran:?}");
        assert!(ran.stderr.contains("standard output cannot be written"), "{run:?}: {ran:?}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let lab = Lab::new("services:\n  a: {image: busybox}\n");
    for run in [&["config"][..], &["plan", "--format", "json"], &["apply"], &["status"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = ran(lab.command(run).stdout(writer).output().unwrap());
        assert_eq!(ran.code, 0, "{run:?}: {ran:?}");
    }
}
