//! The canonical spec held against what Docker Compose 2.40.3 printed for the same files.
//!
//! `compose/cases.json` has a case a line: its files, flags and variables, and Compose's own `config --format json`
//! (its folder written `@ROOT@`, the one above it `@ABOVE@`); a case without `expected` is one that Compose refused. Where dsenv differs on
//! purpose there is no case.

use std::collections::BTreeMap;
use std::fs;

use assert_cmd::Command;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    flags: Vec<String>,
    env: BTreeMap<String, String>,
    expected: Option<Value>,
}

#[test]
fn the_canonical_spec_is_that_of_compose() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("compose/cases.json")).expect("the cases are JSON");
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn check(case: &Case) -> Result<(), String> {
    let Case { name, files, flags, env, expected } = case;
    let above = tempfile::tempdir().expect("a folder can be made");
    let root = above.path().canonicalize().expect("it is there").join("proj");
    for (file, text) in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    let mut command = Command::cargo_bin("dsenv").expect("the binary is built");
    command
        .current_dir(&root)
        .env_clear()
        .env("HOME", "/home/lab")
        .envs(env)
        .args(flags)
        .args(["config", "--format", "json"]);
    let output = command.output().expect("it runs");
    let Some(expected) = expected else {
        let refused = output.status.code() == Some(4) && !output.stderr.is_empty();
        return if refused {
            Ok(())
        } else {
            Err(format!("{name}: Compose refuses it, dsenv ends with {}", output.status))
        };
    };
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let root = root.to_str().expect("it is UTF-8");
    let above = root.strip_suffix("/proj").expect("it was joined above");
    let printed =
        String::from_utf8(output.stdout).expect("it is UTF-8").replace(root, "@ROOT@").replace(above, "@ABOVE@");
    let printed = pruned(serde_json::from_str(&printed).map_err(|error| format!("{name}: {error}"))?);
    if printed != *expected {
        return Err(format!("{name}:\n  expected {expected}\n  printed  {printed}"));
    }
    // The digest by which Compose knows its containers is made of the printed text, so the order of keys counts, too.
    match (printed["services"].to_string(), expected["services"].to_string()) {
        (printed, expected) if printed == expected => Ok(()),
        (printed, expected) => Err(format!("{name}: in another order\n  expected {expected}\n  printed  {printed}")),
    }
}

/// A key with nothing behind it, and an empty map or list, count as absent; 2 and 2.0 are one number.
fn pruned(value: Value) -> Value {
    let is_nothing = |value: &Value| {
        value.is_null()
            || value.as_object().is_some_and(|map| map.is_empty())
            || value.as_array().is_some_and(Vec::is_empty)
    };
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, pruned(value))).filter(|(_, value)| !is_nothing(value));
            Value::Object(kept.collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(pruned).collect()),
        scalar => scalar,
    }
}
