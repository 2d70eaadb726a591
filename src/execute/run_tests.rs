//! The loop in virtual time, on an engine that only knows how long each step takes and which fail.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};

use super::super::fixture;
use super::super::outcome::Cause;
use super::*;
use crate::engine::{Exec, ExecIo, LogLine, LogOptions, Observer, Poke};
use crate::event::{End, Progress, Verdict};
use crate::plan::{ContainerStep, Step, StepClass, WaitStep};
use crate::rules::{ApiVersion, Builder, Dialect, Rules, Shape};
use crate::state::{ContainerId, Observed, Scope};

/// Every step takes a second, a gate ten. Steps of the groups in `fail` fail, those of the groups in `hang` never end.
struct Clockwork {
    rules: Rules,
    fail: BTreeSet<(&'static str, &'static str)>,
    hang: BTreeSet<(&'static str, &'static str)>,
    busy: AtomicUsize,
    peak: AtomicUsize,
}

impl Clockwork {
    fn new(fail: &[(&'static str, &'static str)]) -> Self {
        let rules = Rules {
            engine: "clockwork".into(),
            api: ApiVersion::v1(41),
            shape: Shape::Containers,
            builder: Builder::BuildKit,
            dialect: Dialect::Docker,
            local: true,
            parallelism: 4,
            since: Default::default(),
        };
        let fail = fail.iter().copied().collect();
        let (busy, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { rules, fail, hang: BTreeSet::new(), busy, peak }
    }
}

#[async_trait]
impl Observer for Clockwork {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn observe(&self, _: &Scope) -> Result<Observed, EngineError> {
        Ok(Observed::default())
    }

    async fn pokes(&self, _: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        Ok(stream::empty().boxed())
    }

    async fn logs(
        &self,
        _: &ContainerId,
        _: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        Ok(stream::empty().boxed())
    }
}

#[async_trait]
impl Engine for Clockwork {
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        let counts = step.class() != StepClass::Idle;
        if counts {
            let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
            self.peak.fetch_max(busy, Ordering::SeqCst);
        }
        progress(Progress::Line("half way".into()));
        if self.hang.contains(&(step.verb(), step.object().as_str())) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_secs(if counts { 1 } else { 10 })).await;
        if counts {
            self.busy.fetch_sub(1, Ordering::SeqCst);
        }
        if self.fail.contains(&(step.verb(), step.object().as_str())) {
            return Err(match step {
                Step::Wait(WaitStep::Until { .. }) => {
                    EngineError::Timeout { what: "healthy".into(), seconds: 10, output: None }
                }
                _ => EngineError::Refused("it will not".into()),
            });
        }
        Ok(match step {
            Step::Container(ContainerStep::CollectLogs { .. }) => Done::Logs(vec!["last words".into()]),
            _ => Done::Nothing,
        })
    }

    async fn exec(&self, _: &ContainerId, _: &Exec, _: ExecIo) -> Result<i64, EngineError> {
        Ok(0)
    }
}

/// Runs a plan with Ctrl-C at these seconds; answers with the outcome, the seconds it took, and the events in short.
fn play(engine: &Clockwork, text: &str, jobs: usize, presses: &[u64], limit: Option<u64>) -> (Outcome, u64, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let plan = fixture::plan(text);
    let mut told = Vec::new();
    let mut sink = |_: Duration, beat: Beat<'_>| match beat {
        Beat::Event(event) => told.push(short(event)),
        Beat::Tick => {}
    };
    let options = Options { caps: Caps::of(jobs), limit: limit.map(Duration::from_secs), tick: None };
    let (outcome, took) = runtime.block_on(async {
        let begun = Instant::now();
        let presses = stream::iter(presses.to_vec()).then(|second| async move {
            tokio::time::sleep_until(begun + Duration::from_millis(second * 1000 + 500)).await;
            Signal
        });
        let outcome = run(&plan, engine, options, presses, &mut sink).await;
        (outcome, begun.elapsed().as_secs())
    });
    told.retain(|word| !word.is_empty());
    (outcome, took, told.join(" "))
}

fn short(event: &Event) -> String {
    match event {
        Event::Started(id) => format!("+{id}"),
        Event::Progress(..) => String::new(),
        Event::Done { node, .. } => format!("{node}."),
        Event::Failed { node, failure, .. } => format!("{node}!({})", failure.message),
        Event::Logs(id, lines) => format!("{id}:{}", lines.join("|")),
        Event::Blocked { node, by } => format!("{node}x{by}"),
        Event::Ended { .. } => String::new(),
        Event::Interrupted => "^C".into(),
    }
}

fn ids(ids: &[usize]) -> BTreeSet<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

#[test]
fn steps_that_do_not_need_each_other_run_together_and_the_cap_holds() {
    let engine = Clockwork::new(&[]);
    let (outcome, took, _) = play(&engine, &"call a\n".repeat(9), 3, &[], None);
    assert!(outcome.is_success());
    assert_eq!((took, engine.peak.load(Ordering::SeqCst)), (3, 3));
}

#[test]
fn gates_take_no_slot() {
    let (_, took, _) = play(&Clockwork::new(&[]), &"wait a\n".repeat(50), 1, &[], None);
    assert_eq!(took, 10);
}

#[test]
fn a_failure_is_told_and_blocks_only_its_dependents() {
    let engine = Clockwork::new(&[("start", "a")]);
    let (outcome, _, told) =
        play(&engine, "call a\n call a after 1\n call b\n logs a after 1 2 failed 1 2", 1, &[], None);
    assert_eq!(told, "+#1 #1!(it will not) #2x#1 +#3 #3. +#4 #4:last words #4.");
    assert_eq!(outcome.done, ids(&[3, 4]));
    assert_eq!(outcome.failed[&NodeId(1)], Cause::Engine(EngineError::Refused("it will not".into())));
    assert!(outcome.rolled_back.is_empty(), "logs bring nothing back");
    assert_eq!(outcome.logs[&NodeId(4)], ["last words"]);
}

#[test]
fn an_optional_gate_is_told_and_is_no_failure_of_the_run() {
    let engine = Clockwork::new(&[("wait", "a")]);
    let text = "call a\n try a after 1\n logs a after 1 2 failed 1 2\n call b after 2 tolerant 1 2";
    let (outcome, _, told) = play(&engine, text, 1, &[], None);
    assert!(outcome.is_success() && told.contains("#2!"), "{told}");
    assert_eq!((outcome.done, outcome.excused.len()), (ids(&[1, 3, 4]), 1));
    let (outcome, ..) = play(&Clockwork::new(&[("start", "b")]), text, 1, &[], None);
    assert!(!outcome.is_success(), "the others decide as ever");
}

#[test]
fn a_way_back_that_was_taken_to_its_end_is_a_rollback() {
    let text = "call a\n wait a after 1\n remove a after 1 2 failed 1 2";
    let (outcome, ..) = play(&Clockwork::new(&[("wait", "a")]), text, 1, &[], None);
    assert_eq!(outcome.rolled_back, [crate::model::Address::Service("a".into())].into());
    assert_eq!(outcome.verdict(), Verdict::RolledBack);
    let (outcome, ..) = play(&Clockwork::new(&[("wait", "a"), ("remove", "a")]), text, 1, &[], None);
    assert!(outcome.rolled_back.is_empty(), "a way back that failed brings nothing back");
}

#[test]
fn the_first_interruption_cancels_gates_at_once_and_begins_nothing() {
    let text = "call a\n wait a after 1\n remove a after 1 2 failed 1 2\n call b after 2";
    let (outcome, took, told) = play(&Clockwork::new(&[]), text, 1, &[3], None);
    assert_eq!(told, "+#1 #1. +#2 ^C #2!(interrupted) +#3 #3.");
    assert_eq!((outcome.stopped, took), (Some(Stop::Interrupted), 4));
    assert_eq!(outcome.failed[&NodeId(2)], Cause::Stopped);
    assert_eq!(outcome.rolled_back.len(), 1);
}

#[test]
fn the_second_interruption_drops_everything() {
    let text = "call a\n call a after 1\n call a after 2";
    let (outcome, took, _) = play(&Clockwork::new(&[]), text, 1, &[0, 1], None);
    assert_eq!((outcome.stopped, took), (Some(Stop::Aborted), 1));
    assert_eq!(outcome.done, ids(&[1]));
    assert_eq!(outcome.failed[&NodeId(2)], Cause::Stopped);
}

#[test]
fn the_time_limit_ends_a_run_as_ctrl_c_does() {
    let (outcome, took, told) = play(&Clockwork::new(&[]), "wait a\n call b after 1", 1, &[], Some(5));
    assert_eq!(told, "+#1 #1!(given up: the time limit passed)");
    assert_eq!((outcome.stopped, took), (Some(Stop::Deadline), 5));
    assert_eq!(outcome.verdict(), Verdict::Deadline);
}

#[test]
fn a_step_that_is_never_answered_fails_and_the_way_back_is_taken() {
    let text = "call a\n logs a after 1 failed 1\n remove a after 1 2 failed 1";
    let hang = |what: &[(&'static str, &'static str)]| Clockwork {
        hang: what.iter().copied().collect(),
        ..Clockwork::new(&[])
    };
    let (outcome, took, told) = play(&hang(&[("start", "a")]), text, 1, &[], None);
    assert_eq!(told, "+#1 #1!(not answered by the engine within 120 s) +#2 #2:last words #2. +#3 #3.");
    assert_eq!((outcome.rolled_back.len(), took), (1, 122));
    // Last words that are not given hold up nobody for long.
    let (outcome, took, told) = play(&hang(&[("start", "a"), ("collect logs", "a")]), text, 1, &[], None);
    assert!(told.contains("#2:(the engine did not give the log within 10 s) #2. +#3 #3."), "{told}");
    assert_eq!((outcome.rolled_back.len(), took), (1, 131));
    // A gate has its own limit, and a signal ends it.
    let (outcome, took, _) = play(&hang(&[("wait", "a")]), "wait a", 1, &[1000], None);
    assert_eq!((outcome.stopped, took), (Some(Stop::Interrupted), 1000));
}

#[test]
fn a_way_back_from_what_was_never_made_is_not_needed() {
    let mut plan = fixture::plan("call a\n remove a after 1 failed 1");
    let Step::Container(ContainerStep::Remove { container }) = &mut plan.nodes[1].step else { panic!("it removes") };
    container.handle = crate::plan::Handle::Made(NodeId(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let engine = Clockwork::new(&[("start", "a")]);
    let options = Options { caps: Caps::of(1), limit: None, tick: None };
    let outcome = runtime.block_on(run(&plan, &engine, options, stream::empty(), &mut |_, _| {}));
    assert_eq!((outcome.done.len(), outcome.failed.len(), outcome.rolled_back.len()), (0, 1, 0));
}

/// How each group ends, in the order that it is told.
fn ends(fail: &[(&'static str, &'static str)], text: &str) -> Vec<(String, End)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (plan, engine, mut told) = (fixture::plan(text), Clockwork::new(fail), Vec::new());
    let mut sink = |_: Duration, beat: Beat<'_>| match beat {
        Beat::Event(Event::Ended { address, end }) => told.push((address.service().unwrap().to_string(), *end)),
        Beat::Event(_) | Beat::Tick => {}
    };
    let options = Options { caps: Caps::of(1), limit: None, tick: None };
    let outcome = runtime.block_on(run(&plan, &engine, options, stream::empty(), &mut sink));
    let put_back = told.iter().filter(|(_, end)| *end == End::PutBack).count();
    assert_eq!(outcome.rolled_back.len(), put_back, "one judge");
    told
}

#[test]
fn what_becomes_of_each_resource_is_told_once_it_is_known() {
    let told = |fail: &[_], text: &str| {
        let ends = ends(fail, text);
        ends.iter().map(|(group, end)| format!("{group} {end:?}")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(told(&[], "call a\n call a after 1"), "a Done");
    assert_eq!(told(&[("wait", "a")], "call a\n try a after 1\n call a after 1 tolerant 1 2"), "a Done");
    assert_eq!(told(&[("wait", "a")], "call a\n wait a after 1\n logs a after 2 failed 2"), "a Failed");
    let replaced = "create a\n call a after 1\n wait a after 2\n logs a after 3 failed 3\n call a after 4 failed 3";
    assert_eq!(told(&[("wait", "a")], replaced), "a Kept");
    let removed = format!("{replaced}\n remove a after 5 failed 3");
    assert_eq!(told(&[("wait", "a")], &removed), "a PutBack");
    assert_eq!(told(&[("wait", "a"), ("remove", "a")], &removed), "a Failed");
    let blocked = "call a\n call b\n call b after 1 2\n call c after 1";
    assert_eq!(
        told(&[("start", "a")], blocked),
        "a Failed, c Untouched { by: NodeId(1) }, b CutShort { by: NodeId(1) }"
    );
    // What was done is put back because of another, as the other replicas of a service are.
    let taken_back = "call a\n wait b after 1\n remove a after 2 unless 1 2";
    assert_eq!(told(&[("wait", "b")], taken_back), "a Done, b Failed, a PutBack");
}
