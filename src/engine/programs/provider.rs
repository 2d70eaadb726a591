//! How Compose and the programs that run services speak: the program prints a message of JSON a line, and may ask for
//! the definition of its service, which it then reads from standard input, a line each time.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use super::process::{self, Process};
use crate::engine::EngineError;
use crate::event::Progress;
use crate::model::{Call, ServiceName, Variables};
use crate::plan::ProviderAction;
use crate::state::Program;

/// How long a program may take to tell of itself.
const METADATA: Duration = Duration::from_secs(10);
/// How often a program may ask before it has read what it was told.
const OPEN: usize = 64;

/// A message of a program.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    message: String,
}

/// What a message is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// How it goes, for people.
    Info,
    /// Why it does not go on.
    Error,
    /// `NAME=VALUE` for dependents, which see it under the service's name.
    Setenv,
    /// `NAME=VALUE` for dependents, as it is.
    Rawsetenv,
    /// For who writes the program.
    Debug,
    /// It asks for the service's definition.
    GetServiceConfig,
}

/// What a program says of itself; nothing where it does not know the question.
pub(super) async fn metadata(path: &Path, environment: &BTreeMap<String, String>) -> Program {
    let printed = process::output(path, &["compose", "metadata"], environment, METADATA).await;
    printed.ok().and_then(|[stdout, _]| serde_json::from_str(&stdout).ok()).unwrap_or_default()
}

/// Calls a program for a service and gives the variables that it gave.
///
/// # Errors
/// When it cannot be started, says so, breaks the rules of the conversation, or fails.
pub(super) async fn run(
    path: &Path,
    call: &Call,
    service: &ServiceName,
    action: ProviderAction,
    definition: &str,
    environment: &BTreeMap<String, String>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Variables, EngineError> {
    let mut process = Process::start(path, &call.arguments, environment, Stdio::piped())?;
    let (Some(mut stdin), Some(stdout)) = (process.child.stdin.take(), process.child.stdout.take()) else {
        return Err(EngineError::Local(format!("{} has no streams", call.program)));
    };
    let (ask, mut asked) = mpsc::channel::<()>(OPEN);
    // Answers have their own turn: a program that does not read them is still heard.
    let answers = async {
        while asked.recv().await.is_some() {
            let sent = stdin.write_all(format!("{definition}\n").as_bytes()).await;
            // One that reads no more has what it needs.
            if sent.is_err() || stdin.flush().await.is_err() {
                break;
            }
        }
        // Standard input stays open until the program closes its output.
        while asked.recv().await.is_some() {}
        Ok(())
    };
    let given = Mutex::new(Variables::new());
    let listen = async {
        let mut reader = BufReader::new(stdout);
        while let Some(line) = process::line(&mut reader).await? {
            if !line.trim().is_empty() {
                let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
                hear(&line, call, service, &ask, &mut given, progress)?;
            }
        }
        drop(ask);
        Ok(())
    };
    let talk = async { tokio::try_join!(listen, answers).map(|_| ()) };
    let verb = match action {
        ProviderAction::Up => "up",
        ProviderAction::Stop => "stop",
        ProviderAction::Down => "down",
    };
    // The options are left out: one of them may be a password.
    process.heard(&format!("{} compose {verb} {service}", call.program), talk, |_| ()).await?;
    Ok(given.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn hear(
    line: &str,
    call: &Call,
    service: &ServiceName,
    ask: &mpsc::Sender<()>,
    given: &mut Variables,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), EngineError> {
    let broken = |what: &str| EngineError::Refused(format!("{} {what}", call.program));
    // The line itself is not shown: it may hold a password.
    let Message { kind, message: text } =
        serde_json::from_str(line).map_err(|_| broken("printed something else than a message of a provider"))?;
    let variable = |text: String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\0') => Ok((name.to_owned(), value.to_owned())),
        _ => Err(broken("gave a variable that is not NAME=VALUE")),
    };
    match kind {
        Kind::Info => progress(Progress::Line(text.lines().next().unwrap_or_default().to_owned())),
        Kind::Error => return Err(EngineError::Refused(text.trim_end().to_owned())),
        Kind::Setenv => {
            let (name, value) = variable(text)?;
            given.insert(format!("{}_{name}", service.as_str().to_uppercase()), value);
        }
        Kind::Rawsetenv => {
            let (name, value) = variable(text)?;
            given.insert(name, value);
        }
        Kind::Debug => {}
        Kind::GetServiceConfig => {
            ask.try_send(()).map_err(|_| broken("asks for its service again and again and does not read"))?;
        }
    }
    Ok(())
}
