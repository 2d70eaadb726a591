//! One event a line, for programs. The engine is the twin.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::lab::until;

const SPEC: &str = "\
name: events
services:
  web:
    image: busybox:latest
    command: [sleep, infinity]
    x-dsenv: {settle: 0s}
    environment: {EDITION: 'one'}
    develop: {watch: [{path: ./src, action: sync+restart, target: /app}]}
";

struct Stream {
    folder: tempfile::TempDir,
    child: Option<Child>,
    lines: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Stream {
    fn begin(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("env.yaml"), SPEC).unwrap();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
        command.args(["--host", "memory:world.json"]).args(words).args(["--yes", "--format", "json"]);
        command.current_dir(folder.path()).env("XDG_RUNTIME_DIR", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (output, lines) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::new(Mutex::default()));
        let read: Arc<Mutex<Vec<_>>> = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in output.map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|_| format!("no JSON: {line}").into());
                read.lock().unwrap().push(value);
            }
        });
        Self { folder, child: Some(child), lines }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        self.lines.lock().unwrap().clone()
    }

    #[track_caller]
    fn hear(&self, kind: &str) -> serde_json::Value {
        let find = || self.lines().into_iter().rfind(|line| line["type"] == kind);
        assert!(until(|| find().is_some()), "never told {kind}, but {:#?}", self.lines());
        find().unwrap()
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn every_line_keeps_the_schema() {
    let mut stream = Stream::begin(&["apply", "--watch", "--auto", "safe"]);
    stream.hear("watch_started");
    fs::write(stream.path("src/a"), "1").unwrap();
    let acted = stream.hear("watch_acted");
    assert_eq!(acted["acts"], serde_json::json!([{"copied": 1}, "restarted"]));
    assert_eq!(acted["causes"][0]["rule"], "services.web.develop.watch[0]");
    assert_eq!(acted["causes"][0]["files"], serde_json::json!(["src/a"]));
    fs::write(stream.path("env.yaml"), SPEC.replace("image:", "imagee:")).unwrap();
    assert_eq!(stream.hear("spec_saved")["valid"], false);
    fs::write(stream.path("env.yaml"), SPEC.replace("one", "two")).unwrap();
    let waits = stream.hear("plan_waits");
    assert_eq!(waits["stops"], serde_json::json!(["stops web"]));
    assert_eq!(waits["keys"], false);
    stream.end();
    stream.hear("watch_ended");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events.schema.json");
    let schema = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in stream.lines() {
        // A plan that is only shown is the whole plan, as `plan --format json` has it.
        assert!(validator.is_valid(&line), "{line:#}");
    }
}

#[test]
fn auto_all_applies_what_stops_a_service() {
    let stream = Stream::begin(&["watch", "--auto", "all"]);
    stream.hear("watch_started");
    fs::write(stream.path("env.yaml"), SPEC.replace("one", "two")).unwrap();
    stream.hear("spec_saved");
    assert!(until(|| stream.lines().iter().filter(|line| line["type"] == "summary").count() == 2));
    assert!(!stream.lines().iter().any(|line| line["type"] == "plan_waits"));
}
