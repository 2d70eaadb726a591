//! The module table of the architecture, held against the syntax of the code: every path from one module to another must
//! be an edge that the table allows.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

#[path = "layers/source.rs"]
mod source;

use source::Source;

static SOURCES: LazyLock<Vec<Source>> =
    LazyLock::new(|| Source::all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))));

/// Module and what it may name. A file belongs to the row with the longest name that its module begins with, and so does
/// what it names: with a row `engine::docker`, naming that is not naming `engine`.
const TABLE: &[(&str, &str)] = &[
    ("place", ""),
    ("did_you_mean", ""),
    ("unseen", ""),
    ("yaml", "place unseen did_you_mean"),
    ("diagnostic", "place"),
    ("spec", "yaml place diagnostic did_you_mean"),
    ("model", "place"),
    ("rules", "model"),
    ("resolve", "spec model diagnostic place yaml"),
    ("graph", "model"),
    ("diff", ""),
    ("state", "model diff"),
    ("plan", "model rules state diagnostic"),
    ("plan::vocabulary", "model rules state diff place diagnostic"),
    ("plan::compare", "plan::vocabulary model rules state diff place diagnostic did_you_mean"),
    ("plan::compare::drift", "plan::compare plan::vocabulary model state diff place"),
    ("plan::decide", "plan::compare plan::vocabulary model graph state diagnostic"),
    ("plan::schedule", "plan::decide plan::compare plan::vocabulary model state"),
    ("plan::read", "plan::compare::drift plan::vocabulary model state diff diagnostic"),
    ("context", "model"),
    ("event", "plan model"),
    ("engine", "model rules state plan event"),
    ("engine::docker", "engine context model rules state plan event"),
    ("engine::memory", "engine model rules state plan event"),
    ("execute", "plan engine event state model diff"),
    ("report", "event plan state model diff diagnostic place unseen"),
    ("watch", ""),
    ("sync", "context engine event model plan state watch"),
    ("reconcile", "context diagnostic event model plan state sync watch"),
    (
        "command",
        "place yaml diagnostic did_you_mean spec model rules resolve state plan context engine engine::docker \
         engine::memory event execute reconcile report sync watch cli",
    ),
    ("cli", "command report"),
];

#[test]
fn every_module_names_only_what_the_table_allows() {
    let (mut wrong, mut found) = (BTreeSet::new(), BTreeSet::new());
    for source in SOURCES.iter().filter(|source| !source.module.is_empty()) {
        let Some((module, allowed)) = row(&source.module) else {
            wrong.insert(format!("{} is not in the table", source.name));
            continue;
        };
        for path in &source.paths {
            let Some((_, path)) = path.split_first().filter(|(first, rest)| *first == "crate" && !rest.is_empty())
            else {
                continue;
            };
            let target = row(path).map_or(path[0].as_str(), |(name, _)| name);
            if target == module || allowed.split_whitespace().any(|name| name == target) {
                found.insert((module, target.to_owned()));
            } else {
                wrong.insert(format!("{module} names {target} ({})", source.name));
            }
        }
    }
    let wrong: Vec<_> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "edges that the table does not allow:\n{}", wrong.join("\n"));
    let allowed =
        TABLE.iter().flat_map(|(module, all)| all.split_whitespace().map(move |name| (*module, name.to_owned())));
    let unused: Vec<_> = allowed.filter(|edge| !found.contains(edge)).collect();
    assert!(unused.is_empty(), "edges of the table that nothing uses: {unused:?}");
}

#[test]
fn one_place_each_for_the_libraries_that_must_not_spread() {
    let first = |source: &'static Source| source.paths_with_tests.iter().filter_map(|path| path.first());
    let users: BTreeSet<_> =
        SOURCES.iter().flat_map(|source| first(source).map(|library| (library.as_str(), &source.name))).collect();
    for (library, home) in [
        ("bollard", "engine/docker/"),
        ("bollard_buildkit_proto", "engine/docker/buildkit/"),
        ("tonic", "engine/docker/buildkit/"),
        ("petgraph", "graph"),
        ("saphyr_parser", "yaml/"),
        ("annotate_snippets", "report/"),
        ("similar", "diff/"),
    ] {
        let users: Vec<_> = users.iter().filter(|(used, _)| *used == library).map(|(_, file)| file).collect();
        assert!(!users.is_empty(), "nothing names {library}");
        for user in users {
            assert!(user.starts_with(home), "{user} names {library}, which belongs to {home}");
        }
    }
}

/// Files of the planner that may name each other in a circle.
const LARGEST_CIRCLE: usize = 2;

#[test]
fn data_passes_once_through_the_planner() {
    let modules: BTreeSet<&[String]> = SOURCES.iter().map(|source| source.module.as_slice()).collect();
    // The file that a path leads to: the longest of its beginnings that is a module.
    let file = |path: &[String]| {
        (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]).copied()).map(<[String]>::to_vec)
    };
    let target = |source: &Source, path: &Vec<String>| match path.split_first() {
        Some((first, rest)) if first == "crate" => file(rest),
        _ => file(&[source.module.as_slice(), path].concat()),
    };
    let edges: Edges = SOURCES
        .iter()
        .filter(|source| source.module.first().is_some_and(|first| first == "plan"))
        .map(|source| {
            let targets = source.paths.iter().filter_map(|path| target(source, path));
            (source.module.clone(), targets.filter(|target| *target != source.module).collect())
        })
        .collect();
    let reached: BTreeMap<_, _> = edges.keys().map(|from| (from, reach(&edges, from))).collect();
    assert!(reached.values().any(|ahead| ahead.len() > 50), "the planner's files name next to nothing");
    for (from, ahead) in &reached {
        let circle = ahead.iter().filter(|to| reached.get(*to).is_some_and(|back| back.contains(from)));
        let circle: Vec<String> = circle.map(|file| file.join("::")).collect();
        assert!(circle.len() <= LARGEST_CIRCLE, "{} files in a circle: {}", circle.len(), circle.join(", "));
    }
}

/// By module, the modules that its file names.
type Edges = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

fn reach<'e>(edges: &'e Edges, from: &'e Vec<String>) -> BTreeSet<&'e Vec<String>> {
    let (mut open, mut found) = (vec![from], BTreeSet::new());
    while let Some(at) = open.pop() {
        open.extend(edges.get(at).into_iter().flatten().filter(|to| found.insert(*to)));
    }
    found
}

/// The row that a path below the crate belongs to.
fn row(path: &[String]) -> Option<(&'static str, &'static str)> {
    (1..=path.len()).rev().find_map(|length| {
        let name = path[..length].join("::");
        TABLE.iter().copied().find(|(row, _)| *row == name)
    })
}
