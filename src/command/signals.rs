//! Ctrl-C and what a service manager sends instead.

use std::io;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::signal::unix::{Signal as Source, SignalKind, signal};

use super::{Failure, Kind};
use crate::execute::Signal;

/// SIGINT and SIGTERM of this process. While this lives they do not end it.
#[derive(Debug)]
pub struct Signals {
    interrupt: Source,
    terminate: Source,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system gives no handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// All of them, for the executor.
    pub fn stream(&mut self) -> impl Stream<Item = Signal> {
        unfold(self, |signals| async {
            signals.next().await;
            Some((Signal, signals))
        })
    }

    /// What the future brings, unless a signal comes first.
    ///
    /// # Errors
    /// When a signal came, or the future failed.
    pub async fn unless<T, E: Into<Failure>>(
        &mut self,
        future: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.next() => Err(Failure::new(Kind::Interrupted, "interrupted before anything was done")),
            result = future => result.map_err(Into::into),
        }
    }
}
