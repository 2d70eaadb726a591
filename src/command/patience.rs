//! An engine that may not answer: whoever waits is told for what, and a limit of the user's ends the wait.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, sleep_until};

use crate::engine::{Done, Engine, EngineError, Exec, ExecIo, LogLine, LogOptions, Observer, Parts, Poke};
use crate::event::Progress;
use crate::model::{Build, VolumeName};
use crate::plan::Step;
use crate::report::Shell;
use crate::rules::Rules;
use crate::state::{ContainerId, Observed, Scope};

/// How long a call that only looks may take before the user is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is told again.
const AGAIN: Duration = Duration::from_secs(30);

/// Flags of a verb that only looks.
#[derive(Debug, Clone, clap::Args)]
pub struct Patience {
    /// Give up after this time [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = super::time::parse, env = "DSENV_TIMEOUT", hide_env_values = true)]
    pub timeout: Option<Duration>,
}

/// When looks are given up.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// All of them at one time, so long after the beginning.
    All {
        /// When.
        end: Instant,
        /// How long after the beginning that is.
        after: Duration,
    },
    /// Each for itself after so long.
    Each(Duration),
}

impl Limit {
    /// All of them, so long from now.
    pub fn within(after: Duration) -> Self {
        Self::All { end: Instant::now() + after, after }
    }

    /// When a look that begins now is given up, and how long that is.
    fn of_look(self) -> (Instant, Duration) {
        let now = Instant::now();
        match self {
            // A look after a run that took all the time is still worth a moment.
            Self::All { end, after } => (end.max(now + PATIENCE), after),
            Self::Each(after) => (now + after, after),
        }
    }
}

/// An engine whose silence is told.
pub struct Patient<'a> {
    engine: Box<dyn Engine>,
    shell: &'a Shell,
    limit: Option<Limit>,
}

impl<'a> Patient<'a> {
    /// Tells of this engine's silence. After `limit` no look is waited for any more.
    pub fn new(engine: Box<dyn Engine>, shell: &'a Shell, limit: Option<Limit>) -> Self {
        Self { engine, shell, limit }
    }

    /// What a look brings.
    async fn look<T>(&self, look: impl Future<Output = Result<T, EngineError>> + Send) -> Result<T, EngineError> {
        wait(self.shell, self.limit, || self.engine.unanswered(), look).await
    }
}

/// What a connection brings; it begins with the question for the engine's version.
///
/// # Errors
/// When no engine answers, or not before the limit.
pub async fn connecting<T>(
    shell: &Shell,
    limit: Option<Limit>,
    connection: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let begun = Instant::now();
    wait(shell, limit, || vec![("GET /version".to_owned(), begun.elapsed())], connection).await
}

/// What an answer brings. While it does not come, the user is told which calls are open.
async fn wait<T>(
    shell: &Shell,
    limit: Option<Limit>,
    open: impl Fn() -> Vec<(String, Duration)>,
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let mut answer = pin!(answer);
    let limit = limit.map(Limit::of_look);
    let mut next = Instant::now() + PATIENCE;
    loop {
        tokio::select! {
            biased;
            result = &mut answer => return result,
            () = sleep_until(limit.map_or(next, |(end, _)| end.min(next))) => {}
        }
        let calls = open();
        if let Some((_, after)) = limit.filter(|(end, _)| *end <= Instant::now()) {
            let what = format!("answered by the engine{}", asked(&calls));
            return Err(EngineError::Timeout { what, seconds: after.as_secs(), output: None });
        }
        if let Some(longest) = calls.iter().map(|(_, time)| *time).max() {
            // The call was made a moment after the wait for it began.
            let seconds = (longest + Duration::from_millis(500)).as_secs();
            shell.note(format!("the engine has not answered{} for {seconds} s; Ctrl-C stops", asked(&calls)));
        }
        next += AGAIN;
    }
}

/// ` GET /networks, GET /info`
fn asked(calls: &[(String, Duration)]) -> String {
    let names: BTreeSet<&str> = calls.iter().map(|(call, _)| call.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" {}", names.into_iter().collect::<Vec<_>>().join(", "))
}

#[async_trait]
impl Observer for Patient<'_> {
    fn rules(&self) -> &Rules {
        self.engine.rules()
    }

    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError> {
        self.look(self.engine.observe(scope)).await
    }

    async fn pokes(&self, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        self.look(self.engine.pokes(scope)).await
    }

    async fn logs(
        &self,
        container: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        self.look(self.engine.logs(container, options)).await
    }

    async fn fetch(&self, container: &ContainerId, path: &str) -> Result<Parts, EngineError> {
        self.look(self.engine.fetch(container, path)).await
    }

    async fn sizes(&self, volumes: &BTreeSet<VolumeName>) -> Result<BTreeMap<VolumeName, u64>, EngineError> {
        self.engine.sizes(volumes).await
    }

    async fn lends(&self, build: &Build) -> Result<(), EngineError> {
        self.engine.lends(build).await
    }

    fn unanswered(&self) -> Vec<(String, Duration)> {
        self.engine.unanswered()
    }
}

#[async_trait]
impl Engine for Patient<'_> {
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        self.engine.perform(step, progress).await
    }

    async fn exec(&self, container: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError> {
        self.engine.exec(container, exec, io).await
    }
}
