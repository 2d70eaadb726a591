//! Carrying a plan out under the lock: shared by `apply` and `destroy`.

use std::time::Duration;

use super::signals::Signals;
use super::{Context, Failure, Kind, process};
use crate::engine::Engine;
use crate::event::{Event, Verdict};
use crate::execute::{self, Beat, Caps, Lock, LockError, Nook, Outcome};
use crate::model::{Address, Origins, ProjectName};
use crate::plan::Plan;
use crate::report::progress::{self, Sink};
use crate::report::{Form, Style};

/// Flags of a verb that carries a plan out.
#[derive(Debug, Clone, clap::Args)]
pub struct Pace {
    /// How long to wait for another dsenv that is at work on the same environment
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::time::parse, env = "DSENV_LOCK_TIMEOUT", hide_env_values = true)]
    pub lock_timeout: Duration,
    /// Give up after this time [default: no limit but that of each service]
    #[arg(long, value_name = "TIME", value_parser = super::time::parse, env = "DSENV_TIMEOUT", hide_env_values = true)]
    pub timeout: Option<Duration>,
}

/// Takes the lock of a project.
///
/// # Errors
/// When somebody else has it, or a signal came.
pub async fn lock(
    context: &Context<'_>,
    engine: &dyn Engine,
    project: &ProjectName,
    signals: &mut Signals,
    wait: Duration,
) -> Result<Lock, Failure> {
    let nook = nook(context, project);
    let me = process::holder(&context.environment);
    signals.unless(execute::acquire(engine, project, me, &process::Machine, &nook, wait)).await
}

/// The same for who makes room: on a full disk nobody can make a lock, and that must not keep anybody from freeing it.
///
/// # Errors
/// As [`lock`].
pub async fn lock_to_free(
    context: &Context<'_>,
    engine: &dyn Engine,
    project: &ProjectName,
    signals: &mut Signals,
    wait: Duration,
) -> Result<Option<Lock>, Failure> {
    let nook = nook(context, project);
    let me = process::holder(&context.environment);
    let taken = signals.unless(async {
        match execute::acquire(engine, project, me, &process::Machine, &nook, wait).await {
            Err(LockError::NoSpace(_)) => Ok(None),
            taken => taken.map(Some),
        }
    });
    let taken = taken.await?;
    if taken.is_none() {
        context.shell.note("the engine's disk is full, so this goes on without a lock; apply nothing meanwhile");
    }
    Ok(taken)
}

fn nook(context: &Context<'_>, project: &ProjectName) -> Nook {
    let address = context.global.host.as_deref().or_else(|| context.environment.get("DOCKER_HOST").map(String::as_str));
    process::lock_nook(&context.environment, project, address.unwrap_or_default())
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let message = error.to_string();
        match error {
            LockError::Held(_) => Self::new(Kind::Locked, message)
                .hint("wait longer with --lock-timeout, or look with `dsenv unlock` whether it still lives"),
            LockError::Unknown(_) => Self::new(Kind::Locked, message)
                .hint("one that gives no sign of life for 30 s is taken for dead: wait longer with --lock-timeout 40s")
                .hint("if you are sure that it is not at work any more, `dsenv unlock --force`"),
            LockError::Lost(_) => {
                Self::new(Kind::Locked, message).hint("look at what it does with `dsenv plan`, then apply again")
            }
            LockError::NoSpace(_) => {
                Self::new(Kind::Error, message).hint("make room: `dsenv destroy` works without a lock then")
            }
            LockError::Engine(error) => error.into(),
        }
    }
}

/// Gives the lock back. That it could not be is only told: it is stale once this process has ended.
async fn unlock(context: &Context<'_>, engine: &dyn Engine, lock: Lock) {
    let given = tokio::time::timeout(Duration::from_secs(5), lock.release(engine)).await;
    if !matches!(given, Ok(Ok(()))) {
        context.shell.note("the lock could not be given back; the next apply recognises that nobody holds it");
    }
}

/// Does something under the lock, and gives the lock back.
///
/// # Errors
/// Those of the work; and when somebody took the lock away meanwhile.
pub async fn under<T>(
    context: &Context<'_>,
    engine: &dyn Engine,
    mut lock: Lock,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let result = lock.hold(engine, work).await;
    unlock(context, engine, lock).await;
    result?
}

/// How a run went.
pub struct Run {
    /// Step by step.
    pub outcome: Outcome,
    /// Who told of it.
    pub sink: Box<dyn Sink>,
}

/// Runs the plan and tells of it. What failed is told with the place that asked for it, as far as `origins` have it.
pub async fn run(
    context: &Context<'_>,
    engine: &dyn Engine,
    (plan, origins): (&Plan, &Origins),
    form: Form,
    limit: Option<Duration>,
    signals: &mut Signals,
) -> Run {
    let mut sink = progress::sink(plan, form, context.shell);
    let jobs = context.global.jobs.unwrap_or(engine.rules().parallelism);
    let options = execute::Options { caps: Caps::of(jobs), limit, tick: sink.pace() };
    let mut last = Duration::ZERO;
    let mut listener = |at, beat: Beat<'_>| {
        last = at;
        match beat {
            Beat::Event(event) => match located(plan, origins, event) {
                Some(event) => sink.event(at, &event),
                None => sink.event(at, event),
            },
            Beat::Tick => sink.tick(at),
        }
    };
    let outcome = execute::run(plan, engine, options, signals.stream(), &mut listener).await;
    sink.finish(last, outcome.verdict());
    Run { outcome, sink }
}

/// A failure in the runtime's words about a mount, with the place of that mount.
fn located(plan: &Plan, origins: &Origins, event: &Event) -> Option<Event> {
    let Event::Failed { node, took, failure } = event else { return None };
    let service = plan.node(*node).part_of.service()?;
    let (_, behind) = failure.message.split_once("to rootfs at \"")?;
    let target = behind.split('"').next()?;
    let address = Address::Service(service.clone());
    let place = ["mounts", "files"].iter().find_map(|kind| origins.find(&address, &format!("{kind}.{target}")))?;
    let mut failure = failure.clone();
    let why = match failure.message.contains("not a directory") || failure.message.contains("Are you trying to mount") {
        true => {
            ": a file is mounted on a folder, or a folder on a file; the engine makes a folder where a source is missing"
        }
        false => "",
    };
    failure.hints.insert(0, format!("the mount of {target} is asked for at {place}{why}"));
    Some(Event::Failed { node: *node, took: *took, failure })
}

/// The exit of a run. The report has told why already, so the failure has no words of its own.
///
/// # Errors
/// When not everything was done.
pub fn conclude(verdict: Verdict) -> Result<(), Failure> {
    let kind = match verdict {
        Verdict::Done => return Ok(()),
        Verdict::Interrupted => Kind::Interrupted,
        Verdict::RolledBack => Kind::RolledBack,
        Verdict::Deadline => Kind::Deadline,
        Verdict::Unreachable => Kind::Error,
        Verdict::Partial => Kind::Partial,
    };
    Err(Failure::new(kind, ""))
}

/// The style of standard output in a form.
pub fn style(form: Form) -> Style {
    Style::of_stdout(form)
}
