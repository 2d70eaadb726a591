//! The module table of the architecture, held against the code: every `crate::…` path in a module must be an edge
//! that the table allows.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Module and what it may name. A `+` takes over another row.
const TABLE: &[(&str, &str)] = &[
    ("place", ""),
    ("unseen", ""),
    ("yaml", "place unseen"),
    ("diagnostic", "place"),
    ("spec", "yaml place diagnostic"),
    ("model", "place"),
    ("rules", "model"),
    ("resolve", "spec model diagnostic place yaml"),
    ("graph", "model"),
    ("diff", ""),
    ("state", "model diff"),
    ("plan", "model rules graph state diff place diagnostic"),
    ("context", "model"),
    ("event", "plan model"),
    ("engine", "model rules state plan event"),
    ("engine::docker", "engine context model rules state plan event"),
    ("engine::memory", "engine context model rules state plan event"),
    ("execute", "plan engine event state model diff"),
    ("report", "event plan state model diff diagnostic graph place unseen"),
    ("watch", ""),
    (
        "command",
        "place yaml diagnostic spec model rules resolve graph diff state plan context engine engine::docker \
         engine::memory event execute report watch cli",
    ),
    ("cli", "command report"),
];

#[test]
fn every_module_names_only_what_the_table_allows() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in rust_files(Path::new(SRC)) {
        let Some(module) = module_of(&file) else { continue };
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{module} is not in the table ({})", file.display()));
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        for target in edges(without_tests(&text)) {
            if target == module || allowed.split_whitespace().any(|name| name == target) {
                found.entry(module.clone()).or_default().insert(target);
            } else {
                wrong.push(format!("{module} names {target} ({})", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the table does not allow:\n{}", wrong.join("\n"));
    assert!(found.len() > 3, "the reader of edges found next to nothing: {found:?}");
}

#[test]
fn one_place_each_for_the_libraries_that_must_not_spread() {
    for (library, home) in [
        ("bollard", "engine/docker/"),
        ("bollard_buildkit_proto", "engine/docker/buildkit/"),
        ("tonic", "engine/docker/buildkit/"),
        ("petgraph", "graph"),
        ("saphyr_parser", "yaml/"),
        ("annotate_snippets", "report/"),
        ("similar", "diff/"),
    ] {
        for file in rust_files(Path::new(SRC)) {
            let path = file.strip_prefix(SRC).unwrap().display().to_string();
            let text = fs::read_to_string(&file).unwrap();
            let named =
                text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{library}::")));
            assert!(!named || path.starts_with(home), "{path} names {library}, which belongs to {home}");
        }
    }
}

/// `engine::docker` and `engine::memory` are rows of their own, everything else goes by its first folder.
fn module_of(file: &Path) -> Option<String> {
    let path = file.strip_prefix(SRC).unwrap().with_extension("").display().to_string();
    let mut parts = path.split('/');
    match (parts.next()?, parts.next()) {
        ("lib" | "main", _) => None,
        ("engine", Some(part @ ("docker" | "memory"))) => Some(format!("engine::{part}")),
        (first, _) => Some(first.to_owned()),
    }
}

fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]").map_or(text, |at| &text[..at])
}

fn edges(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut targets = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let inner = &group[..group.find('}').unwrap_or(group.len())];
            targets.extend(inner.split(',').map(|name| first(name.trim())).filter(|name| !name.is_empty()));
        } else {
            targets.insert(first(rest));
        }
    }
    targets
}

fn first(path: &str) -> String {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let head = word(path);
    match path.strip_prefix("engine::").map(word).as_deref() {
        Some(part @ ("docker" | "memory")) => format!("engine::{part}"),
        _ => head,
    }
}

/// `queue_tests.rs` and the like: tests may build what their module only passes through.
fn holds_tests(file: &Path) -> bool {
    file.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.ends_with("_tests"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !holds_tests(&path) {
            files.push(path);
        }
    }
    files.sort();
    files
}
