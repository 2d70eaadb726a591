//! The schemas that editors and other programs read are current, and say of files what dsenv says.
//!
//! `DSENV_UPDATE=1 cargo test --test schemas` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dsenv::place::Source;
use dsenv::yaml::{self, Node, Tag, Value};
use jsonschema::Validator;

mod current;
#[path = "mistakes/inputs.rs"]
mod inputs;

use current::is_current;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    jsonschema::validator_for(&dsenv::spec::schema::schema()).unwrap()
}

/// The documents of a text, without what a later file only takes away.
fn documents(text: &str) -> Vec<serde_json::Value> {
    let source = Arc::new(Source::new("env.yaml", text));
    let mut documents = yaml::parse(&source, |_| yaml::MOST_ENTRIES, &mut Vec::new());
    documents.iter_mut().for_each(without_resets);
    documents.iter().filter(|document| !matches!(document.value, Value::Null)).map(yaml::to_json).collect()
}

fn without_resets(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.retain(|_, value| value.tag != Tag::Reset);
            map.values_mut().for_each(without_resets);
        }
        Value::List(list) => {
            list.retain(|item| item.tag != Tag::Reset);
            list.iter_mut().for_each(without_resets);
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// What the schema says of a text, a line for each mistake.
fn said(validator: &Validator, name: &str, text: &str) -> String {
    let mut said = String::new();
    for document in documents(text) {
        for error in validator.iter_errors(&document) {
            let wrong: String = error.to_string().chars().take(160).collect();
            writeln!(said, "{name}: {}: {wrong}", error.instance_path()).unwrap();
        }
    }
    said
}

#[test]
fn the_schema_of_a_spec_is_current() {
    is_current("schemas/env.schema.json", &format!("{:#}\n", dsenv::spec::schema::schema()));
}

#[test]
fn every_example_points_at_the_schema_and_keeps_it() {
    let validator = validator();
    let mut report = String::new();
    for folder in fs::read_dir(root().join("examples")).unwrap() {
        let file = folder.unwrap().path().join("env.yaml");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        assert!(text.starts_with("# yaml-language-server: $schema=../../schemas/env.schema.json\n"), "{file:?}");
        report += &said(&validator, &file.to_string_lossy(), &text);
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn a_variable_may_stand_for_any_word_or_number() {
    let text = r#"
name: lab-${STAGE}
services:
  web:
    image: "nginx:${TAG}"
    tty: ${TTY:-false}
    scale: ${SCALE}
    cpus: ${CPUS}
    mem_limit: ${MEMORY}
    restart: ${RESTART}
    pull_policy: "${PULL:-missing}"
    stop_grace_period: ${GRACE}
    cgroup: ${CGROUP}
    ports: ["${PORT}:80", {target: "${PORT}", published: "${PORT}"}]
    volumes: [{type: "${KIND}", source: x, target: /x, read_only: "${RO}"}]
    depends_on: {db: {condition: "${CONDITION}", required: true}}
    deploy: {replicas: "${SCALE}", update_config: {order: "${ORDER}", max_failure_ratio: "${RATIO}"}}
    ulimits: {nofile: "${FILES}"}
    healthcheck: {test: "true", retries: "${RETRIES}", interval: "${EVERY}"}
"#;
    assert_eq!(said(&validator(), "variables", text), "");
}

/// Each case that Compose accepts, its main file and every other one that a flag names.
fn accepted(cases: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for case in fs::read_dir(cases).unwrap().map(|case| case.unwrap().path()) {
        if !case.join("expected.json").exists() {
            continue;
        }
        let about: serde_json::Value = serde_json::from_slice(&fs::read(case.join("case.json")).unwrap()).unwrap();
        let main = case.join("tree").join(about["file"].as_str().unwrap());
        let flags: Vec<_> = about["flags"].as_array().unwrap().iter().filter_map(|flag| flag.as_str()).collect();
        let others = flags.windows(2).filter(|pair| pair[0] == "-f").map(|pair| main.with_file_name(pair[1]));
        files.extend(others.collect::<Vec<_>>());
        files.push(main);
    }
    files.sort();
    files
}

#[test]
fn every_accepted_conformance_file_keeps_the_schema() {
    let validator = validator();
    let shared = std::env::var_os("DSENV_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let shared = shared.join("conformance/cases");
    let own = root().join("tests/conformance/cases");
    let mut report = String::new();
    for cases in [own, shared].into_iter().filter(|cases| cases.exists()) {
        for file in accepted(&cases) {
            // A key that a later file leaves empty is what that case is about; an editor is right to ask about it.
            if file.ends_with("nothing-over-something/tree/over.yaml") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            report += &said(&validator, &file.to_string_lossy(), &text);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn wrong_kinds_keys_and_values_break_the_schema() {
    let validator = validator();
    // What YAML itself refuses, what another key or another file shows, and what has words of its own are not a schema's.
    let elsewhere = [
        "a name that is a number",
        "a command with an open quote",
        "a command for a shell",
        "a variable with a space",
        "a health check of no kind",
        "ranges of two lengths",
        "a range turned round",
        "too high a port",
        "an image with two tags",
        "words for a port",
        "a key with nothing behind it",
        "a project with capitals",
        "a container with a slash in its name",
        "an ulimit that is none",
        "a version that is a number",
        "labels as a text",
        "an escape that is none",
    ];
    let mut missed = Vec::new();
    for (group, mistakes) in inputs::GROUPS {
        if !["keys", "kinds", "values"].contains(group) {
            continue;
        }
        for (mistake, text) in *mistakes {
            if !elsewhere.contains(mistake) && said(&validator, mistake, text).is_empty() {
                missed.push(*mistake);
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
