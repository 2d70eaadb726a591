//! What containers say, beside what the watch says.

use std::collections::BTreeSet;

use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt};

use crate::engine::{EngineError, LogLine};
use crate::model::ServiceName;
use crate::state::{Container, ContainerId};

/// A line, or the end of a container's log.
type Said = Result<(ServiceName, String), ContainerId>;

/// The logs that are followed.
pub struct Logs {
    on: bool,
    followed: BTreeSet<ContainerId>,
    lines: SelectAll<BoxStream<'static, Said>>,
}

impl Logs {
    /// None.
    pub fn new() -> Self {
        Self { on: false, followed: BTreeSet::new(), lines: SelectAll::new() }
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

    /// Whether a container's log is followed already.
    pub fn has(&self, container: &ContainerId) -> bool {
        self.followed.contains(container)
    }

    /// Follows one more.
    pub fn add(&mut self, container: &Container, lines: BoxStream<'static, Result<LogLine, EngineError>>) {
        let (service, id) = (container.service.clone(), container.id.clone());
        self.followed.insert(id.clone());
        let lines = lines.take_while(|line| std::future::ready(line.is_ok())).filter_map(move |line| {
            let service = service.clone();
            async move { line.ok().map(|line| Ok((service, line.text))) }
        });
        let end = async move { Err(id) }.into_stream();
        self.lines.push(lines.chain(end).boxed());
    }

    /// The next line; never one while none are shown.
    pub async fn next(&mut self) -> (ServiceName, String) {
        loop {
            match self.lines.next().await {
                Some(Ok(said)) => return said,
                // It may start again and is followed anew then.
                Some(Err(ended)) => drop(self.followed.remove(&ended)),
                None => stream::pending::<()>().next().map(drop).await,
            }
        }
    }
}
