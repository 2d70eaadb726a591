//! A sink with a clock: what a verb holds while a plan runs.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use super::{Outcome, Sink, sink};
use crate::event::Event;
use crate::plan::Plan;
use crate::report::Form;
use crate::report::status::Row;

type Shared = Arc<Mutex<Box<dyn Sink>>>;

/// A sink with a clock. Drop it before anything else is printed.
pub struct Reporter {
    sink: Shared,
    begun: Instant,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Reporter {
    /// Begins the report of a run in the form that fits this process.
    pub fn start(plan: &Plan, form: Form, verbose: bool) -> Self {
        Self::of(sink(plan, form, verbose))
    }

    fn of(sink: Box<dyn Sink>) -> Self {
        let (begun, pace) = (Instant::now(), sink.pace());
        let sink = Arc::new(Mutex::new(sink));
        let ticker = pace.map(|pace| {
            let (stop, stopped) = channel();
            let sink = Arc::clone(&sink);
            (stop, spawn(move || tick(&sink, begun, pace, &stopped)))
        });
        Self { sink, begun, ticker }
    }

    /// Something happened.
    pub fn event(&self, event: &Event) {
        self.with(|sink, at| sink.event(at, event));
    }

    /// The run is over.
    pub fn finish(&mut self, outcome: Outcome) {
        self.stop();
        self.with(|sink, at| sink.finish(at, outcome));
    }

    /// The table at the end.
    pub fn services(&self, rows: &[Row]) {
        self.with(|sink, _| sink.services(rows, jiff::Timestamp::now()));
    }

    fn with(&self, act: impl FnOnce(&mut dyn Sink, Duration)) {
        act(&mut **self.sink.lock().unwrap_or_else(PoisonError::into_inner), self.begun.elapsed());
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.ticker.take() {
            drop(stop);
            // A ticker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.stop();
    }
}

fn tick(sink: &Shared, begun: Instant, pace: Duration, stopped: &Receiver<()>) {
    while stopped.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {
        sink.lock().unwrap_or_else(PoisonError::into_inner).tick(begun.elapsed());
    }
}
