//! Making the connection: one request, which also says which version both sides speak.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bollard::API_DEFAULT_VERSION;
use camino::Utf8Path;

use super::Docker;
use super::address::{self, Address, Tls};
use super::client::Way;
use super::codec;
use super::config_file::ConfigFile;
use super::error;
use super::greeting::{Greeted, OLDEST};
use super::local::Local;
use super::request::Amendment;
use super::tunnel;
use super::wire::API_SOCKET;
use crate::engine::EngineError;
use crate::rules::{ApiVersion, Builder, Rules, Shape};

/// How long the first answer may take: an ssh connection has to log in first.
const GREETING: u64 = 30;
/// How long any other answer may take to begin. Making a container may copy much data into a new volume.
const ANSWER: Duration = Duration::from_secs(600);
/// How long an answer may take that waits for something outside the engine: a slow registry, a build, a long stop.
/// Whoever waits can give up at any time.
pub(super) const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Steps at once. More gains nothing: the engine itself works on one container's network at a time.
const PARALLELISM: usize = 8;

/// Connects to the engine that is meant: `--host`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context, the default
/// socket. Variables and the home folder are handed in.
pub async fn connect(
    host: Option<&str>,
    environment: &BTreeMap<String, String>,
    home: Option<&Utf8Path>,
) -> Result<Docker, EngineError> {
    let config = ConfigFile::read(environment, home);
    let addresses = address::addresses(host, environment, home, &config)?;
    let mut failures = Vec::new();
    for address in &addresses {
        match greet(address).await {
            Ok((client, mut rules)) => {
                // The switch of Docker's own tools.
                if !cfg!(feature = "buildkit") || environment.get("DOCKER_BUILDKIT").is_some_and(|value| value == "0") {
                    rules.builder = Builder::Classic;
                }
                let agent = environment.get("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()).map(PathBuf::from);
                let way = Way { address: address.clone(), agent };
                return Ok(Docker::new(client, rules, Arc::new(config), socket(address).into(), way));
            }
            Err(Greeting::TooOld(error)) => return Err(error),
            Err(Greeting::Silent(failure)) => failures.push(failure),
        }
    }
    Err(unreachable(&addresses, &failures))
}

/// Where the engine listens on its own machine: what another machine has there is not known.
fn socket(address: &Address) -> &str {
    address.url.strip_prefix("unix://").unwrap_or(API_SOCKET)
}

/// Why an address gives no engine.
enum Greeting {
    Silent(Failure),
    TooOld(EngineError),
}

struct Failure {
    cause: String,
    kind: Option<io::ErrorKind>,
}

async fn greet(address: &Address) -> Result<(bollard::Docker, Rules), Greeting> {
    let silent = |error: bollard::errors::Error| {
        let absent = matches!(error, bollard::errors::Error::SocketNotFoundError(_));
        let kind = error::system(&error).map(io::Error::kind).or(absent.then_some(io::ErrorKind::NotFound));
        Greeting::Silent(Failure { cause: error::cause(&error), kind })
    };
    let (client, greeted) = open(address).await.map_err(silent)?;
    let Greeted { dialect, engine, api, builder } = greeted;
    if api < OLDEST {
        return Err(Greeting::TooOld(EngineError::Refused(format!(
            "{engine} is too old: it speaks API {api}, dsenv needs {OLDEST} (Docker Engine 20.10)"
        ))));
    }
    let newest = ApiVersion::v1(API_DEFAULT_VERSION.minor_version.try_into().unwrap_or(u16::MAX));
    let api = api.min(newest);
    let client = client.with_timeout(ANSWER);
    let rules = Rules {
        engine,
        api,
        shape: Shape::Containers,
        builder,
        dialect,
        local: address.url.starts_with("unix://"),
        parallelism: PARALLELISM,
        since: codec::since(),
    };
    Ok((Amendment::version(api).apply(&client), rules))
}

/// A client, and what the engine behind it says of itself. The version of a client is not in its requests.
async fn open(address: &Address) -> Result<(bollard::Docker, Greeted), bollard::errors::Error> {
    let url = address.url.as_str();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let client = match (scheme, &address.tls) {
        ("unix", _) => {
            let local = Local::open(rest, GREETING)?;
            if let Some(greeted) = local.ping().await? {
                return Ok((local.client, greeted));
            }
            local.client
        }
        ("tcp" | "https" | "http", Some(Tls { ca, cert, key })) => bollard::Docker::connect_with_ssl(
            url,
            key.as_std_path(),
            cert.as_std_path(),
            ca.as_std_path(),
            GREETING,
            API_DEFAULT_VERSION,
        )?,
        ("tcp" | "http", None) => bollard::Docker::connect_with_http(url, GREETING, API_DEFAULT_VERSION)?,
        ("ssh", _) => tunnel::client(rest, GREETING)?,
        _ => return Err(bollard::errors::Error::UnsupportedURISchemeError { uri: url.to_owned() }),
    };
    let greeted = Greeted::of(&client.version().await?);
    Ok((client, greeted))
}

fn unreachable(addresses: &[Address], failures: &[Failure]) -> EngineError {
    let tried: Vec<_> = addresses
        .iter()
        .map(|address| match address.named_by.as_str() {
            "" => address.url.clone(),
            by => format!("{} ({by})", address.url),
        })
        .collect();
    let cause = match failures {
        [one] => one.cause.clone(),
        several => {
            let causes = several.iter().zip(addresses);
            causes
                .map(|(failure, address)| format!("{}: {}", address.url, failure.cause))
                .collect::<Vec<_>>()
                .join("; ")
        }
    };
    let mut hints = Vec::new();
    let met = |kind| failures.iter().any(|failure| failure.kind == Some(kind));
    if met(io::ErrorKind::PermissionDenied) {
        hints.push("add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in again".to_owned());
    } else if addresses.iter().any(|address| address.url.starts_with("ssh://")) {
        hints.push("try `ssh HOST docker version` by hand".to_owned());
    } else if met(io::ErrorKind::ConnectionRefused) || met(io::ErrorKind::NotFound) {
        hints.push("is the engine running? `sudo systemctl start docker`, or start Docker Desktop".to_owned());
    }
    if addresses.iter().all(|address| address.named_by.is_empty()) {
        hints.push("name another engine with --host, DOCKER_HOST or DOCKER_CONTEXT".to_owned());
    }
    EngineError::Unreachable { address: tried.join(", "), cause, hints }
}

/// A client for calls that wait for something outside the engine.
pub(super) fn patient(client: &bollard::Docker, limit: Duration) -> bollard::Docker {
    client.clone().with_timeout(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(host: &str) -> EngineError {
        match connect(Some(host), &BTreeMap::new(), None).await {
            Err(error) => error,
            Ok(_) => panic!("nobody listens there"),
        }
    }

    #[tokio::test]
    async fn an_absent_socket_is_named_with_a_way_out() {
        let EngineError::Unreachable { address, cause, hints } = failure("unix:///nowhere/docker.sock").await else {
            panic!("nobody listens there")
        };
        assert_eq!(address, "unix:///nowhere/docker.sock (--host)");
        assert_eq!(cause, "there is no such socket");
        assert!(hints[0].contains("systemctl start docker"), "{hints:?}");
    }

    #[tokio::test]
    async fn a_socket_without_a_listener_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let error = failure(socket.to_str().unwrap()).await;
        assert!(matches!(&error, EngineError::Unreachable { cause, .. } if cause == "connection refused"), "{error:?}");
    }

    #[tokio::test]
    async fn an_unknown_scheme_is_told() {
        let error = failure("gopher://box").await;
        assert!(error.to_string().ends_with("gopher://box is no address of an engine"), "{error}");
    }
}
