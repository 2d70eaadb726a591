//! `services.*.build`: how the image is made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Grant, Ulimit};
use crate::spec::value::{Bytes, Extensions, ExtraHosts, SshKeys, Text, text};

/// How the image is made. The short form is the context alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Build {
    /// Folder, absolute after loading, or a URL that the builder fetches.
    pub context: Option<String>,
    /// Path of the Dockerfile, from the context; `Dockerfile` unless there is an inline one.
    pub dockerfile: Option<String>,
    /// The Dockerfile itself; excludes `dockerfile`.
    pub dockerfile_inline: Option<String>,
    /// More rights for the build: `network.host`, `security.insecure`. The engine's own configuration must allow them.
    pub entitlements: Vec<String>,
    /// Build arguments; `None` is a variable that is set nowhere.
    pub args: BTreeMap<String, Option<Text>>,
    /// Provenance attestation, such as `true` or `mode=max`; none when unset. Needs containerd's image store.
    #[serde(deserialize_with = "text::or_truth")]
    pub provenance: Option<Text>,
    /// Bill of materials attestation, such as `true`; none when unset. Needs containerd's image store.
    #[serde(deserialize_with = "text::or_truth")]
    pub sbom: Option<Text>,
    /// SSH agents or keys lent to the build, by id: `default` is the agent of the environment; a path is an agent's socket
    /// or a key without a passphrase.
    pub ssh: SshKeys,
    /// Labels of the image.
    pub labels: BTreeMap<String, Text>,
    /// Where the builder may take cached layers from: images, `type=registry,ref=…`.
    pub cache_from: Vec<String>,
    /// Where the builder puts cached layers: `type=inline`, or with containerd's image store `type=registry,ref=…` and others.
    pub cache_to: Vec<String>,
    /// Build without the cache.
    pub no_cache: bool,
    /// Stages that are built without the cache.
    pub no_cache_filter: Vec<String>,
    /// More contexts by name: a folder, a URL, `docker-image://…`, or `service:NAME`, which is built before.
    pub additional_contexts: BTreeMap<String, Text>,
    /// Look for newer base images.
    pub pull: bool,
    /// Names for `/etc/hosts` during the build.
    pub extra_hosts: ExtraHosts,
    /// Isolation technology, for Windows.
    pub isolation: Option<String>,
    /// Network of `RUN`: `default`, `none`, `host`, or a network's name.
    pub network: Option<String>,
    /// The stage to build.
    pub target: Option<String>,
    /// Secrets lent to the build, for `RUN --mount=type=secret`. A changed value alone builds nothing anew.
    pub secrets: Vec<Grant>,
    /// Size of `/dev/shm` during the build.
    pub shm_size: Option<Bytes>,
    /// More names of the image.
    pub tags: Vec<String>,
    /// Limits of processes during the build.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// The platform to build for, such as `linux/arm64`. More than one needs an engine with containerd's image store.
    pub platforms: Vec<String>,
    /// Allow `RUN --security=insecure`. The engine's own configuration must allow it.
    pub privileged: bool,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
