//! Docker Model Runner, through its plug-in of the Docker CLI.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::BufReader;

use super::process::{self, Process};
use crate::engine::EngineError;
use crate::event::Progress;
use crate::model::Call;
use crate::state::{ModelConfig, ModelRunner};

/// How long the plug-in may take to answer a question.
const ANSWER: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Status {
    running: bool,
    endpoint: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configured {
    model: String,
    #[serde(default)]
    config: ModelConfig,
}

/// Looks at the runner. One that does not run has no models yet: the first pull starts it.
///
/// # Errors
/// When the plug-in does not answer, or not as it should.
pub(super) async fn look(path: &Path, environment: &BTreeMap<String, String>) -> Result<ModelRunner, EngineError> {
    let Status { running, endpoint } = ask(path, &["status", "--json"], environment).await?;
    if !running {
        return Ok(ModelRunner { endpoint, models: BTreeSet::new(), configured: Some(BTreeMap::new()) });
    }
    let listed = ask::<Option<Vec<Listed>>>(path, &["list", "--json"], environment);
    let configured = async {
        // Older plug-ins do not know the question.
        Ok(ask::<Option<Vec<Configured>>>(path, &["configure", "show"], environment).await.ok())
    };
    let (listed, configured) = tokio::try_join!(listed, configured)?;
    let models = listed.into_iter().flatten().flat_map(|model| model.tags.into_iter().chain([model.id]));
    let by_name = |configured: Option<Vec<Configured>>| {
        configured.into_iter().flatten().map(|configured| (configured.model, configured.config)).collect()
    };
    Ok(ModelRunner {
        endpoint,
        models: models.filter(|name| !name.is_empty()).collect(),
        configured: configured.map(by_name),
    })
}

/// Asks a question. The answer stands on standard output, or on standard error in some versions.
async fn ask<T: DeserializeOwned>(
    path: &Path,
    question: &[&str],
    environment: &BTreeMap<String, String>,
) -> Result<T, EngineError> {
    let printed = process::output(path, question, environment, ANSWER).await?;
    let unreadable =
        || EngineError::Refused(format!("docker model {} gave no JSON that can be read", question.join(" ")));
    printed.iter().find_map(|text| serde_json::from_str(text).ok()).ok_or_else(unreadable)
}

/// Runs a command of the plug-in to its end; what it prints is for people.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) async fn run(
    path: &Path,
    call: &Call,
    environment: &BTreeMap<String, String>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), EngineError> {
    let mut process = Process::start(path, &call.arguments, environment, Stdio::null())?;
    let Some(stdout) = process.child.stdout.take() else {
        return Err(EngineError::Local(format!("docker {} has no streams", call.program)));
    };
    // A bar of progress overwrites its line; the last state is what counts.
    let tell = |line: &str| {
        let last = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default();
        progress(Progress::Line(last.to_owned()));
    };
    let listen = async {
        let mut reader = BufReader::new(stdout);
        while let Some(line) = process::line(&mut reader).await? {
            tell(&line);
        }
        Ok(())
    };
    let shown = format!("docker {} {}", call.program, call.arguments.join(" "));
    process.heard(&shown, listen, tell).await
}
