//! What dsenv reads of Docker's own `config.json`: the current context and how to log in to registries.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::engine::file;

/// `config.json` in `$DOCKER_CONFIG` or `~/.docker`. An absent or unreadable file says nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConfigFile {
    /// Where it was looked for.
    #[serde(skip)]
    pub folder: Utf8PathBuf,
    /// The context that is used when nothing else is said.
    pub current_context: Option<String>,
    /// By registry.
    pub auths: BTreeMap<String, Login>,
    /// The program `docker-credential-NAME` that knows all other registries.
    pub creds_store: Option<String>,
    /// The same, by registry.
    pub cred_helpers: BTreeMap<String, String>,
}

/// A login that the file itself holds.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Login {
    /// Base64 of `user:password`.
    pub auth: Option<String>,
    /// In clear text, in old files.
    pub username: Option<String>,
    /// In clear text, in old files.
    pub password: Option<String>,
    /// A token in place of a password.
    pub identitytoken: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(…)")
    }
}

impl ConfigFile {
    /// Reads it.
    pub fn read(environment: &BTreeMap<String, String>, home: Option<&Utf8Path>) -> Self {
        let folder = environment
            .get("DOCKER_CONFIG")
            .filter(|folder| !folder.is_empty())
            .map(Utf8PathBuf::from)
            .or_else(|| home.map(|home| home.join(".docker")))
            .unwrap_or_default();
        let text = file::read(folder.join("config.json").as_std_path()).unwrap_or_default();
        Self { folder, ..serde_json::from_slice(&text).unwrap_or_default() }
    }
}
