//! How an image is built.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{ContentId, ServiceName, Ulimit};

/// One build (Compose Specification, build). Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Build {
    /// The folder that is sent to the engine, or a URL that the engine fetches.
    pub context: String,
    /// Where the instructions are.
    pub dockerfile: Dockerfile,
    /// `ARG` values; `None` takes the value of the engine's default.
    pub args: BTreeMap<String, Option<String>>,
    /// The stage to stop at; the last by default.
    pub target: Option<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// More tags.
    pub tags: BTreeSet<String>,
    /// Images to take cached layers from.
    pub cache_from: Vec<String>,
    /// Where to export the cache.
    pub cache_to: Vec<String>,
    /// Whether nothing is taken from the cache.
    pub no_cache: bool,
    /// Stages that are not taken from the cache.
    pub no_cache_filter: BTreeSet<String>,
    /// Whether base images are pulled even if present.
    pub pull: bool,
    /// The network mode of `RUN`.
    pub network: Option<String>,
    /// `HOST:IP` lines of `/etc/hosts` in `RUN`.
    pub extra_hosts: BTreeSet<String>,
    /// Size of `/dev/shm` in `RUN`, in bytes.
    pub shm_size: Option<i64>,
    /// Limits in `RUN`.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Isolation technology (Windows).
    pub isolation: Option<String>,
    /// Target platforms; the engine's own by default.
    pub platforms: BTreeSet<String>,
    /// Further contexts by name: a path, URL, `docker-image://…` or `service:NAME`.
    pub additional_contexts: BTreeMap<String, String>,
    /// SSH agents for `RUN --mount=type=ssh`: `default`, or `id=path` of a socket or a key.
    pub ssh: BTreeSet<String>,
    /// Secrets for `RUN --mount=type=secret`, by id. Neither owner nor mode: the Dockerfile says them.
    pub secrets: BTreeMap<String, BuildSecret>,
    /// Rights that the build is given, if the engine's configuration allows them.
    pub entitlements: BTreeSet<String>,
    /// Whether `RUN --security=insecure` is allowed.
    pub privileged: bool,
    /// Provenance attestation: its parameters (`mode=max`), empty for the usual ones; none by default.
    pub provenance: Option<String>,
    /// Software bill of materials: its parameters (`generator=IMAGE`), empty for the usual ones; none by default.
    pub sbom: Option<String>,
}

impl Build {
    /// The services whose images are contexts of this build.
    pub fn services(&self) -> impl Iterator<Item = ServiceName> {
        self.additional_contexts.values().filter_map(|context| context.strip_prefix("service:")).map(ServiceName::new)
    }
}

/// The type of a cache, such as `registry`: an image alone is one of that type.
pub fn cache_type(cache: &str) -> &str {
    match cache.contains('=') {
        false => "registry",
        true => cache.split(',').find_map(|pair| pair.trim().strip_prefix("type=")).unwrap_or("registry"),
    }
}

/// Where a Dockerfile is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dockerfile {
    /// Relative to the context, or absolute.
    Path(Utf8PathBuf),
    /// In the spec itself.
    Inline(String),
}

impl Default for Dockerfile {
    fn default() -> Self {
        Self::Path("Dockerfile".into())
    }
}

/// A secret that a build sees. Its content is in [`super::Project::contents`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSecret {
    /// What it holds.
    pub content: ContentId,
}
