//! Compose and dsenv take turns on one project: each sees what the other did, and nothing is replaced that is equal.

use std::process::{Command, Stdio};

use super::lab::{Lab, Ran, ended};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const SPEC: &str = "
services:
  db:
    image: busybox
    command: sh -c 'trap \"exit 0\" TERM; while :; do sleep 0.1; done'
    environment: {PASSWORD: 'a<b&c', LEVEL: '1'}
    env_file: [db.env]
    healthcheck: {test: 'true', interval: 1s}
    volumes: [data:/data]
  web:
    image: busybox
    command: httpd -f -p 80
    init: true
    stop_grace_period: 1s
    mem_limit: 64m
    depends_on: {db: {condition: service_healthy}}
    networks: [default, back]
    x-dsenv: {settle: 0s}
networks: {back: {}}
volumes: {data: {}}
";

/// The lab, and Compose beside it.
struct Turns {
    lab: Lab,
    compose: String,
}

impl Turns {
    fn new(name: &str, spec: &str) -> Self {
        let path = Command::new("sh").arg(format!("{ROOT}/tests/parts/compose.sh")).output().unwrap();
        assert!(path.status.success(), "{}", String::from_utf8_lossy(&path.stderr));
        let lab = Lab::new(name);
        lab.write(spec);
        std::fs::write(lab.path("db.env"), "FROM_FILE=x\n").unwrap();
        Self { lab, compose: String::from_utf8(path.stdout).unwrap().trim().to_owned() }
    }

    /// Runs Compose, which must end well.
    #[track_caller]
    fn compose(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.compose);
        command.args(["-f", "env.yaml", "-p", &self.lab.project]).args(arguments);
        command.current_dir(self.lab.path("")).stdin(Stdio::null());
        let Ran { code, text } = ended(command.output().unwrap());
        assert_eq!(code, 0, "docker compose {arguments:?}: {text}");
        text
    }

    #[track_caller]
    fn apply(&self) -> String {
        self.lab.expect(0, &["apply", "--yes"])
    }

    /// The ids of the containers.
    fn ids(&self) -> Vec<String> {
        self.lab.list(&["ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}}"])
    }

    /// The names of the running containers, as Compose sees them.
    fn running(&self) -> Vec<String> {
        let text = self.compose(&["ps", "--format", "{{.Name}}"]);
        let mut names: Vec<_> = text.lines().map(str::to_owned).collect();
        names.sort();
        names
    }
}

#[test]
fn compose_and_dsenv_take_turns_and_replace_nothing_that_is_equal() {
    let turns = Turns::new("turns", SPEC);
    let both = ["db", "web"].map(|service| turns.lab.name(service));

    turns.apply();
    let made_here = turns.ids();
    for turn in 1..=3 {
        assert_eq!(turns.running(), both, "turn {turn}");
        turns.compose(&["up", "-d"]);
        assert_eq!(turns.ids(), made_here, "turn {turn}: `up` replaces what dsenv made");
        turns.compose(&["stop", "-t", "1"]);
        assert!(turns.lab.plan().contains("start service.web[1]"), "turn {turn}");
        turns.apply();
        turns.compose(&["restart", "-t", "1"]);
        turns.lab.is_settled();
        assert_eq!(turns.ids(), made_here, "turn {turn}: something was replaced");
    }

    turns.compose(&["down", "-t", "1"]);
    assert_eq!(turns.ids(), <[String; 0]>::default());
    assert!(turns.lab.plan().contains("Plan: 4 to create"), "{}", turns.lab.plan());
    turns.compose(&["up", "-d"]);
    let made_there = turns.ids();
    turns.lab.is_settled();
    turns.apply();
    assert_eq!(turns.ids(), made_there, "apply replaces what Compose made");

    turns.compose(&["up", "-d", "--scale", "web=2"]);
    assert!(turns.lab.plan().contains("remove service.web[2]"), "{}", turns.lab.plan());
    turns.apply();
    assert_eq!(turns.ids(), made_there);
    turns.lab.expect(0, &["destroy", "--yes"]);
    assert_eq!(turns.compose(&["ps", "-aq"]).trim(), "");
    let volumes = turns.lab.list(&["volume", "ls", "--format", "{{.Name}}"]);
    assert!(volumes.contains(&format!("{}_data", turns.lab.project)), "{volumes:?}");
}

#[test]
fn every_command_of_compose_works_on_what_dsenv_made() {
    let turns = Turns::new("commands", SPEC);
    turns.apply();
    assert!(turns.compose(&["ls"]).contains(&turns.lab.project));
    assert!(turns.compose(&["ls", "--format", "json"]).contains("env.yaml"));
    assert_eq!(turns.compose(&["exec", "-T", "db", "sh", "-c", "echo $LEVEL"]).trim(), "1");
    assert!(turns.compose(&["top"]).contains("httpd"));
    turns.compose(&["cp", "db.env", "db:/tmp/copy"]);
    assert!(turns.compose(&["exec", "-T", "db", "cat", "/tmp/copy"]).contains("FROM_FILE=x"));
    turns.compose(&["logs", "web"]);
    turns.compose(&["pause", "web"]);
    assert!(turns.lab.plan().contains("service.web[1]"), "a paused container is seen");
    turns.compose(&["unpause", "web"]);
    assert!(turns.compose(&["run", "--rm", "-T", "db", "echo", "ran"]).contains("ran"));
    turns.compose(&["kill", "web"]);
    turns.compose(&["start", "web"]);
    turns.lab.is_settled();
    turns.compose(&["images"]);
    turns.compose(&["rm", "-s", "-f", "web"]);
    assert!(turns.lab.plan().contains("create service.web[1]"));
    turns.compose(&["down", "-t", "1", "-v"]);
    let left = turns.lab.list(&["volume", "ls", "--format", "{{.Name}}"]);
    assert!(left.iter().all(|name| name.contains("_dsenv_")), "{left:?}");
}

#[test]
fn a_change_of_either_side_is_seen_by_the_other() {
    let turns = Turns::new("changes", SPEC);
    turns.compose(&["up", "-d"]);
    let made_there = turns.ids();
    turns.lab.write(&SPEC.replace("LEVEL: '1'", "LEVEL: '2'"));
    let plan = turns.lab.plan();
    assert!(plan.contains("replace service.db[1]") && !plan.contains("service.web[1]"), "{plan}");
    turns.apply();
    let after = turns.ids();
    assert_eq!(made_there.iter().filter(|id| after.contains(id)).count(), 1, "only db is another: {after:?}");
    turns.compose(&["up", "-d"]);
    assert_eq!(turns.ids(), after);
}
