//! `logs --follow`: through restarts, replacements and new containers, as long as one of them runs or is about to.

use std::collections::BTreeMap;
use std::future::ready;
use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::time::Instant;

use super::{Chosen, Printer};
use crate::command::Failure;
use crate::command::reading::Reading;
use crate::engine::{EngineError, LogLine, LogOptions, Observer};
use crate::state::{Container, ContainerId, RunState, Scope};

/// After a stream of pokes was opened: what happened while the engine heard of it.
const AGAIN: Duration = Duration::from_millis(500);
/// Before the look at a container whose stream ended: one that is opened again must not end at once without a pause.
const MOMENT: Duration = Duration::from_millis(50);
/// How long nothing may run before it is over: a container that is restarted or replaced is away for a moment.
const REST: Duration = Duration::from_secs(2);

/// What is read from the beginning.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// The last lines only, of containers that were there at the beginning.
    pub tail: Option<usize>,
    /// What was said then or later.
    pub since: Option<Timestamp>,
}

/// A line, or the end of a container's stream.
type Heard = (ContainerId, Option<Result<LogLine, EngineError>>);

/// The logs that are followed.
struct Follower<'a> {
    engine: &'a dyn Observer,
    printer: Printer<'a>,
    logs: BTreeMap<ContainerId, Log>,
    streams: SelectAll<BoxStream<'static, Heard>>,
}

/// One of them.
struct Log {
    name: String,
    reading: Reading,
    /// Whether a stream is open.
    open: bool,
    /// The run after whose end it was read to its end.
    read: Option<Option<Timestamp>>,
}

/// Prints what the chosen containers say.
///
/// # Errors
/// When there is no such service, or the engine does not answer.
pub(super) async fn follow(
    engine: &dyn Observer,
    scope: &Scope,
    chosen: &Chosen,
    options: &Options,
    printer: Printer<'_>,
) -> Result<(), Failure> {
    let mut follower = Follower { engine, printer, logs: BTreeMap::new(), streams: SelectAll::new() };
    let mut pokes = engine.pokes(scope).await?;
    let mut again = Some(Instant::now() + AGAIN);
    let (mut first, mut ran, mut rests_since) = (true, false, None);
    let mut unread = pin!(unread());
    loop {
        let observed = engine.observe(scope).await?;
        if first {
            chosen.check(&observed.containers)?;
        }
        let containers: Vec<_> = observed.containers.iter().filter(|container| chosen.has(container)).collect();
        for container in &containers {
            let options = if first { options.clone() } else { Options { tail: None, since: None } };
            follower.attend(container, &options).await?;
        }
        first = false;
        let busy = containers.iter().any(|container| !rests(container));
        ran |= busy;
        if busy {
            rests_since = None;
        } else if !follower.reads() {
            let since = *rests_since.get_or_insert_with(Instant::now);
            if !ran || since.elapsed() >= REST {
                return Ok(());
            }
            again = Some(since + REST);
        }
        loop {
            let due = async {
                match again {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(said) = follower.streams.next() => {
                    let ended = follower.hear(said)?;
                    if follower.printer.context.shell.is_closed() {
                        return Ok(());
                    }
                    if ended {
                        tokio::time::sleep(MOMENT).await;
                        break;
                    }
                }
                poke = pokes.next() => {
                    if poke.is_none() {
                        tokio::time::sleep(AGAIN).await;
                        pokes = engine.pokes(scope).await?;
                        again = Some(Instant::now() + AGAIN);
                    }
                    // One look answers all that came meanwhile.
                    while let Some(Some(_)) = pokes.next().now_or_never() {}
                    break;
                }
                () = due => {
                    again = None;
                    break;
                }
                () = &mut unread => return Ok(()),
            }
        }
    }
}

/// Waits until the reader of standard output is gone. A file has none, and is written to in any case.
async fn unread() {
    let output = io::stdout();
    loop {
        tokio::time::sleep(REST).await;
        let mut asked = [PollFd::new(&output, PollFlags::empty())];
        let answered = poll(&mut asked, Some(&Timespec::default())).is_ok();
        if answered && asked[0].revents().contains(PollFlags::ERR) {
            return;
        }
    }
}

/// Whether a container does not run and is not about to.
fn rests(container: &Container) -> bool {
    match container.state {
        RunState::Exited { .. } | RunState::Removing | RunState::Dead => true,
        RunState::Created | RunState::Running | RunState::Paused | RunState::Restarting => false,
    }
}

impl Follower<'_> {
    /// Whether something is still being read.
    fn reads(&self) -> bool {
        // The end of a stream was heard before the set of streams knows that it has ended.
        self.logs.values().any(|log| log.open)
    }

    /// Opens the log of a container where there is something new to read.
    async fn attend(&mut self, container: &Container, options: &Options) -> Result<(), EngineError> {
        let up = matches!(container.state, RunState::Running | RunState::Paused);
        let Options { tail, since } = options;
        let name = super::name(container);
        let fresh = !self.logs.contains_key(&container.id);
        let log = self.logs.entry(container.id.clone()).or_insert_with(|| Log {
            name: name.clone(),
            reading: Reading::default(),
            open: false,
            read: None,
        });
        // A replacement has the name of another while it begins.
        log.name = name;
        if log.open || (!up && log.read == Some(container.started_at)) {
            return Ok(());
        }
        if container.state == RunState::Created {
            return Ok(());
        }
        log.read = (!up).then_some(container.started_at);
        let mut asked = LogOptions { follow: up, tail: None, since: log.reading.since(), timestamps: true };
        if fresh {
            (asked.tail, asked.since) = (*tail, *since);
            log.reading = Reading::from(*since);
        }
        if fresh && *tail == Some(0) {
            // What is there already is passed over; where it ends is where the reading begins.
            let last = LogOptions { follow: false, tail: Some(1), ..asked.clone() };
            let lines = self.engine.logs(&container.id, &last).await;
            if let Some(Ok(line)) = gone(lines)?.unwrap_or_else(|| stream::empty().boxed()).next().await {
                log.reading.pass(&line);
            }
            asked = LogOptions { tail: None, since: log.reading.since(), ..asked };
        }
        let Some(lines) = gone(self.engine.logs(&container.id, &asked).await)? else { return Ok(()) };
        log.open = true;
        log.reading.reopen();
        let (id, last) = (container.id.clone(), container.id.clone());
        let lines = lines.map(move |line| (id.clone(), Some(line))).chain(stream::once(ready((last, None))));
        self.streams.push(lines.boxed());
        Ok(())
    }

    /// Prints a line. Whether it was the end of a stream.
    fn hear(&mut self, (id, said): Heard) -> Result<bool, EngineError> {
        let Some(log) = self.logs.get_mut(&id) else { return Ok(false) };
        match said {
            Some(Ok(line)) => {
                if log.reading.is_new(&line) {
                    self.printer.say(&log.name, &line);
                }
                Ok(false)
            }
            // A container that was removed has said all.
            None | Some(Err(EngineError::NotFound(_))) => {
                log.open = false;
                Ok(true)
            }
            Some(Err(error)) => Err(error),
        }
    }
}

/// `None` for a container that was removed meanwhile.
fn gone<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(EngineError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
