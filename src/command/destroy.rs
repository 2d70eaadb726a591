//! `dsenv destroy`: remove what an environment runs, and keep its data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::perform::{self, Pace};
use super::signals::Signals;
use super::{Context, Failure, Kind, Outcome, ask, desired, engine, runtime, session};
use crate::engine::Engine;
use crate::execute::{self, Known};
use crate::model::{NoteName, Origins, Project, ProjectName, VolumeName};
use crate::plan::{self, DestroyOptions, Plan};
use crate::report::{Form, plan as printer};
use crate::state::Scope;

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
    let at_hand = desired::at_hand(context, args.file.as_deref())?;
    let context = &context.with(&at_hand.variables)?;
    let options = DestroyOptions {
        destroy_data: args.destroy_data.iter().map(|name| VolumeName::new(name.as_str())).collect(),
        prune: args.prune,
        providers: BTreeMap::new(),
        spec: at_hand.project(),
        spec_named: args.file.is_some() || !context.global.files.is_empty(),
        grace: args.grace,
    };
    runtime(async {
        let engine = engine::connect_within(context, &at_hand.variables, args.pace.timeout).await?;
        Destroy { context, args, engine: &*engine, project: &at_hand.name, options }.carry_out().await
    })
}

/// What is to go.
struct Destroy<'a> {
    context: &'a Context<'a>,
    args: &'a Args,
    engine: &'a dyn Engine,
    project: &'a ProjectName,
    /// What the user and the spec say; what programs run is known from a look.
    options: DestroyOptions,
}

impl Destroy<'_> {
    async fn carry_out(&self) -> Result<Outcome, Failure> {
        let Self { context, args, engine, project, options: _ } = *self;
        let (plan, _) = self.look().await?;
        session::refuse(context, &plan)?;
        self.show(&plan).await?;
        if plan.is_empty() {
            return Ok(Outcome::Done);
        }
        self.confirm()?;
        let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
        let lock = perform::lock_to_free(context, engine, project, &mut signals, args.pace.lock_timeout).await?;
        let work = self.locked(&plan, &mut signals);
        match lock {
            Some(lock) => perform::under(context, engine, lock, work).await,
            None => work.await,
        }
    }

    async fn locked(&self, agreed: &Plan, signals: &mut Signals) -> Result<Outcome, Failure> {
        let Self { context, args, engine, project: _, options: _ } = *self;
        let (plan, broken) = signals.unless(self.look()).await?;
        execute::sweep(engine, &broken).await?;
        session::refuse(context, &plan)?;
        if plan.is_empty() {
            context.shell.note("somebody else has done it in the meantime");
            return Ok(Outcome::Done);
        }
        if plan.changes != agreed.changes {
            context.shell.note("the engine has changed in the meantime; this is the plan now");
            self.show(&plan).await?;
            self.confirm()?;
            // While the question stood the lock gave no sign of life.
            tokio::task::yield_now().await;
        }
        let told = (&plan, &Origins::default());
        let run = perform::run(context, engine, told, args.format, args.pace.timeout, signals).await;
        perform::conclude(run.outcome.verdict())?;
        self.keep_record().await;
        Ok(Outcome::Done)
    }

    /// The plan, and what a breaker of the lock left.
    async fn look(&self) -> Result<(Plan, BTreeSet<NoteName>), Failure> {
        let Self { context: _, args: _, engine, project, options } = self;
        let observed = engine.observe(&scope(project)).await?;
        let mut providers = plan::providers(&observed);
        if let Some(key) = &observed.key {
            let known = options.spec.iter().fold(Known::of(&observed, key), Known::and);
            let values = providers.values_mut().flat_map(|provider| provider.options.values_mut()).flatten();
            values.for_each(|value| known.reveal(value));
        }
        let options = DestroyOptions { providers, ..options.clone() };
        Ok((plan::destroy(project, &observed, &options), observed.around_locks))
    }

    async fn show(&self, plan: &Plan) -> Result<(), Failure> {
        let Self { context, args, engine, project: _, options: _ } = *self;
        if args.format != Form::Json || plan.is_empty() {
            let (frame, style) = (session::sized_frame(engine, plan).await?, perform::style(args.format));
            let text = printer::render(plan, &frame, &style, context.shell.verbose() > 0);
            // Who is asked about a plan sees it.
            let asked = args.format != Form::Json && !context.global.yes && !plan.is_empty();
            if asked || args.format == Form::Json { context.shell.data(text) } else { context.shell.view(text) }
        }
        Ok(())
    }

    fn confirm(&self) -> Result<(), Failure> {
        let project = self.project;
        let what = format!("this removes the environment `{project}`");
        ask::ask(self.context, self.args.format, &format!("destroy the environment `{project}`?"), &what)
    }

    /// What programs still keep for services is known from a record alone, so one is left with nothing else in it.
    async fn keep_record(&self) {
        let Self { context, args: _, engine, project, options: _ } = *self;
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
}

/// Everything of the project, with the programs that its last record names and whoever else is on its networks.
fn scope(project: &ProjectName) -> Scope {
    Scope { programs: Some(BTreeSet::new()), guests: true, ..session::bare_scope(project) }
}
