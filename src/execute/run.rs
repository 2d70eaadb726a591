//! The loop: one place that owns the state of a run and selects over finished steps, signals and the deadline.

#![expect(clippy::disallowed_methods, reason = "steps are measured")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, Aborted, OptionFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Interval, MissedTickBehavior, timeout};

use super::caps::Caps;
use super::groups::Groups;
use super::outcome::{Outcome, Stop};
use super::queue::{Blocked, Queue, State};
use super::resolve::Made;
use super::{explain, outcome};
use crate::engine::{Done, Engine, EngineError};
use crate::event::{Event, Failure};
use crate::plan::{ContainerStep, NodeId, Plan, Step};

/// The limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Steps at once.
    pub caps: Caps,
    /// The longest time for the whole run; none by default.
    pub limit: Option<Duration>,
    /// How often the listener hears that time passed; never by default.
    pub tick: Option<Duration>,
}

/// Ctrl-C, or what a service manager sends instead. The first lets what has begun finish or go back, the second drops
/// everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal;

/// What a listener hears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beat<'a> {
    /// Something happened.
    Event(&'a Event),
    /// Time passed.
    Tick,
}

/// Who hears of it, at the moment that it happens, so long after the beginning. A slow listener slows the run down,
/// and nothing piles up.
pub type Sink<'a> = dyn FnMut(Duration, Beat<'_>) + Send + 'a;

/// Runs a plan to its end.
pub async fn run(
    plan: &Plan,
    engine: &dyn Engine,
    options: Options,
    signals: impl Stream<Item = Signal>,
    sink: &mut Sink<'_>,
) -> Outcome {
    let (begun, sink) = (Instant::now(), Mutex::new(sink));
    let tell = |beat: Beat<'_>| sink.lock().unwrap_or_else(PoisonError::into_inner)(begun.elapsed(), beat);
    let emit = |event: Event| tell(Beat::Event(&event));
    let perform = |id: NodeId, step, abort| {
        let emit = &emit;
        async move {
            let begun = Instant::now();
            let progress = |news| emit(Event::Progress(id, news));
            let result = Abortable::new(within_limit(&step, engine.perform(&step, &progress)), abort).await;
            Finished { id, took: begun.elapsed(), result }
        }
    };
    let mut signals = pin!(signals.fuse());
    let mut ticks = options.tick.map(tokio::time::interval);
    ticks.iter_mut().for_each(|ticks| ticks.set_missed_tick_behavior(MissedTickBehavior::Skip));
    let mut deadline = pin!(OptionFuture::from(options.limit.map(tokio::time::sleep)));
    let (mut queue, mut groups) = (Queue::new(&plan.nodes, options.caps), Groups::new(&plan.nodes));
    let (mut made, mut causes, mut logs) = (Made::default(), BTreeMap::new(), BTreeMap::new());
    let mut running = FuturesUnordered::new();
    let mut cancels: BTreeMap<NodeId, AbortHandle> = BTreeMap::new();
    let mut stopped = None;
    loop {
        let settled = queue.take_settled();
        for node in &settled {
            if let State::Blocked(Blocked::By(by)) = queue.state(node.id) {
                emit(Event::Blocked { node: node.id, by });
            }
        }
        for node in &settled {
            if let Some(end) = groups.news(&node.part_of, |id| queue.state(id)) {
                emit(Event::Ended { address: node.part_of.clone(), end });
            }
        }
        while let Some(node) = queue.take_ready() {
            let Some(step) = made.resolve(&node.step) else {
                queue.not_needed(node.id);
                continue;
            };
            emit(Event::Started(node.id));
            let (cancel, abort) = AbortHandle::new_pair();
            cancels.insert(node.id, cancel);
            running.push(perform(node.id, step, abort));
        }
        if running.is_empty() {
            break;
        }
        let stop = tokio::select! {
            biased;
            Some(Signal) = signals.next() => {
                emit(Event::Interrupted);
                if stopped.is_none() { Stop::Interrupted } else { Stop::Aborted }
            }
            Some(()) = &mut deadline, if stopped.is_none() => Stop::Deadline,
            Some(Finished { id, took, result }) = running.next() => {
                cancels.remove(&id);
                match result {
                    Ok(Ok(done)) => {
                        made.note(id, &done);
                        if let Done::Logs(lines) = done {
                            emit(Event::Logs(id, lines.clone()));
                            logs.insert(id, lines);
                        }
                        emit(Event::Done { node: id, took });
                        queue.done(id);
                    }
                    Ok(Err(error)) => {
                        emit(Event::Failed { node: id, took, failure: explain(plan.node(id), &error) });
                        causes.insert(id, error);
                        queue.failed(id);
                    }
                    Err(Aborted) => {
                        emit(Event::Failed { node: id, took, failure: given_up(stopped) });
                        queue.failed(id);
                    }
                }
                continue;
            }
            Some(_) = OptionFuture::from(ticks.as_mut().map(Interval::tick)) => {
                tell(Beat::Tick);
                continue;
            }
        };
        stopped = Some(stop);
        if stop == Stop::Aborted {
            break;
        }
        for id in queue.interrupt() {
            cancels.get(&id).expect("every running step can be cancelled").abort();
        }
        // That these do not run is what the interruption means, and no failure to tell of.
        queue.take_settled();
    }
    Outcome::of(&queue, &groups, causes, logs, stopped)
}

/// What a step brings, unless it takes longer than such a step can take.
async fn within_limit(step: &Step, work: impl Future<Output = Result<Done, EngineError>>) -> Result<Done, EngineError> {
    let Some(limit) = step.facts().limit else { return work.await };
    match (timeout(limit, work).await, step) {
        (Ok(result), _) => result,
        (Err(_), Step::Container(ContainerStep::CollectLogs { .. })) => {
            Ok(Done::Logs(vec![format!("(the engine did not give the log within {} s)", limit.as_secs())]))
        }
        (Err(_), _) => Err(EngineError::Timeout {
            what: "answered by the engine".to_owned(),
            seconds: limit.as_secs(),
            output: None,
        }),
    }
}

struct Finished {
    id: NodeId,
    took: Duration,
    result: Result<Result<Done, EngineError>, Aborted>,
}

fn given_up(stopped: Option<outcome::Stop>) -> Failure {
    let message = match stopped {
        Some(Stop::Deadline) => "given up: the time limit passed",
        Some(Stop::Interrupted | Stop::Aborted) | None => "interrupted",
    };
    Failure { message: message.to_owned(), hints: Vec::new(), output: None }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
