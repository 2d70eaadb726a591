//! Which engine is meant: `--host`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context, the default socket.
//! No request is made here.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::config_file::ConfigFile;
use super::context_store;
use crate::engine::EngineError;

/// Where an engine may listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix://…`, `tcp://…`, `https://…`, `ssh://…`
    pub url: String,
    /// Who says so, for messages: `--host`, `DOCKER_HOST`, ``context `lab` ``; empty for the default.
    pub named_by: String,
    /// Set if the connection is encrypted.
    pub tls: Option<Tls>,
}

/// Certificates in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tls {
    /// Who signs the engine's certificate.
    pub ca: Utf8PathBuf,
    /// Ours.
    pub cert: Utf8PathBuf,
    /// Ours.
    pub key: Utf8PathBuf,
}

impl Tls {
    /// The files that Docker's tools expect in a folder of certificates.
    pub fn in_folder(folder: &Utf8Path) -> Self {
        Self { ca: folder.join("ca.pem"), cert: folder.join("cert.pem"), key: folder.join("key.pem") }
    }
}

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The addresses to try, in this order. More than one only where nobody named one.
pub(super) fn addresses(
    host: Option<&str>,
    environment: &BTreeMap<String, String>,
    home: Option<&Utf8Path>,
    config: &ConfigFile,
) -> Result<Vec<Address>, EngineError> {
    let variable = |name: &str| environment.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let named = |url: &str, by: &str| {
        let tls = variable("DOCKER_TLS_VERIFY").map(|_| {
            let folder = variable("DOCKER_CERT_PATH").map(Utf8PathBuf::from);
            Tls::in_folder(&folder.unwrap_or_else(|| config.folder.clone()))
        });
        let url = complete(url);
        let tls = if url.starts_with("tcp://") || url.starts_with("https://") { tls } else { None };
        Address { url, named_by: by.to_owned(), tls }
    };
    if let Some(host) = host {
        return Ok(vec![named(host, "--host")]);
    }
    if let Some(host) = variable("DOCKER_HOST") {
        return Ok(vec![named(host, "DOCKER_HOST")]);
    }
    match variable("DOCKER_CONTEXT").or(config.current_context.as_deref()).filter(|name| *name != "default") {
        Some(name) => Ok(vec![context_store::find(&config.folder, name)?]),
        None => Ok(defaults(variable("XDG_RUNTIME_DIR"), home)),
    }
}

/// The system's socket, a rootless engine's, Docker Desktop's.
fn defaults(runtime: Option<&str>, home: Option<&Utf8Path>) -> Vec<Address> {
    let sockets = [
        Some(Utf8PathBuf::from(DEFAULT_SOCKET)),
        runtime.map(|folder| Utf8Path::new(folder).join("docker.sock")),
        home.map(|home| home.join(".docker/run/docker.sock")),
    ];
    let address = |socket| Address { url: format!("unix://{socket}"), named_by: String::new(), tls: None };
    sockets.into_iter().flatten().map(address).collect()
}

/// A path alone is a socket; a name alone is a host with Docker's port, as for Docker's own tools.
fn complete(url: &str) -> String {
    if url.starts_with('/') {
        return format!("unix://{url}");
    }
    match url.split_once("://") {
        None => format!("tcp://{url}"),
        Some(_) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(host: Option<&str>, environment: &[(&str, &str)], config: &ConfigFile) -> Vec<String> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let found = addresses(host, &environment, Some("/home/ada".into()), config).expect("no context is asked for");
        found.into_iter().map(|address| address.url).collect()
    }

    #[test]
    fn the_flag_wins_over_the_variable_and_that_over_the_default() {
        let config = ConfigFile::default();
        let variable = [("DOCKER_HOST", "tcp://10.0.0.1:2375"), ("DOCKER_CONTEXT", "lab")];
        assert_eq!(urls(Some("ssh://ada@box"), &variable, &config), ["ssh://ada@box"]);
        assert_eq!(urls(None, &variable, &config), ["tcp://10.0.0.1:2375"]);
        assert_eq!(
            urls(None, &[("XDG_RUNTIME_DIR", "/run/user/1000"), ("DOCKER_CONTEXT", "default")], &config),
            [
                "unix:///var/run/docker.sock",
                "unix:///run/user/1000/docker.sock",
                "unix:///home/ada/.docker/run/docker.sock"
            ]
        );
        assert_eq!(urls(Some("/run/x.sock"), &[], &config), ["unix:///run/x.sock"]);
    }

    #[test]
    fn certificates_belong_to_tcp_only() {
        let environment = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        let tls = |host| {
            let found = addresses(Some(host), &environment, None, &ConfigFile::default()).expect("it is named");
            found.into_iter().next().and_then(|address| address.tls)
        };
        assert_eq!(tls("tcp://10.0.0.1:2376"), Some(Tls::in_folder("/certs".into())));
        assert_eq!(tls("unix:///run/docker.sock"), None);
    }
}
