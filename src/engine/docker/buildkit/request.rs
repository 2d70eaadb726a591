//! A build as BuildKit is asked for it: attributes of its Dockerfile frontend.

use std::collections::{BTreeMap, HashMap};

use bollard_buildkit_proto::moby::buildkit::v1::{CacheOptions, CacheOptionsEntry, SolveRequest};
use serde_json::{Value, json};

use super::cache::import;
use crate::context;
use crate::model::{Build, Dockerfile, ImageRef, Ulimit};
use crate::state::label;

/// The name under which the build's own folder is lent.
pub(super) const CONTEXT: &str = "context";
/// The name under which its Dockerfile is lent.
pub(super) const DOCKERFILE: &str = "dockerfile";
/// The right to the host's network in `RUN`, which an engine gives unless it is configured otherwise.
const HOST_NETWORK: &str = "network.host";
/// All rights in `RUN --security=insecure`.
const INSECURE: &str = "security.insecure";
/// What a frontend must know for `additional_contexts`; `+forward`: the one that a `# syntax=` line names counts.
const NAMED_CONTEXTS: &str = "moby.buildkit.frontend.contexts+forward";

/// What is around a build.
pub(super) struct Around<'a> {
    /// Of this build alone.
    pub id: &'a str,
    pub session: &'a str,
    pub tag: &'a ImageRef,
    pub digest: &'a str,
    /// The Dockerfile's name in [`DOCKERFILE`]; `None`: it is in the context that the engine fetches.
    pub dockerfile: Option<&'a str>,
    /// What `host-gateway` means.
    pub gateway: Option<&'a str>,
}

/// The name under which an additional folder is lent.
pub(super) fn lent_as(context: &str) -> String {
    // The name goes through a header, so it may be ASCII only.
    format!("context-{}", &blake3::hash(context.as_bytes()).to_hex()[..16])
}

/// All of it.
pub(super) fn request(build: &Build, around: &Around<'_>) -> SolveRequest {
    let names: Vec<_> = std::iter::once(around.tag.as_str()).chain(build.tags.iter().map(String::as_str)).collect();
    SolveRequest {
        r#ref: around.id.to_owned(),
        session: around.session.to_owned(),
        frontend: "dockerfile.v0".to_owned(),
        frontend_attrs: attributes(build, around).into_iter().collect(),
        // The newer field is unknown to the oldest engine, and this one to none.
        exporter_deprecated: "moby".to_owned(),
        exporter_attrs_deprecated: HashMap::from([("name".to_owned(), names.join(","))]),
        entitlements: entitlements(build),
        cache: Some(CacheOptions {
            exports: build.cache_to.iter().map(|text| cache(text)).collect(),
            ..CacheOptions::default()
        }),
        ..SolveRequest::default()
    }
}

fn entitlements(build: &Build) -> Vec<String> {
    let mut rights = build.entitlements.clone();
    if build.network.as_deref() == Some("host") {
        rights.insert(HOST_NETWORK.to_owned());
    }
    if build.privileged {
        rights.insert(INSECURE.to_owned());
    }
    rights.into_iter().collect()
}

/// `type=registry,ref=…`, or a reference alone.
fn cache(text: &str) -> CacheOptionsEntry {
    if !text.contains('=') {
        return CacheOptionsEntry {
            r#type: "registry".to_owned(),
            attrs: [("ref".to_owned(), text.to_owned())].into(),
        };
    }
    let mut attrs: HashMap<_, _> = text
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect();
    CacheOptionsEntry { r#type: attrs.remove("type").unwrap_or_else(|| "registry".to_owned()), attrs }
}

fn attributes(build: &Build, around: &Around<'_>) -> BTreeMap<String, String> {
    let Build {
        context,
        dockerfile,
        args,
        target,
        labels,
        no_cache,
        no_cache_filter,
        pull,
        network,
        extra_hosts,
        shm_size,
        ulimits,
        platforms,
        additional_contexts,
        cache_from,
        // In the request beside the attributes, or lent over the session.
        tags: _,
        cache_to: _,
        ssh: _,
        secrets: _,
        entitlements: _,
        privileged: _,
        provenance,
        sbom,
        // Refused before.
        isolation: _,
    } = build;
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| {
        all.insert(name.to_owned(), value);
    };
    if !context::is_local(context) {
        set("context", context.clone());
    }
    match (around.dockerfile, dockerfile) {
        (Some(name), _) => {
            set("filename", name.to_owned());
            set("dockerfilekey", DOCKERFILE.to_owned());
        }
        (None, Dockerfile::Path(path)) => set("filename", path.to_string()),
        (None, Dockerfile::Inline(_)) => {}
    }
    for (name, value) in args.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        set(&format!("build-arg:{name}"), value.clone());
    }
    for (name, value) in labels {
        set(&format!("label:{name}"), value.clone());
    }
    set(&format!("label:{}", label::BUILD), around.digest.to_owned());
    if let Some(target) = target {
        set("target", target.clone());
    }
    if *no_cache || !no_cache_filter.is_empty() {
        // Stages by name; none means all.
        let stages = no_cache_filter.iter().filter(|_| !no_cache).cloned().collect::<Vec<_>>();
        set("no-cache", stages.join(","));
    }
    set("image-resolve-mode", if *pull { "pull" } else { "default" }.to_owned());
    if let Some(mode) = network.as_deref().filter(|mode| *mode != "default") {
        set("force-network-mode", mode.to_owned());
    }
    if !extra_hosts.is_empty() {
        let gateway = around.gateway.unwrap_or("host-gateway");
        let host = |line: &String| {
            let (name, ip) = line.split_once(':').unwrap_or((line, ""));
            format!("{name}={}", if ip == "host-gateway" { gateway } else { ip })
        };
        set("add-hosts", extra_hosts.iter().map(host).collect::<Vec<_>>().join(","));
    }
    if let Some(bytes) = shm_size {
        set("shm-size", bytes.to_string());
    }
    if !ulimits.is_empty() {
        let limit = |(name, Ulimit { soft, hard }): (&String, &Ulimit)| format!("{name}={soft}:{hard}");
        set("ulimit", ulimits.iter().map(limit).collect::<Vec<_>>().join(","));
    }
    if !platforms.is_empty() {
        set("platform", platforms.iter().cloned().collect::<Vec<_>>().join(","));
    }
    for (name, parameters) in [("provenance", provenance), ("sbom", sbom)] {
        if let Some(parameters) = parameters {
            set(&format!("attest:{name}"), parameters.clone());
        }
    }
    let imports: Vec<_> = cache_from.iter().filter_map(|text| import(cache(text))).collect();
    if !imports.is_empty() {
        // The engine would look into those of the request for a build without a frontend only.
        let imports: Vec<_> = imports.iter().map(|entry| json!({"Type": entry.r#type, "Attrs": entry.attrs})).collect();
        set("cache-imports", Value::from(imports).to_string());
    }
    if !additional_contexts.is_empty() {
        set("frontend.caps", NAMED_CONTEXTS.to_owned());
    }
    for (name, context) in additional_contexts {
        let source = if context::is_local(context) { format!("local:{}", lent_as(context)) } else { context.clone() };
        set(&format!("context:{name}"), source);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes_of(build: &Build) -> String {
        let tag = ImageRef::new("lab-web");
        let around = Around {
            id: "b1",
            session: "s1",
            tag: &tag,
            digest: "d1",
            dockerfile: Some("Dockerfile"),
            gateway: Some("172.17.0.1"),
        };
        let lines: Vec<_> = attributes(build, &around).iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.join("\n")
    }

    #[test]
    fn every_key_of_a_build_has_its_attribute() {
        let text = |text: &str| text.to_owned();
        let build = Build {
            context: text("/lab/app"),
            args: [(text("A"), Some(text("1"))), (text("B"), None)].into(),
            target: Some(text("dev")),
            labels: [(text("user"), text("label"))].into(),
            no_cache_filter: [text("deps"), text("app")].into(),
            pull: true,
            network: Some(text("host")),
            extra_hosts: [text("db:10.0.0.9"), text("me:host-gateway"), text("six:::1")].into(),
            shm_size: Some(1 << 20),
            ulimits: [(text("nofile"), Ulimit { soft: 1, hard: 2 })].into(),
            platforms: [text("linux/arm64")].into(),
            additional_contexts: [(text("shared"), text("/lab/größe")), (text("base"), text("docker-image://x:1"))]
                .into(),
            ..Build::default()
        };
        insta::assert_snapshot!(attributes_of(&build), @"
        add-hosts=db=10.0.0.9,me=172.17.0.1,six=::1
        build-arg:A=1
        context:base=docker-image://x:1
        context:shared=local:context-1814ba7fea44098e
        dockerfilekey=dockerfile
        filename=Dockerfile
        force-network-mode=host
        frontend.caps=moby.buildkit.frontend.contexts+forward
        image-resolve-mode=pull
        label:dev.dsenv.build=d1
        label:user=label
        no-cache=app,deps
        platform=linux/arm64
        shm-size=1048576
        target=dev
        ulimit=nofile=1:2
        ");
    }

    #[test]
    fn without_cache_is_without_any() {
        let build = Build { no_cache: true, no_cache_filter: ["deps".to_owned()].into(), ..Build::default() };
        assert!(attributes_of(&build).ends_with("no-cache="));
    }

    #[test]
    fn a_cache_is_an_image_unless_it_says_otherwise() {
        assert_eq!(cache("lab/app:cache").attrs["ref"], "lab/app:cache");
        let inline = cache("type=inline");
        assert_eq!((inline.r#type.as_str(), inline.attrs.len()), ("inline", 0));
        assert_eq!(cache("type=registry,ref=x").attrs["ref"], "x");
    }
}
