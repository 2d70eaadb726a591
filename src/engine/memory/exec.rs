//! Commands in a container, and its log.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::process::{Halt, Phase, Printed, Process};
use super::refusal::{conflict, no_container};
use super::script::Script;
use super::twin::Memory;
use super::world::{Line, World};
use crate::engine::{EngineError, Exec, ExecIo, LogLine, LogOptions};
use crate::state::ContainerId;

impl World {
    /// The last lines of a container's log.
    pub(super) fn last_lines(&self, id: &ContainerId, count: usize) -> Result<Vec<String>, EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        let first = container.log.len().saturating_sub(count);
        Ok(container.log[first..].iter().map(|line| line.text.clone()).collect())
    }

    fn check_running(&self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        match &container.phase {
            Phase::Up(up) if up.paused => {
                Err(conflict(format!("container {} is paused, unpause the container before exec", container.name)))
            }
            Phase::Up(_) => Ok(()),
            Phase::Created | Phase::Restarting { .. } | Phase::Exited { .. } => {
                Err(conflict(format!("container {} is not running", container.name)))
            }
        }
    }
}

impl Memory {
    /// Runs a command in a running container to its end and gives its exit code.
    pub(super) async fn run_in(
        &self,
        id: &ContainerId,
        command: &[String],
        environment: BTreeMap<String, String>,
        mut print: impl FnMut(Printed) + Send,
    ) -> Result<i64, EngineError> {
        let mut process = Process::new(Script::of(command)).with(environment);
        loop {
            let mut printed = Vec::new();
            let halt = self.change(|world| {
                world.check_running(id)?;
                Ok(world.run(id, &mut process, false, &mut printed))
            })??;
            printed.into_iter().for_each(&mut print);
            match halt {
                Halt::Ended(code) => return Ok(code),
                Halt::OutOfMemory => return Ok(137),
                Halt::Sleeps(time) => {
                    let stopped = |world: &World| match world.check_running(id) {
                        Ok(()) => ControlFlow::Continue(None),
                        Err(_) => ControlFlow::Break(()),
                    };
                    if self.wait(time, stopped).await?.is_some() {
                        return Ok(137);
                    }
                }
            }
        }
    }

    /// The same with streams. `cat` alone gives back what it is given.
    pub(super) async fn run_command(&self, id: &ContainerId, exec: &Exec, mut io: ExecIo) -> Result<i64, EngineError> {
        let broken = |error: std::io::Error| EngineError::Broken(error.to_string());
        if let ([program], Some(stdin)) = (exec.command.as_slice(), &mut io.stdin)
            && program == "cat"
        {
            self.read(|world| world.check_running(id))??;
            tokio::io::copy(stdin, &mut io.stdout).await.map_err(broken)?;
            io.stdout.flush().await.map_err(broken)?;
            return Ok(0);
        }
        let pairs = exec.environment.iter().filter_map(|pair| pair.split_once('='));
        let environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (sender, mut lines) = mpsc::unbounded_channel::<Printed>();
        let run = self.run_in(id, &exec.command, environment, move |line| {
            // Nobody reads any more only when this future itself is dropped.
            let _ = sender.send(line);
        });
        let write = async {
            while let Some((stderr, line)) = lines.recv().await {
                let stream = if stderr && exec.tty.is_none() { &mut io.stderr } else { &mut io.stdout };
                stream.write_all(format!("{line}\n").as_bytes()).await?;
            }
            io.stdout.flush().await?;
            io.stderr.flush().await
        };
        let (code, written) = tokio::join!(run, write);
        written.map_err(broken)?;
        code
    }

    /// A container's log, oldest line first.
    pub(super) fn read_log(
        &self,
        id: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        let LogOptions { follow, tail, since, timestamps } = options.clone();
        let (first, run) = self.read(|world| {
            let container = world.containers.get(id).ok_or_else(|| no_container(id))?;
            let log = &container.log;
            let young = |line: &Line| since.is_none_or(|since| world.calendar.timestamp(line.at) >= since);
            let first = log.iter().position(young).unwrap_or(log.len());
            Ok((first.max(log.len().saturating_sub(tail.unwrap_or(usize::MAX))), container.started_at))
        })??;
        let (memory, id) = (self.clone(), id.clone());
        let lines = stream::unfold(first, move |next| {
            let (memory, id) = (memory.clone(), id.clone());
            async move {
                let line = memory.wait(None, |world| {
                    let Some(container) = world.containers.get(&id) else { return ControlFlow::Break(None) };
                    let same = container.started_at == run;
                    let of_it = |line: &Line| same || container.started_at.is_none_or(|next| line.at < next);
                    match container.log.get(next) {
                        Some(line) if of_it(line) => ControlFlow::Break(Some(world.log_line(line, timestamps))),
                        None if follow && same && matches!(container.phase, Phase::Up(_)) => {
                            ControlFlow::Continue(None)
                        }
                        Some(_) | None => ControlFlow::Break(None),
                    }
                });
                match line.await {
                    Ok(line) => line.flatten().map(|line| (Ok(line), next + 1)),
                    Err(error) => Some((Err(error), next)),
                }
            }
        });
        Ok(lines.boxed())
    }
}

impl World {
    fn log_line(&self, line: &Line, timestamps: bool) -> LogLine {
        let Line { at, stderr, text } = line;
        let at = timestamps.then(|| self.calendar.timestamp(*at));
        LogLine { stderr: *stderr, at, text: text.clone(), open: false }
    }
}
