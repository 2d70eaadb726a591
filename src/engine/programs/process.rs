//! A program that runs: in a group of its own, so that Ctrl-C in the terminal is dsenv's to handle, and told to end when
//! nobody waits for it any more.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use crate::engine::EngineError;

/// Lines of what a program printed that a message about its failure shows.
const TAIL: usize = 20;
/// How long a program's last words are waited for after its end, where what it leaves running holds its streams open.
const MOMENT: Duration = Duration::from_secs(2);
/// The longest line that is read whole, in bytes.
const LONGEST: u64 = 1 << 20;

/// A running program. Dropped before it ended, it and its children are told to end.
pub(super) struct Process {
    pub child: Child,
    group: Option<Pid>,
}

impl Process {
    /// Starts a program with these variables and no others.
    pub fn start(
        path: &Path,
        arguments: &[String],
        environment: &BTreeMap<String, String>,
        stdin: Stdio,
    ) -> Result<Self, EngineError> {
        let mut command = Command::new(path);
        command.args(arguments).env_clear().envs(environment).process_group(0);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let cannot = |error| EngineError::Local(format!("{} cannot be started: {error}", path.display()));
        let child = command.spawn().map_err(cannot)?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { child, group })
    }

    /// Listens until it has ended. A failure shows the last lines of standard error. Both streams may stay open behind
    /// its end: what a program leaves running has them, too.
    pub async fn heard(
        mut self,
        shown: &str,
        listen: impl Future<Output = Result<(), EngineError>>,
        each: impl Fn(&str),
    ) -> Result<(), EngineError> {
        let last = Mutex::new(VecDeque::new());
        let stderr = self.child.stderr.take();
        let status = {
            let errors = async {
                tail(stderr, &last, each).await;
                Ok(())
            };
            let mut streams = pin!(async { tokio::try_join!(listen, errors).map(|_| ()) });
            let mut heard = None;
            let status = tokio::select! {
                status = self.child.wait() => status,
                done = &mut streams => {
                    heard = Some(done);
                    // What it said wrong need not be waited for.
                    if let Some(Err(error)) = heard {
                        return Err(error);
                    }
                    self.child.wait().await
                }
            };
            if heard.is_none()
                && let Ok(Err(error)) = tokio::time::timeout(MOMENT, streams).await
            {
                return Err(error);
            }
            status
        };
        self.group = None;
        let status = status.map_err(|error| EngineError::Local(format!("{shown}: {error}")))?;
        if status.success() {
            return Ok(());
        }
        let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        Err(EngineError::Exit {
            command: shown.to_owned(),
            // One that a signal ended has no code; shells call it so.
            code: status.code().map_or(128, i64::from),
            output: Vec::from(last).join("\n"),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

/// The next line without its end; `None` after the last. What of a line is too long is an error.
pub(super) async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>, EngineError> {
    let mut bytes = Vec::new();
    let local = |error: std::io::Error| EngineError::Local(error.to_string());
    let read = (&mut *reader).take(LONGEST).read_until(b'\n', &mut bytes).await.map_err(local)?;
    if read == 0 {
        return Ok(None);
    }
    if u64::try_from(read).is_ok_and(|read| read == LONGEST) && !bytes.ends_with(b"\n") {
        return Err(EngineError::Refused(format!("a line of its output is longer than {LONGEST} bytes")));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads a stream to its end, passes each line on, and keeps the last ones.
async fn tail(stream: Option<ChildStderr>, last: &Mutex<VecDeque<String>>, each: impl Fn(&str)) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    while let Ok(Some(line)) = line(&mut reader).await {
        each(&line);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == TAIL {
            last.pop_front();
        }
        last.push_back(line);
    }
}

/// Runs a program to its end and gives what it printed, standard output first. At most a mebibyte of each is read.
///
/// # Errors
/// When it cannot be started, fails, or takes longer than the limit.
pub(super) async fn output(
    path: &Path,
    arguments: &[&str],
    environment: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<[String; 2], EngineError> {
    let owned: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let shown = format!("{name} {}", arguments.join(" "));
    let run = async {
        let mut process = Process::start(path, &owned, environment, Stdio::null())?;
        let errors = Mutex::new(String::new());
        let note = |line: &str| {
            let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
            if u64::try_from(errors.len()).is_ok_and(|length| length < LONGEST) {
                errors.push_str(line);
                errors.push('\n');
            }
        };
        let printed = Mutex::new(Vec::new());
        let stdout = whole(process.child.stdout.take(), &printed);
        process.heard(&shown, stdout, note).await?;
        let printed = printed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let printed = String::from_utf8_lossy(&printed).into_owned();
        Ok([printed, errors.into_inner().unwrap_or_else(PoisonError::into_inner)])
    };
    let late =
        |_| EngineError::Timeout { what: format!("answered by {shown}"), seconds: limit.as_secs(), output: None };
    tokio::time::timeout(limit, run).await.map_err(late)?
}

async fn whole(stream: Option<impl AsyncRead + Unpin>, into: &Mutex<Vec<u8>>) -> Result<(), EngineError> {
    let Some(stream) = stream else { return Ok(()) };
    let mut stream = stream.take(LONGEST);
    let mut bytes = [0; 4096];
    loop {
        let read = stream.read(&mut bytes).await.map_err(|error| EngineError::Local(error.to_string()))?;
        if read == 0 {
            return Ok(());
        }
        into.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..read]);
    }
}
