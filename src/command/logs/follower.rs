//! Logs of containers that are followed through restarts: each is opened again where it ended, and nothing is told twice.

use std::collections::BTreeMap;
use std::future::ready;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, SelectAll};
use jiff::Timestamp;

use crate::command::reading::Reading;
use crate::engine::{EngineError, LogLine, LogOptions, Observer};
use crate::state::{Container, ContainerId, RunState};

/// What is read from the beginning.
#[derive(Debug, Clone)]
pub struct Options {
    /// The last lines only.
    pub tail: Option<usize>,
    /// What was said then or later.
    pub since: Option<Timestamp>,
}

/// A line, or the end of a container's stream.
type Said = (ContainerId, Option<Result<LogLine, EngineError>>);

/// The logs that are followed.
#[derive(Default)]
pub struct Follower {
    logs: BTreeMap<ContainerId, Log>,
    streams: SelectAll<BoxStream<'static, Said>>,
}

/// One of them.
struct Log {
    label: String,
    reading: Reading,
    /// Whether a stream is open, or is being opened.
    open: bool,
    /// The run after whose end it was read to its end.
    read: Option<Option<Timestamp>>,
}

/// What of a log is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The part that is told.
    pub options: LogOptions,
    /// Whether what is there already is passed over.
    pub pass_over: bool,
}

/// A log that was opened.
pub struct Opened {
    /// The last line that was passed over.
    passed: Option<LogLine>,
    lines: BoxStream<'static, Result<LogLine, EngineError>>,
}

/// Something that was heard.
#[derive(Debug)]
pub enum Heard {
    /// A line that was not told before, of the log with this label.
    Line(String, LogLine),
    /// The end of a stream.
    End,
    /// The engine's failure, which ends a stream too.
    Failure(EngineError),
}

impl Follower {
    /// Whether something is still being read.
    pub fn reads(&self) -> bool {
        // The end of a stream was heard before the set of streams knows that it has ended.
        self.logs.values().any(|log| log.open)
    }

    /// What of a container's log is to be opened next; `None` where nothing new is to be read. The answer goes to
    /// [`open`], and what that brings to [`Self::add`]. `options` count for a container that was not followed before.
    pub fn ask(&mut self, container: &Container, label: &str, options: &Options) -> Option<Asked> {
        let up = matches!(container.state, RunState::Running | RunState::Paused);
        let fresh = !self.logs.contains_key(&container.id);
        let new = || Log { label: label.to_owned(), reading: Reading::default(), open: false, read: None };
        let log = self.logs.entry(container.id.clone()).or_insert_with(new);
        // A replacement has the name of another while it begins.
        label.clone_into(&mut log.label);
        let is_read = !up && log.read == Some(container.started_at);
        if log.open || is_read || container.state == RunState::Created {
            return None;
        }
        log.read = (!up).then_some(container.started_at);
        log.open = true;
        let mut asked = LogOptions { follow: up, tail: None, since: log.reading.since(), timestamps: true };
        if fresh {
            let Options { tail, since } = options;
            (asked.tail, asked.since) = (*tail, *since);
            log.reading = Reading::from(*since);
        }
        Some(Asked { options: asked, pass_over: fresh && options.tail == Some(0) })
    }

    /// Follows what was opened; `None`: the container was removed meanwhile.
    pub fn add(&mut self, container: &ContainerId, opened: Option<Opened>) {
        let Some(log) = self.logs.get_mut(container) else { return };
        let Some(Opened { passed, lines }) = opened else {
            log.open = false;
            return;
        };
        if let Some(line) = passed {
            log.reading.pass(&line);
        }
        log.reading.reopen();
        let (id, last) = (container.clone(), container.clone());
        let lines = lines.map(move |line| (id.clone(), Some(line))).chain(stream::once(ready((last, None))));
        self.streams.push(lines.boxed());
    }

    /// What is heard next; `None` while no stream is open. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            let (id, said) = self.streams.next().await?;
            let Some(log) = self.logs.get_mut(&id) else { continue };
            match said {
                Some(Ok(line)) if log.reading.is_new(&line) => return Some(Heard::Line(log.label.clone(), line)),
                Some(Ok(_)) => {}
                // A container that was removed has said all.
                None | Some(Err(EngineError::NotFound(_))) => {
                    log.open = false;
                    return Some(Heard::End);
                }
                Some(Err(error)) => {
                    log.open = false;
                    return Some(Heard::Failure(error));
                }
            }
        }
    }
}

/// Opens a log. `None`: the container was removed meanwhile.
///
/// # Errors
/// When the engine does not answer.
pub async fn open(engine: &dyn Observer, container: &ContainerId, asked: Asked) -> Result<Option<Opened>, EngineError> {
    let Asked { mut options, pass_over } = asked;
    let mut passed = None;
    if pass_over {
        // What is there already is passed over; where it ends is where the reading begins.
        let mut reading = Reading::from(options.since);
        let last = LogOptions { follow: false, tail: Some(1), ..options.clone() };
        let Some(mut lines) = there(engine.logs(container, &last).await)? else { return Ok(None) };
        if let Some(Ok(line)) = lines.next().await {
            reading.pass(&line);
            passed = Some(line);
        }
        (options.tail, options.since) = (None, reading.since());
    }
    let lines = there(engine.logs(container, &options).await)?;
    Ok(lines.map(|lines| Opened { passed, lines }))
}

/// `None` for a container that was removed meanwhile.
fn there<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(EngineError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::memory::Memory;
    use crate::state::{Scope, label};

    const FIRST: Options = Options { tail: Some(5), since: None };

    #[tokio::test(start_paused = true)]
    async fn a_log_that_is_opened_again_goes_on_where_it_ended() {
        let memory = Memory::new();
        memory.run_foreign("lab-web-1", "busybox", labels()).unwrap();
        let container = memory.observe(&Scope::of("lab".into())).await.unwrap().containers.remove(0);
        let at = |second| Timestamp::from_second(second).unwrap();
        let said = |texts: &[(i64, &str)]| {
            let line = |(second, text): &(i64, &str)| {
                Ok(LogLine { stderr: false, at: Some(at(*second)), text: (*text).to_owned(), open: false })
            };
            let lines = stream::iter(texts.iter().map(line).collect::<Vec<_>>()).boxed();
            Some(Opened { passed: None, lines })
        };
        let mut follower = Follower::default();
        let ask = |follower: &mut Follower| follower.ask(&container, "web", &FIRST).map(|asked| asked.options);
        assert_eq!(ask(&mut follower).and_then(|options| options.tail), Some(5));
        follower.add(&container.id, said(&[(1, "a"), (2, "b")]));
        assert_eq!(line(&mut follower).await, "web a");
        assert_eq!(line(&mut follower).await, "web b");
        assert_eq!(ask(&mut follower), None);
        assert!(matches!(follower.next().await, Some(Heard::End)));
        assert!(tokio::time::timeout(Duration::from_secs(1), follower.next()).await.is_ok_and(|it| it.is_none()));
        assert!(ask(&mut follower).is_some_and(|options| options.tail.is_none() && options.since.is_some()));
        follower.add(&container.id, said(&[(1, "a"), (2, "b"), (2, "c")]));
        assert_eq!(line(&mut follower).await, "web c");
    }

    async fn line(follower: &mut Follower) -> String {
        match follower.next().await {
            Some(Heard::Line(label, line)) => format!("{label} {}", line.text),
            other => format!("{other:?}"),
        }
    }

    fn labels() -> label::Labels {
        [(label::ENV, "lab"), (label::NAME, "web"), (label::KIND, label::KIND_CONTAINER), (label::REPLICA, "1")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }
}
