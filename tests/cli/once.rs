//! A spec is read once: it may come on standard input, which cannot be read again.

use std::io::Write;
use std::process::Stdio;

use super::lab::{Lab, Ran, ran};

/// Nothing but the spec tells the name, and each verb says something that only this spec tells.
const SPEC: &str = "\
name: input
services:
  web: {image: busybox, command: 'sh -c \"echo from web; sleep 10000\"', environment: {DB_PASSWORD: first}}
  quiet: {image: busybox, command: 'sh -c \"echo from quiet; sleep 10000\"', attach: false}
";

/// Runs with a spec on standard input.
#[track_caller]
fn expect(lab: &Lab, code: i32, arguments: &[&str], spec: &str) -> Ran {
    let mut command = lab.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(spec.as_bytes()).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
    ran
}

#[test]
fn every_verb_takes_a_spec_on_standard_input() {
    let lab = Lab::new("");
    std::fs::remove_file(lab.path("env.yaml")).unwrap();
    let second = SPEC.replace("first", "second");
    let says = |arguments: &[&str], spec: &str, words: &str| {
        let ran = expect(&lab, 0, arguments, spec);
        let said = ran.stdout + &ran.stderr;
        assert!(said.contains(words), "{arguments:?}: {said}");
        said
    };
    says(&["-f", "-", "validate"], SPEC, "2 services");
    says(&["-f", "-", "config"], SPEC, "name: input");
    says(&["-f", "-", "config", "--no-interpolate"], SPEC, "name: input");
    says(&["-f", "-", "graph", "--format", "tree"], SPEC, "quiet");
    says(&["-f", "-", "graph", "--plan", "--format", "dot"], SPEC, "quiet");
    says(&["-f", "-", "plan"], SPEC, "service.quiet");
    says(&["-f", "-", "apply"], SPEC, "3 created");
    says(&["-f", "-", "apply", "--yes"], &second, "environment.DB_PASSWORD");
    says(&["-f", "-", "status"], SPEC, "web");
    says(&["-f", "-", "drift"], SPEC, "No drift");
    says(&["-f", "-", "history"], SPEC, "ada");
    says(&["-f", "-", "unlock"], SPEC, "`input`");
    says(&["-f", "-", "exec", "web", "echo", "hello"], SPEC, "hello");
    let logs = says(&["--file", "-", "logs"], SPEC, "from web");
    assert!(!logs.contains("from quiet"), "{logs}");
    // The value of then is known from this text alone.
    let lost = expect(&lab, 7, &["-f", "-", "rollback", "--yes"], &second);
    assert!(lost.stderr.contains("environment.DB_PASSWORD"), "{lost:?}");
    says(&["-f", "-", "rollback", "--yes"], SPEC, "1 replaced");
    // A spec with mistakes has a name, and one look at it tells both.
    let wrong = SPEC.replace("attach: false", "attach: perhaps");
    says(&["-f", "-", "status"], &wrong, "the spec has a mistake");
    says(&["-f", "-", "drift"], &wrong, "the spec has a mistake");
    says(&["--file", "-", "logs"], &wrong, "from quiet");
    says(&["-f", "-", "destroy", "--yes"], &wrong, "3 removed");
    let hooked = SPEC.replace("attach: false", "attach: false, pre_stop: [{command: echo goodbye}]");
    says(&["-f", "-", "apply", "--yes"], SPEC, "3 created");
    says(&["-f", "-", "destroy", "--yes"], &hooked, "hook echo done");
}
