//! An engine on another machine, over ssh: what Docker's own tools do, the engine's socket there through standard input
//! and output of its command line. The user's own ssh is run, so configuration, keys, agents and jump hosts are theirs.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, Join, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine::find;

/// Idle connections that are kept: each is an ssh of its own, which takes a while to log in.
const POOL: usize = 16;
/// Logins at once: the other side's ssh turns more than ten away.
const LOGINS: usize = 4;
/// The most that ssh may say about a failure, in bytes.
const WORDS: usize = 4096;

/// A client for the engine behind `[USER@]HOST[:PORT]`; no request is made yet. `seconds` is how long an answer may take.
///
/// # Errors
/// When the client cannot be made.
pub(super) fn client(host: &str, seconds: u64) -> Result<Docker, Error> {
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(POOL)
        .build(Connector { host: host.to_owned(), logins: Arc::new(Semaphore::new(LOGINS)) });
    let transport = move |request: BollardRequest| {
        let client = client.clone();
        async move { client.request(request).await.map_err(Error::from) }
    };
    // The connector knows where it goes; the name is only for the head of a request.
    Docker::connect_with_custom_transport(transport, Some("http://docker"), seconds, API_DEFAULT_VERSION)
}

#[derive(Clone)]
struct Connector {
    host: String,
    logins: Arc<Semaphore>,
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Tunnel>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<Tunnel>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { host, logins } = self.clone();
        Box::pin(async move {
            let login = logins.acquire_owned().await.map_err(io::Error::other)?;
            Ok(TokioIo::new(Tunnel { login: Some(login), ..Tunnel::open(&host)? }))
        })
    }
}

/// One connection.
pub(super) struct Tunnel {
    streams: Join<ChildStdout, ChildStdin>,
    /// Read all the time, so that nothing piles up in it.
    stderr: Option<ChildStderr>,
    /// What ssh said before it got through.
    words: Vec<u8>,
    heard: bool,
    /// Held until the other side has said something.
    login: Option<OwnedSemaphorePermit>,
    /// Ends with the connection.
    _child: Child,
}

impl Tunnel {
    /// Starts ssh; whether it gets through shows when it is read.
    pub fn open(host: &str) -> io::Result<Self> {
        let mut child = Command::new(find::installed("ssh")?)
            .args(arguments(host)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C in the terminal is dsenv's to handle: what has begun needs its connection.
            .process_group(0)
            .spawn()?;
        match (child.stdout.take(), child.stdin.take()) {
            (Some(stdout), Some(stdin)) => Ok(Self {
                streams: tokio::io::join(stdout, stdin),
                stderr: child.stderr.take(),
                words: Vec::new(),
                heard: false,
                login: None,
                _child: child,
            }),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Reads what ssh says, as far as it has said it.
    fn drain(&mut self, cx: &mut Context<'_>) {
        while let Some(stderr) = &mut self.stderr {
            let mut bytes = [0; 512];
            let mut buffer = ReadBuf::new(&mut bytes);
            let Poll::Ready(read) = Pin::new(stderr).poll_read(cx, &mut buffer) else { return };
            if read.is_err() || buffer.filled().is_empty() {
                self.stderr = None;
            }
            if !self.heard && self.words.len() < WORDS {
                self.words.extend_from_slice(buffer.filled());
            }
        }
    }

    /// What a reader or a writer gets when ssh ended before the other side said anything: once its last words are here.
    fn ended<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.drain(cx);
        if self.stderr.is_some() { Poll::Pending } else { Poll::Ready(Err(self.cause())) }
    }

    /// Whether a request could not be written since ssh ended before the other side said anything.
    fn is_ended<T>(&self, written: &Poll<io::Result<T>>) -> bool {
        !self.heard && matches!(written, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Why nothing came: the last line of what ssh said.
    fn cause(&self) -> io::Error {
        let words = String::from_utf8_lossy(&self.words);
        let last = words.lines().map(str::trim).rfind(|line| !line.is_empty());
        let cause = last.map_or_else(
            || "ssh ended without a word".to_owned(),
            |line| format!("ssh: {}", line.trim_start_matches("ssh: ")),
        );
        io::Error::new(io::ErrorKind::ConnectionAborted, cause)
    }
}

/// What ssh is run with.
fn arguments(host: &str) -> io::Result<Vec<String>> {
    // `HOST/PATH` names a socket there, as for Docker's own tools.
    let (host, socket) = host.split_once('/').unwrap_or((host, ""));
    // It ends up in commands of the user's own ssh configuration, too.
    let is_part = |letter: char| letter.is_alphanumeric() || "@.:-_[]%+~=,".contains(letter);
    if host.is_empty() || !host.chars().all(is_part) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "that is no name of a host"));
    }
    let mut arguments = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T", "--"].map(str::to_owned).to_vec();
    arguments.extend([format!("ssh://{host}"), "docker".to_owned()]);
    if !socket.is_empty() {
        // ssh joins its arguments to one line, which a shell over there reads.
        let socket = format!("unix:///{socket}");
        arguments.extend(["--host".to_owned(), shell_words::quote(&socket).into_owned()]);
    }
    arguments.extend(["system", "dial-stdio"].map(str::to_owned));
    Ok(arguments)
}

impl Connection for Tunnel {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.drain(cx);
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.streams).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.heard = true;
            self.login = None;
        } else if !self.heard {
            return self.ended(cx);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.streams).poll_write(cx, bytes);
        if self.is_ended(&written) { self.ended(cx) } else { written }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.streams).poll_flush(cx);
        if self.is_ended(&flushed) { self.ended(cx) } else { flushed }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.streams).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn the_shell_over_there_reads_a_socket_as_one_word() {
        for socket in ["$(touch x)", "a b", "`id`", "run/docker.sock", "x;id", "it's", "a\nb", "$HOME", "*"] {
            let arguments = arguments(&format!("ada@box:22/{socket}")).unwrap();
            let line = arguments[arguments.iter().position(|word| word == "docker").unwrap()..].join(" ");
            let words =
                std::process::Command::new("sh").args(["-c", &format!("printf '%s|' {line}")]).output().unwrap();
            let expected = format!("docker|--host|unix:///{socket}|system|dial-stdio|");
            assert_eq!(String::from_utf8(words.stdout).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for host in ["", "$(id)", "a b", "x;id", "`id`", "a|b", "a\nb", "/run/docker.sock"] {
            assert!(arguments(host).is_err(), "{host:?}");
        }
        for host in ["box", "ada@box:22", "[fe80::1%25eth0]:22", "a.b-c_d"] {
            assert!(arguments(host).is_ok(), "{host:?}");
        }
    }
}
