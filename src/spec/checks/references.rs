//! Networks, volumes, secrets, configs, models and services that are named must be there.

use super::Check;
use crate::spec::types::{Grant, MountKind, Service};
use crate::spec::{DEFAULT_NETWORK, code};

pub(super) fn check(check: &mut Check<'_>) {
    let spec = check.spec;
    for (name, service) in &spec.services {
        networks(check, name, service);
        extension_names(check, name, service);
        volumes(check, name, service);
        grants(check, name, "secrets", &service.secrets);
        grants(check, name, "configs", &service.configs);
        build_secrets(check, name, service);
        build_contexts(check, name, service);
        models(check, name, service);
        services(check, name, service);
    }
}

fn networks(check: &mut Check<'_>, name: &str, service: &Service) {
    let known = &check.spec.networks;
    for network in
        service.networks.keys().filter(|network| *network != DEFAULT_NETWORK && !known.contains_key(*network))
    {
        let place = check.key(&["services", name, "networks"], network);
        let message = format!("service `{name}` joins the network `{network}`, which is not defined");
        let near = check.near(network, known.keys().map(String::as_str));
        let help = if near.is_empty() { format!("define it: `networks: {{{network}: {{}}}}`") } else { near };
        check.error(code::UNDEFINED_NETWORK, message, place, help);
    }
}

/// `x-` keys are extensions, in the networks of a service too; Compose cannot read such a name there.
fn extension_names(check: &mut Check<'_>, name: &str, service: &Service) {
    for network in service.networks.keys().filter(|network| network.starts_with("x-")) {
        let place = check.key(&["services", name, "networks"], network);
        let message = format!("`{network}` begins with `x-` like an extension, so no service can join it");
        check.error(code::NAME, message, place, "rename the network");
    }
}

fn volumes(check: &mut Check<'_>, name: &str, service: &Service) {
    let known = &check.spec.volumes;
    for (index, mount) in service.volumes.iter().enumerate() {
        let (MountKind::Volume, Some(source)) = (mount.kind, &mount.source) else { continue };
        if source.is_empty() || known.contains_key(source) {
            continue;
        }
        let place = check.place(&["services", name, "volumes", &index.to_string(), "source"]);
        let message = format!("service `{name}` mounts the volume `{source}`, which is not defined");
        let near = check.near(source, known.keys().map(String::as_str));
        let help = match (near.is_empty(), source.contains('/')) {
            (false, _) => near,
            (true, true) => format!("for a path of the host write `./{source}`"),
            (true, false) => {
                format!("define it: `volumes: {{{source}: {{}}}}`; for a folder of the host write `./{source}`")
            }
        };
        check.error(code::UNDEFINED_VOLUME, message, place, help);
    }
}

fn grants(check: &mut Check<'_>, name: &str, kind: &'static str, grants: &[Grant]) {
    for (index, grant) in grants.iter().enumerate() {
        let path = ["services", name, kind, &index.to_string(), "source"];
        let place = check.place(&path);
        granted(check, &format!("service `{name}`"), kind, grant, place);
    }
}

fn build_secrets(check: &mut Check<'_>, name: &str, service: &Service) {
    let Some(build) = &service.build else { return };
    for (index, grant) in build.secrets.iter().enumerate() {
        let place = check.place(&["services", name, "build", "secrets", &index.to_string(), "source"]);
        granted(check, &format!("the build of `{name}`"), "secrets", grant, place);
    }
}

/// `service:NAME` is what another service builds; an SSH key without a path is only the agent's own.
fn build_contexts(check: &mut Check<'_>, name: &str, service: &Service) {
    let Some(build) = &service.build else { return };
    for id in build.ssh.0.iter().filter(|(id, path)| path.is_none() && *id != "default").map(|(id, _)| id) {
        let place = check.key(&["services", name, "build", "ssh"], id);
        let message = format!("the SSH key `{id}` has no path");
        check.error(code::WRONG_VALUE, message, place, format!("write `{id}=PATH`; `default` is the agent's own"));
    }
    for (context, place_of) in &build.additional_contexts {
        let Some(other) = place_of.as_str().strip_prefix("service:") else { continue };
        if check.spec.services.contains_key(other) {
            continue;
        }
        let place = check.place(&["services", name, "build", "additional_contexts", context]);
        if let Some(inactive) = check.spec.inactive.get(other) {
            let profile = inactive.profiles.first().map(String::as_str).unwrap_or_default();
            let message = format!("the build of `{name}` takes `{context}` from `{other}`, whose profile is off");
            check.error(code::INACTIVE_SERVICE, message, place, format!("switch it on with `--profile {profile}`"));
            continue;
        }
        let message = format!("the build of `{name}` takes `{context}` from `{other}`, which is no service here");
        let near = check.near(other, check.spec.services.keys().map(String::as_str));
        let help = if near.is_empty() { there_are(check.spec.services.keys().map(String::as_str)) } else { near };
        check.error(code::UNDEFINED_SERVICE, message, place, help);
    }
}

fn granted(check: &mut Check<'_>, who: &str, kind: &'static str, grant: &Grant, place: crate::place::Place) {
    let (known, code, one) = match kind {
        "secrets" => (&check.spec.secrets, code::UNDEFINED_SECRET, "secret"),
        _ => (&check.spec.configs, code::UNDEFINED_CONFIG, "config"),
    };
    let Some(source) = &grant.source else {
        check.error(code::MISSING_KEY, format!("`source` is missing: which {one}?"), place, "add `source: …`");
        return;
    };
    if !known.contains_key(source) {
        let message = format!("{who} uses the {one} `{source}`, which is not defined");
        let near = check.near(source, known.keys().map(String::as_str));
        let help =
            if near.is_empty() { format!("define it: `{kind}: {{{source}: {{file: ./{source}}}}}`") } else { near };
        check.error(code, message, place, help);
    }
}

fn models(check: &mut Check<'_>, name: &str, service: &Service) {
    let known = &check.spec.models;
    for model in service.models.keys().filter(|model| !known.contains_key(*model)) {
        let place = check.key(&["services", name, "models"], model);
        let message = format!("service `{name}` uses the model `{model}`, which is not defined");
        let near = check.near(model, known.keys().map(String::as_str));
        let help = if near.is_empty() { format!("define it: `models: {{{model}: {{model: ai/…}}}}`") } else { near };
        check.error(code::UNDEFINED_MODEL, message, place, help);
    }
}

fn services(check: &mut Check<'_>, name: &str, service: &Service) {
    let spec = check.spec;
    for (other, dependency) in &service.depends_on {
        if spec.services.contains_key(other) {
            continue;
        }
        let place = dependency_place(check, name, other);
        if let Some(inactive) = spec.inactive.get(other) {
            if dependency.is_required() {
                let profile = inactive.profiles.first().map(String::as_str).unwrap_or_default();
                let message = format!("service `{name}` needs `{other}`, whose profile is off");
                let help = format!("switch it on with `--profile {profile}`, or make the dependency `required: false`");
                check.error(code::INACTIVE_SERVICE, message, place, help);
            }
            continue;
        }
        let message = format!("service `{name}` needs `{other}`, which is no service here");
        let names =
            || spec.services.keys().chain(spec.inactive.keys()).map(String::as_str).filter(|known| *known != name);
        let near = check.near(other, names());
        let help = if near.is_empty() { there_are(names()) } else { near };
        check.error(code::UNDEFINED_SERVICE, message, place, help);
    }
}

/// The first few of some names, in words.
fn there_are<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.take(6).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "define it under `services`, or remove this".to_owned(),
        6 => {
            names[5] = "…".to_owned();
            format!("services here are {}", names.join(", "))
        }
        _ => format!("services here are {}; or define it", names.join(", ")),
    }
}

/// A dependency is written under `depends_on`, or follows from another key.
pub(super) fn dependency_place(check: &Check<'_>, name: &str, other: &str) -> crate::place::Place {
    let written = check.node(&["services", name]);
    if let Some((key, _)) = written.get("depends_on").and_then(|map| map.as_map()?.get_key_value(other)) {
        return key.place.clone();
    }
    for key in ["network_mode", "ipc", "pid", "uts"] {
        if let Some(node) = written.get(key)
            && node.as_text().and_then(|mode| mode.strip_prefix("service:")) == Some(other)
        {
            return node.place.clone();
        }
    }
    for key in ["links", "volumes_from"] {
        let items = written.get(key).and_then(|list| list.as_list()).unwrap_or_default();
        let names = |item: &&crate::yaml::Node| item.as_text().and_then(|text| text.split(':').next()) == Some(other);
        if let Some(item) = items.iter().find(names) {
            return item.place.clone();
        }
    }
    written.place.clone()
}
