//! A whole spec, loaded.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::types::{Dsenv, FileObject, Model, Network, Service, Volume};
use super::value::Extensions;

/// A whole spec: merged, interpolated, in long forms, with defaults and names filled in.
///
/// Every named thing is in a map by its key in the spec. Variables and labels of files are in `environment` and
/// `labels`, paths are absolute, and `depends_on` holds what links and shared namespaces imply too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spec {
    /// Name of the environment: lowercase letters, digits, `-` and `_`.
    pub name: String,
    /// Folder that relative paths started from, absolute.
    pub folder: Utf8PathBuf,
    /// Services whose profile is on, or that have none.
    pub services: BTreeMap<String, Service>,
    /// Services whose profiles are all off. Read and typed, but not checked against each other.
    pub inactive: BTreeMap<String, Service>,
    /// Services that a command is not about and that have mistakes: what could be read of them.
    pub left_out: BTreeMap<String, Service>,
    /// Networks, `default` among them when a service is on it.
    pub networks: BTreeMap<String, Network>,
    /// Volumes.
    pub volumes: BTreeMap<String, Volume>,
    /// Secrets.
    pub secrets: BTreeMap<String, FileObject>,
    /// Configs.
    pub configs: BTreeMap<String, FileObject>,
    /// Language models.
    pub models: BTreeMap<String, Model>,
    /// dsenv's own keys.
    pub dsenv: Dsenv,
    /// Top-level keys beginning with `x-`.
    pub extensions: Extensions,
}
