//! Holds `dsenv config` against what Docker Compose 2.40.3 makes of the same files: the cases under
//! `tests/conformance/cases`, each a folder with
//!
//! - `tree/`, the files as people write them;
//! - `case.json`, which file to load and with which flags;
//! - `expected.json`, the canonical spec that Compose prints, or `rejected.txt`, its words when it refuses.
//!
//! With `DSENV_RECORD` set to a Compose binary the answers are written anew (`tests/conformance/record.sh`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const HOME: &str = "/home/lab";

struct Case {
    folder: PathBuf,
    file: String,
    flags: Vec<String>,
}

impl Case {
    fn all() -> Vec<Self> {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
        let mut folders: Vec<_> = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("case.json")).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let case: Value = serde_json::from_str(&text).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { file: text(&case["file"]), flags: case["flags"].as_array().unwrap().iter().map(text).collect(), folder }
    }

    fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// Runs a program on a copy of the files; in its answer the folder is called `@ROOT@`.
    fn run(&self, program: &str) -> Output {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().canonicalize().unwrap().join("tree");
        copy(&self.folder.join("tree"), &root);
        let file = root.join(&self.file);
        let mut command = Command::new(program);
        command.arg("-f").arg(&file).args(&self.flags).args(["config", "--format", "json"]);
        command.current_dir(file.parent().unwrap()).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", HOME);
        command.env("LC_ALL", "C.UTF-8").env("DOCKER_HOST", "unix:///nonexistent.sock");
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let named = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes).replace(root.to_str().unwrap(), "@ROOT@");
            text.replace(HOME, "@HOME@").into_bytes()
        };
        Output { status: output.status, stdout: named(output.stdout), stderr: named(output.stderr) }
    }

    fn differences(&self) -> Vec<String> {
        let output = self.run(env!("CARGO_BIN_EXE_dsenv"));
        let said = String::from_utf8_lossy(&output.stderr);
        let Ok(expected) = fs::read_to_string(self.folder.join("expected.json")) else {
            let refused = output.status.code() == Some(4) && !said.trim().is_empty();
            return if refused { Vec::new() } else { vec![format!("not refused: {}; {said}", output.status)] };
        };
        if !output.status.success() {
            return vec![format!("{}; {said}", output.status)];
        }
        let mut found = Vec::new();
        let parsed = |text: &[u8]| pruned(serde_json::from_slice(text).unwrap());
        compare(&parsed(expected.as_bytes()), &parsed(&output.stdout), "", &mut found);
        found
    }

    /// Writes down what Compose makes of it: thrice the same, since it walks maps in no order.
    fn record(&self, compose: &str) {
        let answers: Vec<_> = (0..3).map(|_| self.run(compose)).collect();
        let value = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).ok();
        assert!(answers.iter().all(|answer| value(answer) == value(&answers[0])), "{}: no one answer", self.name());
        let (expected, rejected) = (self.folder.join("expected.json"), self.folder.join("rejected.txt"));
        let _ = (fs::remove_file(&expected), fs::remove_file(&rejected));
        match value(&answers[0]) {
            Some(value) if answers[0].status.success() => {
                fs::write(expected, format!("{value:#}\n")).unwrap();
            }
            _ => {
                let said = String::from_utf8_lossy(&answers[0].stderr);
                let lines = said.lines().filter(|line| !line.starts_with("time="));
                fs::write(rejected, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A key with nothing, an empty map or an empty list counts as absent.
fn pruned(value: Value) -> Value {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    match value {
        Value::Object(map) => {
            let map = map.into_iter().map(|(key, value)| (key, pruned(value)));
            Value::Object(map.filter(|(_, value)| !says_nothing(value)).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(pruned).collect()),
        other => other,
    }
}

fn compare(expected: &Value, got: &Value, at: &str, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (key, value) in expected {
                match got.get(key) {
                    Some(other) => compare(value, other, &format!("{at}.{key}"), found),
                    None => found.push(format!("{at}.{key}: missing, expected {value}")),
                }
            }
            let more = got.iter().filter(|(key, _)| !expected.contains_key(*key));
            found.extend(more.map(|(key, value)| format!("{at}.{key}: not expected, got {value}")));
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                compare(expected, got, &format!("{at}[{index}]"), found);
            }
        }
        _ if expected == got => {}
        _ => found.push(format!("{at}: expected {expected}, got {got}")),
    }
}

#[test]
fn every_case_is_what_compose_makes_of_it() {
    let cases = Case::all();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    if let Ok(compose) = std::env::var("DSENV_RECORD") {
        cases.iter().for_each(|case| case.record(&compose));
    }
    let mut report = String::new();
    for case in &cases {
        for difference in case.differences() {
            writeln!(report, "{}{difference}", case.name()).unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
