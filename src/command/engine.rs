//! The connection to the engine that flags and variables name.

use super::{Context, Failure, Kind};
use crate::engine::{Engine, EngineError, docker, memory};

/// The scheme of the twin: a world in a file, to try the program where no engine is.
const MEMORY: &str = "memory:";

/// How many times as fast as the clock time goes in a new twin, so that tests need not wait.
const PACE: &str = "DSENV_MEMORY_PACE";

/// Connects.
///
/// # Errors
/// When no engine answers.
pub async fn connect(context: &Context<'_>) -> Result<Box<dyn Engine>, Failure> {
    let host = context.global.host.as_deref();
    if let Some(file) = host.and_then(|host| host.strip_prefix(MEMORY)) {
        let pace = context.environment.get(PACE).and_then(|pace| pace.parse().ok()).unwrap_or(1);
        return Ok(Box::new(memory::Memory::open(context.folder.join(file), pace)));
    }
    Ok(Box::new(docker::connect(host, &context.environment, context.home()).await?))
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let hints = match &error {
            EngineError::Unreachable { hints, .. } => hints.clone(),
            _ => Vec::new(),
        };
        hints.into_iter().fold(Self::new(Kind::Error, error.to_string()), Self::hint)
    }
}
