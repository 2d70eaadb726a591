//! An engine over ssh. The `ssh` on the path is a stand-in that takes the arguments of the true one and goes no further
//! than this machine, or says what ssh says when it does not get through.

use std::os::unix::fs::PermissionsExt;

use super::lab::{Lab, ended, sleeper};

const SSH: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$ASKED"
case "$*" in
*'-- ssh://ada@box:2222 docker system dial-stdio') exec docker system dial-stdio ;;
*'-- ssh://ada@box docker --host unix:///run/x.sock system dial-stdio') exec docker system dial-stdio ;;
*late@box*) exec <&- >&-; sleep 0.3; echo 'late@box: Connection timed out' >&2; exit 255 ;;
*hasty@box*) echo 'hasty@box: Connection refused' >&2; exec <&- >&-; exit 255 ;;
*) echo 'Warning: Permanently added the key.' >&2; echo 'nobody@box: Permission denied (publickey).' >&2; exit 255 ;;
esac
"#;

#[test]
fn an_engine_over_ssh_with_a_port_is_reached_and_a_failure_has_the_words_of_ssh() {
    let lab = Lab::new("ssh");
    let (ssh, asked) = (lab.path("ssh"), lab.path("asked"));
    std::fs::write(&ssh, SSH).unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    lab.write(&format!("services:\n{}", sleeper("web", "")));
    let run = |host: &str, verb: &[&str]| {
        let mut command = lab.command(&[&["--host", host], verb].concat());
        let path = format!("{}:{}", lab.path(".").display(), std::env::var("PATH").unwrap());
        ended(command.env("PATH", path).env("ASKED", &asked).output().unwrap())
    };
    let host = "ssh://ada@box:2222";
    let done = run(host, &["apply", "--yes"]);
    assert_eq!(done.code, 0, "{}", done.text);
    let said = run(host, &["exec", "web", "--", "echo", "through"]);
    assert!(said.text.contains("through"), "{}", said.text);
    std::fs::write(&asked, "").unwrap();
    assert!(run(host, &["plan"]).text.starts_with("No changes"));
    let connections = std::fs::read_to_string(&asked).unwrap().lines().count();
    assert!(connections <= 6, "a connection serves one request after the other: {connections}");
    assert!(run("ssh://ada@box/run/x.sock", &["plan"]).text.starts_with("No changes"), "a socket may be named");
    let refused = run("ssh://nobody@box", &["plan"]);
    assert!(refused.text.contains("ssh: nobody@box: Permission denied (publickey)."), "{}", refused.text);
    // It may end before the request is written, and say why after that.
    for (host, why) in [("late", "Connection timed out"), ("hasty", "Connection refused")] {
        let refused = run(&format!("ssh://{host}@box"), &["plan"]);
        assert!(refused.text.contains(&format!("ssh: {host}@box: {why}")), "{}", refused.text);
    }
}
