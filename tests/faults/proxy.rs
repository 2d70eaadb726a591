//! A socket between dsenv and an engine that counts requests and can come between any one of them.
//!
//! Every request gets a connection of its own (`Connection: close` is put into its head), so that a request is a
//! connection and hijacked streams pass like everything else.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program is killed before the engine sees the request.
    KillBefore,
    /// The engine acts, its answer is lost, the program is killed.
    KillAfter,
    /// The engine does not see the request; the program gets an error 500.
    Error500,
    /// The engine acts; the connection is cut before its answer.
    CutAfter,
    /// The connection is cut before the engine sees the request.
    CutBefore,
    /// The engine acts two seconds later.
    Pause,
}

/// One request that came by: `POST /containers/create?name=…`.
pub type Request = String;

#[derive(Default)]
struct State {
    seen: Vec<Request>,
    fault: Option<(usize, Fault)>,
    victim: Option<u32>,
}

/// A running proxy; it ends with this value.
pub struct Proxy {
    socket: PathBuf,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens on `socket`, passes on to `engine`.
    pub fn start(socket: &Path, engine: &Path) -> Self {
        let listener = UnixListener::bind(socket).expect("the socket's folder can be written");
        let state = Arc::new(Mutex::new(State::default()));
        let (engine, shared) = (engine.to_owned(), state.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, engine.clone(), shared.clone()));
            }
        });
        Self { socket: socket.to_owned(), state, task }
    }

    /// What `DOCKER_HOST` must be.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Comes between the request with this number, from 0, and forgets what it saw so far.
    pub fn arm(&self, fault: Option<(usize, Fault)>) {
        *self.state.lock().unwrap() = State { fault, ..State::default() };
    }

    /// The process that is killed.
    pub fn victim(&self, pid: u32) {
        self.state.lock().unwrap().victim = Some(pid);
    }

    /// The requests since [`Self::arm`].
    pub fn seen(&self) -> Vec<Request> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Those that write: anything but GET and HEAD.
    pub fn writes(&self) -> Vec<Request> {
        self.seen().into_iter().filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD ")).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

async fn pass(mut client: UnixStream, engine: PathBuf, state: Arc<Mutex<State>>) {
    let Some((head, rest)) = read_head(&mut client).await else { return };
    let line = head.lines().next().unwrap_or_default().to_owned();
    let fault = {
        let mut state = state.lock().unwrap();
        let number = state.seen.len();
        state.seen.push(line.rsplit_once(' ').map_or(line.clone(), |(request, _)| request.to_owned()));
        state.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault)
    };
    match fault {
        Some(Fault::KillBefore) => return kill(&state),
        Some(Fault::CutBefore) => return,
        Some(Fault::Error500) => {
            drain(&mut client, &head, rest.len()).await;
            let body = r#"{"message":"injected by the proxy"}"#;
            let answer = format!(
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
            return;
        }
        Some(Fault::Pause) => tokio::time::sleep(Duration::from_secs(2)).await,
        Some(Fault::KillAfter | Fault::CutAfter) | None => {}
    }
    let Ok(mut upstream) = UnixStream::connect(&engine).await else { return };
    let upgrade = head.lines().any(|line| line.to_ascii_lowercase().starts_with("upgrade:"));
    let head = if upgrade { head } else { closing(&head) };
    if upstream.write_all(head.as_bytes()).await.is_err() || upstream.write_all(&rest).await.is_err() {
        return;
    }
    match fault {
        Some(fault @ (Fault::KillAfter | Fault::CutAfter)) => {
            pass_body(&mut client, &mut upstream, &head, rest.len()).await;
            // The engine has acted when the head of its answer is here.
            let _ = read_head(&mut upstream).await;
            if fault == Fault::KillAfter {
                kill(&state);
            }
        }
        _ => {
            let _ = copy_bidirectional(&mut client, &mut upstream).await;
        }
    }
}

/// The head up to and with the empty line, and what was read behind it.
async fn read_head(stream: &mut UnixStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(at + 4);
            return Some((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
    }
}

fn closing(head: &str) -> String {
    let lines = head.trim_end().split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut head: String = lines.map(|line| format!("{line}\r\n")).collect();
    head.push_str("Connection: close\r\n\r\n");
    head
}

fn content_length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
}

async fn pass_body(client: &mut UnixStream, upstream: &mut UnixStream, head: &str, have: usize) {
    let mut left = content_length(head).map_or(usize::MAX, |length| length.saturating_sub(have));
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    if content_length(head).is_none() && !chunked {
        return;
    }
    let mut chunk = [0; 16384];
    while left > 0 {
        let Ok(Ok(read)) = tokio::time::timeout(Duration::from_secs(5), client.read(&mut chunk)).await else { return };
        if read == 0 || upstream.write_all(&chunk[..read]).await.is_err() {
            return;
        }
        if chunked && chunk[..read].ends_with(b"0\r\n\r\n") {
            return;
        }
        left = left.saturating_sub(read);
    }
}

async fn drain(client: &mut UnixStream, head: &str, have: usize) {
    let mut left = content_length(head).unwrap_or(0).saturating_sub(have);
    let mut chunk = [0; 16384];
    while left > 0 {
        match client.read(&mut chunk).await {
            Ok(read) if read > 0 => left = left.saturating_sub(read),
            _ => return,
        }
    }
}

fn kill(state: &Mutex<State>) {
    if let Some(pid) = state.lock().unwrap().victim {
        let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
}
