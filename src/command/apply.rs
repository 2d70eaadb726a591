//! `dsenv apply`: make the engine agree with the spec.

use std::collections::BTreeMap;

use super::perform::{self, Pace};
use super::select::Select;
use super::session::{self, Look};
use super::signals::Signals;
use super::{Context, Desired, Failure, Kind, Outcome, ask, desired, engine, process, runtime};
use crate::engine::Engine;
use crate::execute::{self, Stop};
use crate::model::ImageRef;
use crate::plan::{Options, Plan, Step};
use crate::report::progress::Sink;
use crate::report::{Form, plan as printer, status};

/// Arguments of `apply`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file, instead of the one found
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// What of the spec
    #[command(flatten)]
    pub select: Select,
    /// How long
    #[command(flatten)]
    pub pace: Pace,
    /// How to tell of it; `json` is one event a line
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, the engine is not there, a word is missing, or not everything was done.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let desired = desired::desired(context, args.file.as_deref(), &args.select.lossy())?;
    let options = args.select.options(&desired.project)?;
    runtime(async {
        let engine = engine::connect(context).await?;
        apply(context, args, &*engine, &desired, options).await
    })
}

async fn apply(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    desired: &Desired,
    options: Options,
) -> Result<Outcome, Failure> {
    let look = session::look(engine, desired, &options).await?;
    session::refuse(context, &look.plan)?;
    show(context, args, &look.plan);
    if look.plan.is_empty() {
        if args.format != Form::Json {
            table(context, args.format, desired, &look);
        }
        return Ok(Outcome::Done);
    }
    confirm(context, args, &look.plan)?;
    let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
    let lock = perform::lock(context, engine, &desired.project.name, &mut signals, args.pace.lock_timeout).await?;
    let result = locked(context, args, engine, desired, options, look.plan, &mut signals).await;
    perform::unlock(context, engine, lock).await;
    result
}

/// What is done while the lock is held: the world may have changed until it was had, so it is looked at again, and
/// again after images came, since what runs on them may now differ.
async fn locked(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    desired: &Desired,
    mut options: Options,
    mut agreed: Plan,
    signals: &mut Signals,
) -> Result<Outcome, Failure> {
    let mut changed = false;
    loop {
        let look = signals.unless(session::look(engine, desired, &options)).await?;
        session::refuse(context, &look.plan)?;
        if look.plan.is_empty() {
            if changed {
                leave_record(context, engine, desired, &look).await;
            } else {
                context.shell.note("somebody else has done it in the meantime");
            }
            return Ok(Outcome::Done);
        }
        if look.plan != agreed {
            if !changed {
                context.shell.note("the engine has changed in the meantime; this is the plan now");
            }
            show(context, args, &look.plan);
            confirm(context, args, &look.plan)?;
        }
        let mut run = perform::run(context, engine, &look.plan, args.format, args.pace.timeout, signals).await;
        let brought = images(&look.plan);
        let more = run.outcome.is_success() && !brought.is_subset(&options.fresh);
        options.fresh.extend(brought);
        // One-shots ran and replacements were made: the next look must not ask for them again.
        options.rerun.clear();
        options.replace.clear();
        options.build = false;
        changed = true;
        if more {
            agreed = look.plan;
            continue;
        }
        if run.outcome.stopped != Some(Stop::Aborted) {
            finish(engine, desired, &mut *run.sink).await;
        }
        perform::conclude(&run.outcome)?;
        leave_record(context, engine, desired, &look).await;
        return Ok(Outcome::Done);
    }
}

/// The images that a plan pulls or builds.
fn images(plan: &Plan) -> std::collections::BTreeSet<ImageRef> {
    let image = |step: &Step| match step {
        Step::Pull { image, .. } => Some(image.clone()),
        Step::Build { tag, .. } => Some(tag.clone()),
        _ => None,
    };
    plan.nodes.iter().filter_map(|node| image(&node.step)).collect()
}

fn show(context: &Context<'_>, args: &Args, plan: &Plan) {
    // In JSON the run begins with the plan by itself; one with nothing to do has no run.
    if args.format != Form::Json || plan.is_empty() {
        context.shell.data(&printer::render(plan, &perform::style(args.format), context.shell.verbose() > 0));
    }
}

fn confirm(context: &Context<'_>, args: &Args, plan: &Plan) -> Result<(), Failure> {
    if !ask::needs_word(plan) {
        return Ok(());
    }
    ask::ask(context, args.format, "apply this plan?", "this plan replaces, stops or removes something")
}

fn table(context: &Context<'_>, form: Form, desired: &Desired, look: &Look) {
    let rows = status::rows(&desired.project, &look.observed, &BTreeMap::new());
    context.shell.data(&status::render(&rows, session::now(), &perform::style(form)));
}

/// The table at the end, from a fresh look. Without an answer there is none: the run has been told.
async fn finish(engine: &dyn Engine, desired: &Desired, sink: &mut dyn Sink) {
    if let Ok(observed) = engine.observe(&session::scope(&desired.project)).await {
        sink.services(&status::rows(&desired.project, &observed, &BTreeMap::new()), session::now());
    }
}

/// A record that could not be left is only told: what was applied stands.
async fn leave_record(context: &Context<'_>, engine: &dyn Engine, desired: &Desired, look: &Look) {
    let (project, by) = (&desired.project, process::by(&context.environment));
    let steps = execute::record(project, &look.key, &look.observed.records, session::now(), &by);
    if let Err(error) = execute::keep(engine, &steps).await {
        context.shell.note(&format!("the record of this apply could not be left: {error}"));
    }
}
