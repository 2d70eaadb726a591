//! The connection to the engine that flags and variables name.

use std::collections::BTreeMap;
use std::time::Duration;

use super::patience::{self, Limit, Patient};
use super::{Context, Failure, Kind};
use crate::engine::programs::WithPrograms;
use crate::engine::{Engine, EngineError, docker, memory};

/// The scheme of the twin: a world in a file, to try the program where no engine is.
const MEMORY: &str = "memory:";

/// How many times as fast as the clock time goes in a new twin, so that tests need not wait.
const PACE: &str = "DSENV_MEMORY_PACE";

/// Connects. Programs beside the engine have the variables of this process.
///
/// # Errors
/// When no engine answers.
pub async fn connect<'c>(context: &'c Context<'_>) -> Result<Box<dyn Engine + 'c>, Failure> {
    connect_with(context, &context.environment).await
}

/// Connects. Programs beside the engine have these variables, and are led to the same engine.
///
/// # Errors
/// When no engine answers.
pub async fn connect_with<'c>(
    context: &'c Context<'_>,
    variables: &BTreeMap<String, String>,
) -> Result<Box<dyn Engine + 'c>, Failure> {
    connect_within(context, variables, None).await
}

/// The same, with a limit after which no look at the engine is waited for any more.
///
/// # Errors
/// When no engine answers.
pub async fn connect_within<'c>(
    context: &'c Context<'_>,
    variables: &BTreeMap<String, String>,
    limit: Option<Duration>,
) -> Result<Box<dyn Engine + 'c>, Failure> {
    connect_limited(context, variables, limit.map(Limit::within)).await
}

/// The same, with a limit of any kind.
///
/// # Errors
/// When no engine answers.
pub async fn connect_limited<'c>(
    context: &'c Context<'_>,
    variables: &BTreeMap<String, String>,
    limit: Option<Limit>,
) -> Result<Box<dyn Engine + 'c>, Failure> {
    let host = context.global.host.as_deref();
    // Which engine is meant is for this process to say, not for a file of the project.
    let is_docker = |name: &String| name.starts_with("DOCKER_");
    let own = context.environment.iter().filter(|(name, _)| is_docker(name));
    let others = variables.iter().filter(|(name, _)| !is_docker(name));
    let mut variables: BTreeMap<String, String> =
        others.chain(own).map(|(name, value)| (name.clone(), value.clone())).collect();
    let engine: Box<dyn Engine> = if let Some(file) = host.and_then(|host| host.strip_prefix(MEMORY)) {
        let pace = context.environment.get(PACE).and_then(|pace| pace.parse().ok()).unwrap_or(1);
        Box::new(memory::Memory::open(context.folder.join(file), pace))
    } else {
        if let Some(host) = host {
            variables.insert("DOCKER_HOST".to_owned(), host.to_owned());
            variables.remove("DOCKER_CONTEXT");
        }
        let connection = docker::connect(host, &context.environment, context.home());
        Box::new(patience::connecting(context.shell, limit, connection).await?)
    };
    let engine = Box::new(WithPrograms::new(engine, variables));
    Ok(Box::new(Patient::new(engine, context.shell, limit)))
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let hints = match &error {
            EngineError::Unreachable { hints, .. } => hints.clone(),
            _ => Vec::new(),
        };
        let kind = if matches!(error, EngineError::Timeout { .. }) { Kind::Deadline } else { Kind::Error };
        hints.into_iter().fold(Self::new(kind, error.to_string()), Self::hint)
    }
}
