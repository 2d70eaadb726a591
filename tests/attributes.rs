//! The table of all attributes of a service, `schemas/attributes.md`: what each is to the engine, from which version of
//! its API on, and which ones dsenv does itself, warns of or refuses.
//!
//! `DSENV_UPDATE=1 cargo test --test attributes` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use dsenv::engine::docker::attributes;
use dsenv::model::{SCHEDULING_KEYS, field_of_key, key_of_field};
use dsenv::resolve::{ignored_keys, refused_keys};
use serde_json::Value;

mod current;

/// Attributes that are no field of a container: dsenv itself acts on them.
const OURS: &[(&str, &str)] = &[
    ("attach", "`logs` leaves it out when false, unless it is named"),
    ("build", "BuildKit over `POST /session` and `/grpc`, or `POST /build`; its keys are those below"),
    ("container_name", "`name` of `POST /containers/create`"),
    ("depends_on", "the order of steps, and what each waits for"),
    ("deploy", "the plan: replicas, order and failure of updates; its limits are those below"),
    ("develop", "`watch`"),
    ("env_file", "read into `environment`"),
    ("extends", "merged while reading"),
    ("label_file", "read into `labels`"),
    ("networks", "`POST /networks/{id}/connect`; its keys are those below"),
    ("post_start", "`POST /containers/{id}/exec` behind the start"),
    ("pre_start", "a container of its own before the start"),
    ("pre_stop", "`POST /containers/{id}/exec` before the stop"),
    ("profiles", "which services there are"),
    ("pull_policy", "when `POST /images/create` is asked"),
    ("pull_refresh_after", "the age that `pull_policy: refresh` allows"),
    (
        "models",
        "Docker Model Runner: `docker model pull`, `configure`, `status`; its address and the name as variables",
    ),
    ("provider", "the program `docker-TYPE` or `TYPE` of this machine: `compose up`, `stop`, `down`"),
    ("scale", "how many containers there are"),
    ("x-dsenv", "see the schema"),
];

/// The keys of `build`: what each is to BuildKit (an attribute of its Dockerfile frontend, where nothing else is said)
/// and to the classic builder (a parameter of `POST /build`), and the first version whose BuildKit has it.
const BUILD: &[(&str, &str, &str, u16)] = &[
    ("additional_contexts", "`context:NAME`; folders over the session", "–", 42),
    ("args", "`build-arg:NAME`", "`buildargs`", 41),
    ("cache_from", "cache imports; all but images with containerd's image store", "`cachefrom`, images only", 41),
    ("cache_to", "cache exports; all but `type=inline` with containerd's image store", "–", 41),
    (
        "context",
        "a folder over the session, else `context`; a folder in a git repository since API 1.42",
        "an archive as the body, else `remote`",
        41,
    ),
    ("dockerfile", "`filename`, over the session", "`dockerfile`", 41),
    ("dockerfile_inline", "`filename`, over the session", "in the archive", 41),
    ("entitlements", "entitlements, if the engine's configuration allows them", "–", 41),
    ("extra_hosts", "`add-hosts`; `host-gateway` since API 1.42", "`extrahosts`", 41),
    ("isolation", "–", "`isolation`", 41),
    ("labels", "`label:NAME`", "`labels`", 41),
    ("network", "`force-network-mode`: `default`, `none`, `host`", "`networkmode`", 41),
    ("no_cache", "`no-cache`", "`nocache`", 41),
    ("no_cache_filter", "`no-cache`", "–", 41),
    ("platforms", "`platform`; several with containerd's image store", "`platform`, one", 41),
    ("privileged", "the entitlement `security.insecure`", "–", 41),
    ("provenance", "`attest:provenance`, with containerd's image store", "–", 41),
    ("pull", "`image-resolve-mode`", "`pull`", 41),
    ("sbom", "`attest:sbom`, with containerd's image store", "–", 41),
    ("secrets", "over the session", "–", 41),
    ("shm_size", "`shm-size`", "`shmsize`", 42),
    ("ssh", "over the session", "–", 41),
    ("tags", "`name` of the exporter", "`t`", 41),
    ("target", "`target`", "`target`", 41),
    ("ulimits", "`ulimit`", "`ulimits`", 42),
];

/// Attributes whose field the model has under the name of another one.
const WITH: &[(&str, &str)] = &[
    ("external_links", "fixed.links"),
    ("networks.*.interface_name", "networks.*.driver_opts.com.docker.network.endpoint.ifname"),
];

struct Row {
    engine: String,
    since: String,
}

fn rows() -> BTreeMap<String, Row> {
    let schema = dsenv::spec::schema::schema();
    let keys = schema["definitions"]["Service"]["properties"].as_object().unwrap();
    let known: BTreeMap<&str, _> = attributes().map(|attribute| (attribute.field, attribute)).collect();
    let mut rows = BTreeMap::new();
    let mut nowhere = Vec::new();
    let told: Vec<_> = refused_keys().map(|(key, why)| (key, format!("refused: {why}"))).collect();
    let told: Vec<_> = told
        .into_iter()
        .chain(ignored_keys().map(|(key, why)| (key, format!("no effect, with a warning: {why}"))))
        .chain(
            SCHEDULING_KEYS
                .map(|key| (key, "no effect, with a warning: Docker alone does not schedule replicas".to_owned())),
        )
        .collect();
    let others = attributes().filter_map(|attribute| attribute.field.strip_prefix("networks.*."));
    let others = others.filter(|field| !field.contains('.')).map(|field| format!("networks.*.{field}"));
    let parts = attributes().filter_map(|attribute| attribute.field.strip_prefix("fixed."));
    let parts = parts.filter(|field| field.contains('.')).map(key_of_field);
    let deploy = ["limits.cpus", "limits.memory", "limits.pids", "reservations.memory", "reservations.devices"];
    let deploy = deploy.map(|key| format!("deploy.resources.{key}"));
    let nested = others
        .chain(parts)
        .chain(deploy)
        .chain(["deploy.restart_policy", "networks.*.interface_name"].map(str::to_owned));
    let nested = nested.chain(told.iter().map(|(key, _)| (*key).to_owned()).filter(|key| key.contains('.')));
    let build = schema["definitions"]["Build"]["properties"].as_object().unwrap();
    let named: BTreeSet<_> = build.keys().filter(|key| key.as_str() != "x-*").map(String::as_str).collect();
    assert_eq!(named, BUILD.iter().map(|(key, ..)| *key).collect(), "each key of `build` has its row");
    for (key, buildkit, classic, since) in BUILD {
        let told = told.iter().filter(|(refused, _)| refused.strip_prefix("build.") == Some(key));
        let told: Vec<_> = told.map(|(_, why)| why.as_str()).collect();
        let engine = match (*buildkit, *classic) {
            ("–", "–") => told.join("; "),
            _ if told.is_empty() => format!("BuildKit: {buildkit}; classic: {classic}"),
            _ => format!("BuildKit: {buildkit}; classic: {classic}; beyond that {}", told.join("; ")),
        };
        rows.insert(format!("build.{key}"), Row { engine, since: format!("1.{since}") });
    }
    for key in keys.keys().cloned().chain(nested).filter(|key| !rows_of_builds(key)) {
        let field = WITH.iter().find(|(with, _)| *with == key).map(|(_, field)| (*field).to_owned());
        let field = field.unwrap_or_else(|| field_of_key(&key));
        let names = [
            field.clone(),
            format!("fixed.{field}"),
            format!("tunable.{field}"),
            format!("fixed.{}", field_of_key(&key)),
        ];
        let attribute = names.iter().find_map(|name| known.get(name.as_str()));
        let ours = OURS
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, what)| if what.starts_with("refused") { (*what).to_owned() } else { format!("dsenv: {what}") });
        let told: Vec<_> = told.iter().filter(|(refused, _)| *refused == key).map(|(_, why)| why.clone()).collect();
        let fields = attribute.map(|attribute| {
            attribute.engine_field.split("; ").map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
        });
        let engine: Vec<_> = fields.into_iter().chain(ours).chain(told).collect();
        if engine.is_empty() {
            nowhere.push(key.clone());
        }
        let since = attribute
            .and_then(|attribute| attribute.since)
            .map_or_else(|| "1.41".to_owned(), |since| since.to_string());
        let since = if attribute.is_some() { since } else { "–".to_owned() };
        rows.insert(key, Row { engine: engine.join("; "), since });
    }
    assert!(nowhere.is_empty(), "neither a field of the engine nor dsenv's own: {nowhere:?}");
    rows
}

/// Whether the row of a key comes from [`BUILD`].
fn rows_of_builds(key: &str) -> bool {
    key.strip_prefix("build.").is_some_and(|key| BUILD.iter().any(|(own, ..)| *own == key))
}

fn description(schema: &Value, key: &str) -> String {
    let (owner, key) = key.strip_prefix("build.").map_or(("Service", key), |key| ("Build", key));
    let property = &schema["definitions"][owner]["properties"][key];
    property["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

fn table() -> String {
    let schema = dsenv::spec::schema::schema();
    let mut text = "# Attributes of a service

Every attribute of a service in the Compose Specification, where it goes in the Engine API, and the first version of the
API that knows it (dsenv speaks 1.41 and later). What the engine at hand cannot do is an error on the line that asks for
it, before anything is done; `x-dsenv.lossy: [KEY]` or `--allow-lossy KEY` goes on without it. This file is generated.

| attribute | what it is | in the Engine API | since |
|---|---|---|---|
"
    .to_owned();
    for (key, row) in rows() {
        writeln!(text, "| `{key}` | {} | {} | {} |", description(&schema, &key), row.engine, row.since).unwrap();
    }
    text
}

#[test]
fn the_table_of_attributes_is_current() {
    current::is_current("schemas/attributes.md", &table());
}
