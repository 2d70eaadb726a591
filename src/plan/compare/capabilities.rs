//! What the engine at hand cannot do, told at the text that asks for it, before anything is done. Never silence: a
//! user who can do without a field says so (`x-dsenv.lossy`, `--allow-lossy`), and is warned.

use std::collections::BTreeSet;

use serde_json::Value;

use super::desired::DesiredService;
use super::host;
use super::sides::Sides;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Build, NetworkDefinition, NetworkKey, ServiceName, field_of_key};
use crate::plan::vocabulary::code;
use crate::rules::{ApiVersion, Builder, Shape, Store, Unbuildable};

/// Checks a service.
pub fn service(sides: &Sides, desired: &DesiredService) -> Vec<Diagnostic> {
    let rules = sides.request.rules;
    let mut lacking = rules.lacks("fixed", &desired.fixed);
    if rules.since.keys().any(|field| field.starts_with("networks.")) && !desired.service.networks.is_empty() {
        lacking.extend(rules.lacks("networks", &json(&desired.service.networks)));
    }
    let address = Address::Service(desired.name.clone());
    let lossy = &desired.service.lossy;
    let refused = |(field, needed): (String, ApiVersion)| {
        refused(sides, &address, field.strip_prefix("fixed.").unwrap_or(&field), needed, lossy)
    };
    let mut found: Vec<_> = lacking.into_iter().map(refused).collect();
    if let Some(host) = &sides.request.observed.host {
        for told in host::lacks(desired.service, host, rules) {
            let host::Lack { field, severity, told, help } = told;
            let told = Diagnostic { severity, ..Diagnostic::error(code::LACKING, format!("{address}: {told}")) };
            found.push(sides.located(told.help(help), &address, &field, "not on this engine"));
        }
    }
    found.extend(scheduling(sides, desired, &address));
    for (name, help) in host::foreign_sysctls(desired.service) {
        let told = format!("{address}: `sysctls.{name}` is not a container's own, so no engine sets it for one");
        let told = Diagnostic::error(code::LACKING, told).help(help);
        found.push(sides.located(told, &address, &format!("sysctls.{name}"), "the host's"));
    }
    found
}

/// Warns of what only an engine gives effect that makes and schedules replicas by itself.
fn scheduling(sides: &Sides, desired: &DesiredService, address: &Address) -> Vec<Diagnostic> {
    let rules = sides.request.rules;
    let lossy = |key: &str| desired.service.lossy.contains(key) || sides.request.options.allow_lossy.contains(key);
    let keys = match rules.shape {
        Shape::Containers => desired.service.scheduling.keys().filter(|key| !lossy(key)).collect(),
        Shape::Objects => Vec::new(),
    };
    let told = keys.into_iter().map(|key| {
        let told = format!("{address}: `{key}` has no effect: {} does not schedule replicas", rules.engine);
        let help = format!("Swarm does; `x-dsenv.lossy: [{key}]` silences this");
        sides.located(Diagnostic::warning(code::LACKING, told).help(help), address, &field_of_key(key), "no effect")
    });
    told.collect()
}

/// Checks a build that is to be made. What it gives is the build without what the user lets go.
pub fn build(sides: &Sides, name: &ServiceName, build: &Build, lossy: &BTreeSet<String>) -> (Build, Vec<Diagnostic>) {
    let rules = sides.request.rules;
    let store = if sides.request.observed.host.as_ref().is_some_and(|host| host.containerd_store) {
        Store::Containerd
    } else {
        Store::Own
    };
    let (mut build, mut found) = (build.clone(), Vec::new());
    loop {
        let unstored = store.keeps(&build, &rules.engine);
        let Err(Unbuildable { key, why }) = unstored.and_then(|()| rules.builder_of(&build).map(|_| ())) else {
            return (build, found);
        };
        let (field, told) = (format!("build.{key}"), format!("service {name}: `build.{key}` {why}"));
        let may_go = lossy.iter().chain(&sides.request.options.allow_lossy).any(|allowed| *allowed == field);
        // Without it the next one is found, too.
        let went = without(&mut build, key);
        let let_go = may_go && went;
        let told = match (let_go, rules.builder) {
            (true, _) => Diagnostic::warning(code::LACKING, format!("{told}; it goes on without it")),
            (false, Builder::Classic) => Diagnostic::error(code::LACKING, told)
                .help("remove it, or build with BuildKit: on another engine, or without DOCKER_BUILDKIT=0"),
            (false, Builder::BuildKit) => Diagnostic::error(code::LACKING, told).help(match went {
                true => format!("remove it, or pass `--allow-lossy {field}` to go on without it"),
                false => "remove it: without it the image would be another one".to_owned(),
            }),
        };
        found.push(sides.located(told, &Address::Service(name.clone()), &field, "not on this engine"));
        if !went {
            return (build, found);
        }
    }
}

/// Takes a key out of a build. False if the build would not be the same image without it.
fn without(build: &mut Build, key: &str) -> bool {
    match key {
        "platforms" => build.platforms.clear(),
        "provenance" => build.provenance = None,
        "sbom" => build.sbom = None,
        "cache_to" => build.cache_to.clear(),
        "cache_from" => build.cache_from.clear(),
        "no_cache_filter" => build.no_cache_filter.clear(),
        "pull" => build.pull = false,
        "shm_size" => build.shm_size = None,
        "ulimits" => build.ulimits.clear(),
        "entitlements" => build.entitlements.clear(),
        "privileged" => build.privileged = false,
        _ => return false,
    }
    true
}

/// Checks a network.
pub fn network(sides: &Sides, key: &NetworkKey, definition: &NetworkDefinition) -> Vec<Diagnostic> {
    let address = Address::Network(key.clone());
    let lacking = sides.request.rules.lacks("network", &json(definition)).into_iter();
    let refused = |(field, needed): (String, ApiVersion)| {
        refused(sides, &address, field.strip_prefix("network.").unwrap_or(&field), needed, &BTreeSet::new())
    };
    lacking.map(refused).collect()
}

fn refused(sides: &Sides, address: &Address, field: &str, needed: ApiVersion, lossy: &BTreeSet<String>) -> Diagnostic {
    let rules = sides.request.rules;
    let told = format!("{address}: {field} needs Engine API {needed}, and {} speaks {}", rules.engine, rules.api);
    let allowed = lossy.iter().chain(&sides.request.options.allow_lossy).find(|key| covers(key, field));
    let told = match allowed {
        Some(_) => Diagnostic::warning(code::LACKING, format!("{told}; it goes on without it")),
        None => {
            let first = field.split('.').next().unwrap_or(field);
            Diagnostic::error(code::LACKING, told)
                .help(format!("use a newer engine, or pass `--allow-lossy {first}` to go on without it"))
        }
    };
    sides.located(told, address, field, "not on this engine")
}

/// Whether a key that the user can do without is this field, a part of its path, or its first part in another place.
fn covers(key: &str, field: &str) -> bool {
    field == key || field.split('.').any(|part| part == key) || field.starts_with(&format!("{key}."))
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("a model of plain data has a JSON form")
}
