//! What people get wrong in a spec, and what dsenv answers: one transcript for each group under `tests/mistakes`.
//! Each message names the place, the cause and the remedy, so that who reads only it can mend the file.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

mod current;
#[path = "mistakes/inputs.rs"]
mod inputs;

/// A file by itself, or several, each behind a line such as `-- over.yaml --`.
fn files(input: &str) -> Vec<(&str, String)> {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in input.trim_start_matches('\n').lines() {
        match line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            Some(name) => files.push((name, String::new())),
            None if files.is_empty() => files.push(("compose.yaml", format!("{line}\n"))),
            None => files.last_mut().unwrap().1 += &format!("{line}\n"),
        }
    }
    files
}

/// Runs `validate` on the files whose names begin with `compose`, in order.
fn answer(input: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("lab");
    let files = files(input);
    for (name, text) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_dsenv"));
    command.current_dir(&folder).env_clear().env("HOME", "/home/lab");
    for (name, _) in files.iter().filter(|(name, _)| name.starts_with("compose")) {
        command.args(["-f", name]);
    }
    let output = command.arg("validate").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    format!("exit {}\n{}", output.status.code().unwrap(), said.trim_end())
}

fn transcript(group: &[(&str, &str)]) -> String {
    let mut transcript = String::new();
    for (mistake, input) in group {
        writeln!(transcript, "──── {mistake}\n{}\n", answer(input)).unwrap();
    }
    transcript
}

#[test]
fn every_message_names_the_place_the_cause_and_the_remedy() {
    let count: usize = inputs::GROUPS.iter().map(|(_, group)| group.len()).sum();
    assert!(count >= 80, "{count} mistakes");
    for (name, group) in inputs::GROUPS {
        let transcript = transcript(group);
        current::is_current(&format!("tests/mistakes/{name}.txt"), &transcript);
        for told in transcript.split("\n\n").filter(|told| told.contains("[DS")) {
            assert!(told.contains("help: "), "no remedy in {told}");
            assert!(told.lines().all(|line| line.chars().count() <= 96), "too long: {told}");
        }
    }
}
