//! The SSH agents of a build: the user's own, another's socket, or keys in files, for which an agent is started that
//! lives as long as the build.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::context::regular;
use crate::engine::{EngineError, find};

/// How long an agent may take to open its socket.
const START: Duration = Duration::from_secs(5);

/// Agents by id, and those that were started here.
pub(super) struct Keys {
    sockets: BTreeMap<String, PathBuf>,
    started: Vec<Started>,
}

struct Started {
    /// Ends with the build.
    _agent: Child,
    folder: PathBuf,
}

impl Drop for Started {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// What a build is lent, by id.
#[derive(Default)]
struct Wanted {
    sockets: BTreeMap<String, PathBuf>,
    files: BTreeMap<String, Vec<PathBuf>>,
}

impl Wanted {
    /// `id` or `id=path`; without a path it is the agent of the user's environment.
    async fn of(wanted: &BTreeSet<String>, own: Option<&Path>) -> Result<Self, EngineError> {
        let mut all = Self::default();
        for each in wanted {
            let (id, path) = each.split_once('=').map_or((each.as_str(), None), |(id, path)| (id, Some(path)));
            let local = |what: String| EngineError::Local(format!("build.ssh: {what}"));
            let socket = match path.map(PathBuf::from) {
                None => own.map(Path::to_owned).ok_or_else(|| {
                    EngineError::Refused(format!(
                        "build.ssh: there is no agent for `{id}`: SSH_AUTH_SOCK is not set; start one (`eval $(ssh-agent)`, \
                         `ssh-add`), or name a key (`{id}=PATH`)"
                    ))
                })?,
                Some(path) => {
                    let unread = |error| local(format!("the key {} cannot be read: {error}", path.display()));
                    if !fs::metadata(&path).map_err(unread)?.file_type().is_socket() {
                        regular::open(&path).map_err(unread)?;
                        all.files.entry(id.to_owned()).or_default().push(path);
                        continue;
                    }
                    path
                }
            };
            if let Err(error) = UnixStream::connect(&socket).await {
                let from = if path.is_none() { " of SSH_AUTH_SOCK" } else { "" };
                let told = format!("the agent {}{from} for `{id}` does not answer: {error}", socket.display());
                return Err(local(told));
            }
            all.sockets.insert(id.to_owned(), socket);
        }
        Ok(all)
    }
}

/// Whether all that a build is to be lent is there.
///
/// # Errors
/// When an agent or a key is missing.
pub(in super::super) async fn are_there(wanted: &BTreeSet<String>, own: Option<&Path>) -> Result<(), EngineError> {
    Wanted::of(wanted, own).await.map(|_| ())
}

impl Keys {
    /// Starts agents for keys in files.
    ///
    /// # Errors
    /// When there is no such agent or key.
    pub async fn open(wanted: &BTreeSet<String>, own: Option<&Path>) -> Result<Self, EngineError> {
        let Wanted { sockets, files } = Wanted::of(wanted, own).await?;
        let mut keys = Self { sockets, started: Vec::new() };
        for (id, paths) in files {
            let started = start(&paths).await?;
            keys.sockets.insert(id, started.folder.join("agent"));
            keys.started.push(started);
        }
        Ok(keys)
    }

    /// Where each listens.
    pub fn sockets(&self) -> BTreeMap<String, PathBuf> {
        self.sockets.clone()
    }
}

/// An agent that holds these keys.
async fn start(paths: &[PathBuf]) -> Result<Started, EngineError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| EngineError::Local(format!("build.ssh: {what}: {error}"));
    let folder = std::env::temp_dir().join(format!("dsenv-ssh-{}", super::build::random()?));
    fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| failed("no folder for an agent", &error))?;
    let socket = folder.join("agent");
    // It lives as long as its command, which ends with us however we end.
    let program = |name: &str| find::installed(name).map_err(|error| failed("a key in a file needs OpenSSH", &error));
    let (agent, add) = (program("ssh-agent")?, program("ssh-add")?);
    let agent = Command::new(agent)
        .arg("-a")
        .arg(&socket)
        .arg("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let agent = match agent {
        Ok(agent) => agent,
        Err(error) => {
            fs::remove_dir(&folder).ok();
            return Err(failed("a key in a file needs OpenSSH's ssh-agent, which cannot be started", &error));
        }
    };
    let started = Started { _agent: agent, folder };
    let opened = tokio::time::timeout(START, async {
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    opened.await.map_err(|_| failed("ssh-agent", &"it does not open its socket"))?;
    for path in paths {
        let mut add = Command::new(&add);
        // A passphrase is asked of nobody: a build runs unattended.
        add.arg("-q")
            .arg(path)
            .env("SSH_AUTH_SOCK", &socket)
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force");
        let added = add.stdin(Stdio::null()).kill_on_drop(true).output().await;
        let added = added.map_err(|error| failed("ssh-add cannot be started", &error))?;
        if !added.status.success() {
            let words = String::from_utf8_lossy(&added.stderr);
            let told = format!(
                "the key {} cannot be used: {}; one with a passphrase goes into an agent of yours (`ssh-add`), lent as \
                 `default`",
                path.display(),
                words.lines().last().unwrap_or("ssh-add refuses it").trim()
            );
            return Err(EngineError::Local(format!("build.ssh: {told}")));
        }
    }
    Ok(started)
}
