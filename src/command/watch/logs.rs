//! What containers say, beside what the watch says.

use std::collections::BTreeMap;
use std::future::ready;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, SelectAll};

use crate::command::reading::Reading;
use crate::engine::{EngineError, LogLine, LogOptions};
use crate::model::ServiceName;
use crate::state::{Container, ContainerId};

/// Lines of what was said before the logs were switched on.
const FIRST: usize = 5;

/// A line, or the end of a container's log.
type Said = (ContainerId, Option<LogLine>);

/// The logs that are followed.
pub struct Logs {
    on: bool,
    logs: BTreeMap<ContainerId, Log>,
    lines: SelectAll<BoxStream<'static, Said>>,
}

/// One of them.
struct Log {
    service: ServiceName,
    reading: Reading,
    /// Whether its stream is open.
    open: bool,
}

impl Logs {
    /// None.
    pub fn new() -> Self {
        Self { on: false, logs: BTreeMap::new(), lines: SelectAll::new() }
    }

    /// Whether they are shown.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Shows them, or ends that. Answers with which it is now.
    pub fn toggle(&mut self) -> bool {
        *self = Self { on: !self.on, ..Self::new() };
        self.on
    }

    /// What of a container's log is to be asked for; `None` while it is followed.
    pub fn wants(&self, container: &ContainerId) -> Option<LogOptions> {
        let first = LogOptions { follow: true, tail: Some(FIRST), since: None, timestamps: true };
        match self.logs.get(container) {
            None => Some(first),
            Some(log) if log.open => None,
            Some(log) => match log.reading.since() {
                None => Some(first),
                since => Some(LogOptions { tail: None, since, ..first }),
            },
        }
    }

    /// Follows one, anew if it was followed before.
    pub fn add(&mut self, container: &Container, lines: BoxStream<'static, Result<LogLine, EngineError>>) {
        let (id, last) = (container.id.clone(), container.id.clone());
        let new = || Log { service: container.service.clone(), reading: Reading::default(), open: true };
        let log = self.logs.entry(id.clone()).or_insert_with(new);
        log.open = true;
        log.reading.reopen();
        let lines = lines.take_while(|line| ready(line.is_ok())).map(move |line| (id.clone(), line.ok()));
        self.lines.push(lines.chain(stream::once(ready((last, None)))).boxed());
    }

    /// The next line; never one while none are shown.
    pub async fn next(&mut self) -> (ServiceName, String) {
        loop {
            let Some((id, said)) = self.lines.next().await else {
                stream::pending::<()>().next().await;
                continue;
            };
            let Some(log) = self.logs.get_mut(&id) else { continue };
            match said {
                Some(line) if log.reading.is_new(&line) => return (log.service.clone(), line.text),
                Some(_) => {}
                // It may start again and is followed anew then.
                None => log.open = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::engine::Observer;
    use crate::engine::memory::Memory;
    use crate::state::{Scope, label};

    #[tokio::test(start_paused = true)]
    async fn a_log_that_is_opened_again_goes_on_where_it_ended() {
        let memory = Memory::new();
        let id = memory.run_foreign("lab-web-1", "busybox", labels()).unwrap();
        let container = memory.observe(&Scope::of("lab".into())).await.unwrap().containers.remove(0);
        let at = |second| Timestamp::from_second(second).unwrap();
        let said = |texts: &[(i64, &str)]| {
            let line = |(second, text): &(i64, &str)| {
                Ok(LogLine { stderr: false, at: Some(at(*second)), text: (*text).to_owned(), open: false })
            };
            stream::iter(texts.iter().map(line).collect::<Vec<_>>()).boxed()
        };
        let mut logs = Logs::new();
        logs.toggle();
        assert_eq!(logs.wants(&id).and_then(|options| options.tail), Some(FIRST));
        logs.add(&container, said(&[(1, "a"), (2, "b")]));
        assert_eq!((logs.next().await.1, logs.next().await.1), ("a".to_owned(), "b".to_owned()));
        assert_eq!(logs.wants(&id), None);
        assert!(tokio::time::timeout(Duration::from_secs(1), logs.next()).await.is_err());
        assert!(logs.wants(&id).is_some_and(|options| options.tail.is_none() && options.since.is_some()));
        logs.add(&container, said(&[(1, "a"), (2, "b"), (2, "c")]));
        assert_eq!(logs.next().await.1, "c");
    }

    fn labels() -> label::Labels {
        [(label::ENV, "lab"), (label::NAME, "web"), (label::KIND, label::KIND_CONTAINER), (label::REPLICA, "1")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }
}
