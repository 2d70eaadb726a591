//! An engine and, beside it, programs of this machine: those that run services (`provider`), and the plug-in of the
//! Docker CLI for language models (`models`). Nothing of theirs is seen by the engine, so what they gave is remembered
//! for as long as this process lives.

mod models;
mod process;
mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;

use super::{Done, Engine, EngineError, Exec, ExecIo, LogLine, LogOptions, Observer, Parts, Poke, find};
use crate::event::Progress;
use crate::model::{Build, Call, Variables, VolumeName};
use crate::plan::{CallKind, MODEL, Step, providers};
use crate::rules::Rules;
use crate::state::{ContainerId, Observed, Program, Scope};

/// An engine, and the programs beside it.
pub struct WithPrograms {
    engine: Box<dyn Engine>,
    /// What programs are given; where they are is looked up in it.
    environment: BTreeMap<String, String>,
    /// What was found, by the name that a spec has for it.
    found: Mutex<BTreeMap<String, (PathBuf, Program)>>,
    called: Mutex<BTreeMap<Call, Variables>>,
}

impl WithPrograms {
    /// Puts programs beside an engine. They are given these variables.
    pub fn new(engine: Box<dyn Engine>, environment: BTreeMap<String, String>) -> Self {
        Self { engine, environment, found: Mutex::default(), called: Mutex::default() }
    }

    /// The programs among these that are there, with what they say of themselves.
    async fn programs(&self, names: BTreeSet<String>) -> BTreeMap<String, Program> {
        let look = async |name: String| {
            let known = lock(&self.found).get(&name).cloned();
            let (path, program) = match known {
                Some(known) => known,
                None => {
                    let path = find::program(&name, &self.environment)?;
                    let program = provider::metadata(&path, &self.environment).await;
                    (path, program)
                }
            };
            lock(&self.found).insert(name.clone(), (path, program.clone()));
            Some((name, program))
        };
        join_all(names.into_iter().map(look)).await.into_iter().flatten().collect()
    }

    async fn call(
        &self,
        call: &Call,
        kind: &CallKind,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Done, EngineError> {
        let found = match kind {
            CallKind::Service { .. } => find::program(&call.program, &self.environment),
            CallKind::PullModel | CallKind::ConfigureModel => find::plugin(&call.program, &self.environment),
        };
        let path =
            found.ok_or_else(|| EngineError::NotFound(format!("no program {} on this machine", call.program)))?;
        let given = match kind {
            CallKind::Service { service, action, definition } => {
                provider::run(&path, call, service, *action, definition, &self.environment, progress).await?
            }
            CallKind::PullModel | CallKind::ConfigureModel => {
                models::run(&path, call, &self.environment, progress).await?;
                Variables::new()
            }
        };
        let mut called = lock(&self.called);
        if let CallKind::Service { .. } = kind {
            // What was done with the service before says nothing any more.
            called.retain(|other, _| other.program != call.program || other.arguments.last() != call.arguments.last());
        }
        called.insert(call.clone(), given.clone());
        Ok(Done::Given(given))
    }
}

#[async_trait]
impl Observer for WithPrograms {
    fn rules(&self) -> &Rules {
        self.engine.rules()
    }

    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError> {
        let runner = async {
            match find::plugin(MODEL, &self.environment).filter(|_| scope.models) {
                Some(path) => models::look(&path, &self.environment).await.map(Some),
                None => Ok(None),
            }
        };
        let (observed, models) = tokio::try_join!(self.engine.observe(scope), runner)?;
        let programs = match &scope.programs {
            Some(asked) => {
                let recorded = providers(&observed).into_values().map(|provider| provider.program);
                self.programs(asked.iter().cloned().chain(recorded).collect()).await
            }
            None => BTreeMap::new(),
        };
        let called = lock(&self.called).clone();
        Ok(Observed { programs, models, called, ..observed })
    }

    async fn pokes(&self, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        self.engine.pokes(scope).await
    }

    async fn logs(
        &self,
        container: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        self.engine.logs(container, options).await
    }

    async fn fetch(&self, container: &ContainerId, path: &str) -> Result<Parts, EngineError> {
        self.engine.fetch(container, path).await
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
impl Engine for WithPrograms {
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        match step {
            Step::Host { call, kind } => self.call(call, kind, progress).await,
            step => self.engine.perform(step, progress).await,
        }
    }

    async fn exec(&self, container: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError> {
        self.engine.exec(container, exec, io).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
