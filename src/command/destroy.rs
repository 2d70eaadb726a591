//! `dsenv destroy`: remove what an environment runs, and keep its data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::perform::{self, Pace};
use super::signals::Signals;
use super::{Context, Failure, Kind, Outcome, ask, desired, engine, runtime, session};
use crate::engine::{Engine, Observer};
use crate::execute;
use crate::model::{Key, Origins, Project, ProjectName, Provider, VolumeName};
use crate::plan::{self, DestroyOptions, Plan};
use crate::report::{Form, plan as printer};
use crate::state::Scope;
use crate::state::applied::{hidden, is_hidden};

/// Arguments of `destroy`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Also remove this volume and its data, or release what this service's provider holds; may be repeated; no other
    /// flag removes data
    #[arg(long, value_name = "NAME")]
    pub destroy_data: Vec<String>,
    /// Also stop and remove running containers of `docker compose run`
    #[arg(long, visible_alias = "remove-orphans")]
    pub prune: bool,
    /// How long each container may take to stop, instead of its own `stop_grace_period`
    #[arg(long, value_name = "TIME", value_parser = super::time::parse)]
    pub grace: Option<Duration>,
    /// How long
    #[command(flatten)]
    pub pace: Pace,
    /// Output format; `json` prints one event a line
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// When the environment is not known, the engine is not there, a word is missing, or not everything was done.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = desired::project_name(context, args.file.as_deref())?;
    let variables = desired::variables(context, args.file.as_deref());
    let context = &context.with(&variables)?;
    runtime(async {
        let engine = engine::connect_within(context, &variables, args.pace.timeout).await?;
        destroy(context, args, &*engine, &project).await
    })
}

async fn destroy(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    project: &ProjectName,
) -> Result<Outcome, Failure> {
    let (plan, _) = look(context, engine, args, project).await?;
    session::refuse(context, &plan)?;
    show(context, args, engine, &plan).await?;
    if plan.is_empty() {
        return Ok(Outcome::Done);
    }
    confirm(context, args, project)?;
    let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
    let lock = perform::lock_to_free(context, engine, project, &mut signals, args.pace.lock_timeout).await?;
    let work = locked(context, args, engine, project, &plan, &mut signals);
    match lock {
        Some(lock) => perform::under(context, engine, lock, work).await,
        None => work.await,
    }
}

async fn locked(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    project: &ProjectName,
    agreed: &Plan,
    signals: &mut Signals,
) -> Result<Outcome, Failure> {
    let (plan, broken) = signals.unless(look(context, engine, args, project)).await?;
    execute::sweep(engine, &broken).await?;
    session::refuse(context, &plan)?;
    if plan.is_empty() {
        context.shell.note("somebody else has done it in the meantime");
        return Ok(Outcome::Done);
    }
    if plan.changes != agreed.changes {
        context.shell.note("the engine has changed in the meantime; this is the plan now");
        show(context, args, engine, &plan).await?;
        confirm(context, args, project)?;
        // While the question stood the lock gave no sign of life.
        tokio::task::yield_now().await;
    }
    let run =
        perform::run(context, engine, (&plan, &Origins::default()), args.format, args.pace.timeout, signals).await;
    perform::conclude(&run.outcome)?;
    keep_record(context, engine, project).await;
    Ok(Outcome::Done)
}

/// What programs still keep for services is known from a record alone, so one is left with nothing else in it.
async fn keep_record(context: &Context<'_>, engine: &dyn Engine, project: &ProjectName) {
    let left = async {
        let observed = engine.observe(&scope(project)).await?;
        let (Some(key), false) = (&observed.key, observed.records.is_empty()) else { return Ok(()) };
        let (project, services, pinned) = (Project::nothing(project.clone()), BTreeSet::new(), BTreeMap::new());
        let (project, services, pinned) = (&project, &services, &pinned);
        let applied = execute::Applied { project, services, partial: false, observed: &observed, pinned, key };
        session::note(context, engine, applied).await
    };
    if let Err(error) = left.await {
        context.shell.note(format!("what the programs of its services keep could not be noted: {error}"));
    }
}

async fn show(context: &Context<'_>, args: &Args, engine: &dyn Engine, plan: &Plan) -> Result<(), Failure> {
    if args.format != Form::Json || plan.is_empty() {
        let (frame, style) = (session::sized_frame(engine, plan).await?, perform::style(args.format));
        let text = printer::render(plan, &frame, &style, context.shell.verbose() > 0);
        // Who is asked about a plan sees it.
        let asked = args.format != Form::Json && !context.global.yes && !plan.is_empty();
        if asked || args.format == Form::Json { context.shell.data(text) } else { context.shell.view(text) }
    }
    Ok(())
}

fn confirm(context: &Context<'_>, args: &Args, project: &ProjectName) -> Result<(), Failure> {
    let what = format!("this removes the environment `{project}`");
    ask::ask(context, args.format, &format!("destroy the environment `{project}`?"), &what)
}

/// A provider as it was applied, with the values that its record hides where the spec still has them.
fn revealed(mut provider: Provider, spec: Option<&Project>, key: Option<&Key>) -> Provider {
    let options = spec.into_iter().flat_map(|spec| spec.providers.values()).flat_map(|own| own.options.values());
    let known: Vec<&String> = options.flatten().collect();
    for value in provider.options.values_mut().flatten().filter(|value| is_hidden(value)) {
        let is_it = |candidate: &&&String| key.is_some_and(|key| hidden(candidate, key) == *value);
        if let Some(found) = known.iter().find(is_it) {
            (*found).clone_into(value);
        }
    }
    provider
}

/// Everything of the project, with the programs that its last record names and whoever else is on its networks.
fn scope(project: &ProjectName) -> Scope {
    Scope { programs: Some(BTreeSet::new()), guests: true, ..session::bare_scope(project) }
}

/// The plan, and what a breaker of the lock left.
async fn look(
    context: &Context<'_>,
    engine: &dyn Observer,
    args: &Args,
    project: &ProjectName,
) -> Result<(Plan, BTreeSet<VolumeName>), Failure> {
    let observed = engine.observe(&scope(project)).await?;
    let destroy_data = args.destroy_data.iter().map(|name| VolumeName::new(name.as_str())).collect();
    // The spec may have what the record hides, or does not know.
    let recorded = plan::providers(&observed);
    let at_hand = desired::at_hand(context, args.file.as_deref(), project);
    let providers = recorded
        .into_iter()
        .map(|(name, provider)| (name, revealed(provider, at_hand.as_ref(), observed.key.as_ref())));
    let providers = providers.collect();
    let spec_named = args.file.is_some() || !context.global.files.is_empty();
    let options =
        DestroyOptions { destroy_data, prune: args.prune, providers, spec: at_hand, spec_named, grace: args.grace };
    Ok((plan::destroy(project, &observed, &options), observed.around_locks))
}
