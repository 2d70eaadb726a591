//! Logging in to registries, as Docker's own tools do: helpers first, then what the file holds.

use std::collections::BTreeMap;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::config_file::{ConfigFile, Login};
use crate::engine::find;

/// Docker Hub's key in the file.
pub(super) const HUB: &str = "https://index.docker.io/v1/";
/// What a helper gives as user name with a token.
const TOKEN: &str = "<token>";

/// What the engine needs to log in (Engine API, `AuthConfig`).
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Credentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identitytoken: Option<String>,
    serveraddress: String,
}

#[cfg(feature = "buildkit")]
impl Credentials {
    /// User name and password; a token stands in place of the password of nobody.
    pub fn into_pair(self) -> (String, String) {
        match self.identitytoken {
            Some(token) => (String::new(), token),
            None => (self.username.unwrap_or_default(), self.password.unwrap_or_default()),
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials for {}", self.serveraddress)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// The registry of an image reference, as the file names it.
pub(super) fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host == "docker.io" || host == "index.docker.io" => HUB,
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => HUB,
    }
}

/// The login for a registry; `None` is anonymous.
pub(super) async fn login(config: &ConfigFile, registry: &str) -> Option<Credentials> {
    let helper = config.cred_helpers.get(registry).or(config.creds_store.as_ref());
    if let Some(helper) = helper
        && let Some(found) = ask(helper, registry).await
    {
        return Some(found);
    }
    let stored = config.auths.iter().find(|(name, _)| host(name) == host(registry))?;
    from_file(stored.1, registry)
}

/// The file holds names with and without scheme and path.
fn host(registry: &str) -> &str {
    let name = registry.trim_start_matches("https://").trim_start_matches("http://");
    name.split('/').next().unwrap_or(name)
}

fn from_file(login: &Login, registry: &str) -> Option<Credentials> {
    let Login { auth, username, password, identitytoken } = login.clone();
    let pair = auth
        .and_then(|text| STANDARD.decode(text.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.split_once(':').map(|(user, word)| (user.to_owned(), word.trim_end_matches('\0').to_owned()))
        });
    let (username, password) = pair.or_else(|| username.zip(password)).unzip();
    let identitytoken = identitytoken.filter(|token| !token.is_empty());
    // A helper leaves an empty entry behind.
    (username.is_some() || identitytoken.is_some()).then(|| Credentials {
        username,
        password,
        identitytoken,
        serveraddress: registry.to_owned(),
    })
}

/// `docker-credential-NAME get`: the registry on standard input, JSON on standard output. A helper that is absent or
/// knows nothing means anonymous, as for Docker's own tools.
async fn ask(helper: &str, registry: &str) -> Option<Credentials> {
    let program = find::installed(&format!("docker-credential-{helper}")).ok()?;
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(registry.as_bytes()).await.ok()?;
    let output = child.wait_with_output().await.ok()?;
    if !output.status.success() {
        return None;
    }
    let Answer { username, secret } = serde_json::from_slice(&output.stdout).ok()?;
    let serveraddress = registry.to_owned();
    Some(if username == TOKEN {
        Credentials { identitytoken: Some(secret), serveraddress, ..Credentials::default() }
    } else {
        Credentials { username: Some(username), password: Some(secret), identitytoken: None, serveraddress }
    })
}

/// All logins that a build may need. A store is asked only for registries that the file names, as there it puts an
/// empty entry for each.
pub(super) async fn all(config: &ConfigFile) -> Vec<(String, Credentials)> {
    let mut found = Vec::new();
    for registry in config.auths.keys().chain(config.cred_helpers.keys()) {
        if let Some(credentials) = login(config, registry).await {
            found.push((registry.clone(), credentials));
        }
    }
    found
}

/// All logins of the user as a `config.json` of their own, in the order of the registries, for `use_api_socket`. What a
/// helper knows is in it in the clear.
pub fn logins(environment: &BTreeMap<String, String>, home: Option<&Utf8Path>) -> Vec<u8> {
    let config = ConfigFile::read(environment, home);
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok::<_, std::io::Error>(runtime.block_on(all(&config)))
    };
    // A thread of its own: this may be called from where another runtime already waits.
    let asked = std::thread::scope(|scope| scope.spawn(ask).join());
    let found = asked.ok().and_then(Result::ok).unwrap_or_default();
    let auths: BTreeMap<_, _> = found.iter().map(|(registry, login)| (registry, stored(login))).collect();
    serde_json::to_vec(&serde_json::json!({ "auths": auths })).expect("credentials are plain text")
}

/// As the file spells it.
fn stored(login: &Credentials) -> serde_json::Value {
    let Credentials { username, password, identitytoken, serveraddress: _ } = login;
    let mut entry = serde_json::Map::new();
    if let (Some(username), Some(password)) = (username, password) {
        entry.insert("auth".to_owned(), STANDARD.encode(format!("{username}:{password}")).into());
    }
    entry.extend(identitytoken.iter().map(|token| ("identitytoken".to_owned(), token.as_str().into())));
    entry.into()
}

/// The form of the headers `X-Registry-Auth` and `X-Registry-Config`.
pub(super) fn header(value: &impl Serialize) -> String {
    URL_SAFE.encode(serde_json::to_vec(value).expect("credentials are plain text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_registry() {
        assert_eq!(registry("busybox"), HUB);
        assert_eq!(registry("library/busybox:1"), HUB);
        assert_eq!(registry("docker.io/library/busybox"), HUB);
        assert_eq!(registry("localhost:5000/app"), "localhost:5000");
        assert_eq!(registry("ghcr.io/ada/app@sha256:0"), "ghcr.io");
    }

    #[tokio::test]
    async fn the_file_holds_logins_by_host() {
        let config: ConfigFile =
            serde_json::from_str(r#"{"auths": {"https://ghcr.io": {"auth": "YWRhOmE6Yg=="}, "empty.io": {}}}"#)
                .unwrap();
        let found = login(&config, "ghcr.io").await.unwrap();
        assert_eq!((found.username.as_deref(), found.password.as_deref()), (Some("ada"), Some("a:b")));
        assert_eq!(login(&config, "empty.io").await, None);
        assert_eq!(login(&config, HUB).await, None);
        assert_eq!(format!("{found:?}"), "Credentials for ghcr.io");
    }

    #[tokio::test]
    async fn logins_are_a_file_that_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"credsStore": "not-there", "auths": {"b.io": {"identitytoken": "t"}, "a.io": {"username": "ada", "password": "x"}, "empty.io": {}}}"#;
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let folder = folder.path().to_str().unwrap().to_owned();
        let logins = logins(&BTreeMap::from([("DOCKER_CONFIG".to_owned(), folder)]), None);
        let expected = r#"{"auths":{"a.io":{"auth":"YWRhOng="},"b.io":{"identitytoken":"t"}}}"#;
        assert_eq!(String::from_utf8(logins).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_helper_that_is_absent_means_the_file() {
        let config: ConfigFile = serde_json::from_str(
            r#"{"credsStore": "not-there", "auths": {"ghcr.io": {"username": "ada", "password": "x"}}}"#,
        )
        .unwrap();
        assert_eq!(login(&config, "ghcr.io").await.unwrap().username.as_deref(), Some("ada"));
    }
}
