//! How an image is built.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::context::Scope;
use super::hooks::variables;
use super::networks::texts;
use crate::diagnostic::Diagnostic;
use crate::model::{Build, BuildSecret, Dockerfile, FileKind, Ulimit, cache_type};
use crate::spec::code;
use crate::spec::types::{self, Grant};

/// The build; an image for one platform is built for the service's own unless the build names another.
pub(super) fn build(own: &types::Build, platform: Option<&str>, scope: &mut Scope<'_, '_>) -> Build {
    let types::Build {
        context,
        dockerfile,
        dockerfile_inline,
        entitlements,
        args,
        ssh,
        labels,
        cache_from,
        cache_to,
        no_cache,
        no_cache_filter,
        additional_contexts,
        network,
        provenance,
        sbom,
        pull,
        target,
        shm_size,
        extra_hosts,
        isolation,
        privileged,
        secrets,
        tags,
        ulimits,
        platforms,
        extensions: _,
    } = own;
    let dockerfile = match dockerfile_inline {
        Some(text) => Dockerfile::Inline(text.clone()),
        None => dockerfile.as_deref().map_or_else(Dockerfile::default, |path| Dockerfile::Path(path.into())),
    };
    let context = context.clone().unwrap_or_else(|| scope.context.spec.folder.to_string());
    missing(&context, &dockerfile, scope);
    let mut platforms: BTreeSet<String> = platforms.iter().cloned().collect();
    if platforms.is_empty() {
        platforms.extend(platform.map(str::to_owned));
    }
    Build {
        context,
        dockerfile,
        args: variables(args),
        target: target.clone(),
        labels: texts(labels),
        tags: tags.iter().cloned().collect(),
        cache_from: cache_from.iter().map(|text| cache(text, &scope.context.spec.folder)).collect(),
        cache_to: cache_to.iter().map(|text| cache(text, &scope.context.spec.folder)).collect(),
        no_cache: *no_cache,
        no_cache_filter: no_cache_filter.iter().cloned().collect(),
        pull: *pull,
        network: network.clone(),
        extra_hosts: extra_hosts.pairs().map(|(host, ip)| format!("{host}:{ip}")).collect(),
        shm_size: shm_size.map(|size| size.0).filter(|size| *size > 0),
        ulimits: self::ulimits(ulimits),
        isolation: isolation.clone(),
        platforms,
        additional_contexts: texts(additional_contexts),
        ssh: ssh.0.iter().map(|(id, path)| path.as_ref().map_or_else(|| id.clone(), |p| format!("{id}={p}"))).collect(),
        secrets: secrets.iter().filter_map(|grant| secret(grant, scope)).collect(),
        entitlements: entitlements.iter().cloned().collect(),
        privileged: *privileged,
        provenance: provenance.as_ref().and_then(|text| attestation(&text.0)),
        sbom: sbom.as_ref().and_then(|text| attestation(&text.0)),
    }
}

/// A cache, its folder absolute where it has one.
fn cache(text: &str, folder: &Utf8Path) -> String {
    if cache_type(text) != "local" {
        return text.to_owned();
    }
    let part = |pair: &str| match pair.trim().split_once('=') {
        Some((key @ ("src" | "dest"), path)) => format!("{key}={}", folder.join(path)),
        Some(_) | None => pair.trim().to_owned(),
    };
    text.split(',').map(part).collect::<Vec<_>>().join(",")
}

/// The parameters of an attestation, if it is asked for: `true`, `mode=max`, `disabled=true`.
fn attestation(text: &str) -> Option<String> {
    match text {
        "true" => Some(String::new()),
        "false" => None,
        parameters => {
            let pairs: Vec<&str> = parameters.split(',').map(str::trim).filter(|pair| !pair.is_empty()).collect();
            let is_true = |value: &str| ["1", "t", "true"].contains(&value.to_lowercase().as_str());
            let off = pairs.iter().any(|pair| match pair.split_once('=') {
                Some(("disabled", value)) => is_true(value),
                Some(_) => false,
                None => *pair == "disabled",
            });
            let said = pairs.into_iter().filter(|pair| !pair.starts_with("type=") && !pair.starts_with("disabled="));
            (!off).then(|| said.collect::<Vec<_>>().join(","))
        }
    }
}

/// Kernel limits by name.
pub(super) fn ulimits(limits: &BTreeMap<String, types::Ulimit>) -> BTreeMap<String, Ulimit> {
    let limit = |(name, limit): (&String, &types::Ulimit)| {
        let (soft, hard) = limit.soft_and_hard();
        (name.clone(), Ulimit { soft, hard })
    };
    limits.iter().map(limit).collect()
}

/// A secret by the id under which the Dockerfile knows it.
fn secret(grant: &Grant, scope: &Scope<'_, '_>) -> Option<(String, BuildSecret)> {
    let source = grant.source.as_ref()?;
    let id = grant.target.as_ref().filter(|target| !target.is_empty()).unwrap_or(source);
    let content = scope.contents.id(FileKind::Secret, source)?.clone();
    Some((id.clone(), BuildSecret { content }))
}

/// Warns of a build that will fail. No error, since the image may be there already.
fn missing(context: &str, dockerfile: &Dockerfile, scope: &mut Scope<'_, '_>) {
    if is_remote(context) {
        return;
    }
    let folder = Utf8Path::new(context);
    let (what, key) = if !scope.context.reader.is_dir(folder) {
        (folder.to_owned(), "context")
    } else {
        let Dockerfile::Path(path) = dockerfile else { return };
        let path = folder.join(path);
        if scope.context.reader.exists(&path) {
            return;
        }
        (path, "dockerfile")
    };
    let message = format!("service `{}` is built from {what}, which is not there", scope.name);
    let finding = Diagnostic::warning(code::MISSING_CONTEXT, message);
    scope.report(finding.help("paths start from the spec's folder"), &["build", key], "not there");
}

/// Whether the builder fetches the context by itself.
fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}
