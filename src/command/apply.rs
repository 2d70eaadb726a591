//! `dsenv apply`: make the engine agree with the spec.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{self, NOTHING};
use super::perform::{self, Pace, Run};
use super::saved::{self, Saved};
use super::select::Select;
use super::session::{self, Builds, Look};
use super::signals::Signals;
use super::watch::{self, Flags};
use super::{Context, Desired, Failure, Kind, Outcome, desired, engine, runtime, variables};
use crate::engine::Engine;
use crate::execute::{self, Stop};
use crate::model::{Address, ImageRef, Key, Project, ServiceName};
use crate::plan::{self, Frame, ImageStep, Options, Plan, Step};
use crate::report::staleness::render as printed;
use crate::report::{Form, Printed, plan as printer, status};
use crate::state::{ImageId, Observed};

/// Arguments of `apply`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file, or a plan saved by `dsenv plan -o` [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// What of the spec
    #[command(flatten)]
    pub select: Select,
    /// How long
    #[command(flatten)]
    pub pace: Pace,
    /// Output format; `json` prints one event a line
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
    /// Afterwards keep the environment equal to the files while you edit them
    #[arg(long)]
    pub watch: bool,
    /// How to watch
    #[command(flatten, next_help_heading = "With --watch")]
    pub flags: Flags,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, the engine is not there, a word is missing, or not everything was done.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let saved = args.file.as_deref().map(|file| saved::read(context, file)).transpose()?.flatten();
    match (saved, args.watch) {
        (Some(_), true) => {
            return Err(Failure::new(Kind::Invalid, "a saved plan is applied once, so --watch has no place beside it"));
        }
        (Some(saved), false) => return apply_saved(args, context, &saved),
        (None, true) => return watch::watch(args, context, true),
        (None, false) => {}
    }
    let desired = desired::desired(context, args.file.as_deref(), &args.select)?;
    let options = args.select.options(&desired)?;
    let context = &context.with(&desired.variables)?;
    variables::tell(context, &desired.variables);
    runtime(async {
        let engine = engine::connect_within(context, &desired.variables, args.pace.timeout).await?;
        apply(context, args, &*engine, &desired, options).await
    })
}

/// Carries out a plan that was saved: it is made again, and done only if it is the same.
fn apply_saved(args: &Args, context: &Context<'_>, saved: &Saved) -> Result<Outcome, Failure> {
    let Saved { asked, nonce, basis } = saved;
    let context = &asked.context(context, &args.select)?;
    let desired = desired::desired(context, None, &asked.select)?;
    // A service that the plan was about and that is gone.
    let options = asked.select.options(&desired);
    let options = options.map_err(|failure| Failure { kind: Kind::StalePlan, ..failure })?;
    let context = &context.with(&desired.variables)?;
    runtime(async {
        let engine = engine::connect_within(context, &desired.variables, args.pace.timeout).await?;
        let engine = &*engine;
        let look = session::look(engine, &desired, &options, nonce.as_ref()).await?;
        let stale = plan::staleness(basis, &saved::fresh(engine, &desired, &options, &look).await?);
        if !stale.is_empty() {
            let when = basis.plan["timestamp"].as_str().unwrap_or("it was saved");
            let told = format!("the saved plan no longer fits; since {when} this has moved:{}", printed(&stale));
            return Err(Failure::new(Kind::StalePlan, told).hint("look at what it is now: `dsenv plan`"));
        }
        session::refuse(context, &look.plan)?;
        show_all(context, args, engine, &desired, &options, &look).await?;
        if look.plan.is_empty() {
            return Ok(Outcome::Done);
        }
        // The key of the comparison is in the file; the project gets one that nobody has seen.
        let look = if nonce.is_some() { session::look(engine, &desired, &options, None).await? } else { look };
        let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
        let (word, builds) = (Word::Saved, Builds::Compared);
        Apply { context, args, engine, desired: &desired, word, builds }.carry_out(options, look, &mut signals).await
    })
}

/// One apply, from the look to the record.
///
/// # Errors
/// As [`run`].
pub(super) async fn apply(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    desired: &Desired,
    options: Options,
) -> Result<Outcome, Failure> {
    let look = session::look(engine, desired, &options, None).await?;
    session::missing_sources(context, engine, desired);
    session::refuse(context, &look.plan)?;
    show_all(context, args, engine, desired, &options, &look).await?;
    if look.plan.nodes.is_empty() && args.format != Form::Json {
        context.shell.view(table(args.format, desired, &look.observed));
    }
    if look.plan.is_empty() && !is_unknown(&look.observed) {
        return Ok(Outcome::Done);
    }
    confirm(context, args, &look.plan)?;
    let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
    let apply = Apply { context, args, engine, desired, word: Word::Asked, builds: Builds::Compared };
    apply.carry_out(options, look, &mut signals).await
}

/// Who has agreed to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The user was asked, and is asked again if another plan turns out to be right.
    Asked,
    /// The user, to this very plan, by saving it: nothing is done where another one turns out to be right at first.
    Saved,
    /// Somebody else, to this very plan: where another one turns out to be right nothing is done.
    Given,
}

/// A plan that was agreed to and is carried out under the lock.
pub(super) struct Apply<'a> {
    pub context: &'a Context<'a>,
    pub args: &'a Args,
    pub engine: &'a dyn Engine,
    pub desired: &'a Desired,
    pub word: Word,
    pub builds: Builds,
}

impl Apply<'_> {
    /// Takes the lock and carries the plan out.
    ///
    /// # Errors
    /// When somebody else has the lock, the word is missing, or not everything was done.
    pub async fn carry_out(&self, options: Options, agreed: Look, signals: &mut Signals) -> Result<Outcome, Failure> {
        let Self { context, args, engine, desired, word: _, builds: _ } = *self;
        let lock = perform::lock(context, engine, &desired.project.name, signals, args.pace.lock_timeout).await?;
        perform::under(context, engine, lock, self.locked(options, agreed, signals)).await
    }

    /// The world may have changed until the lock was had, so it is looked at again; and again after images came or
    /// programs were called, since what runs on them or with what they gave may now differ.
    async fn locked(&self, options: Options, agreed: Look, signals: &mut Signals) -> Result<Outcome, Failure> {
        let (key, pinned) = (agreed.key.clone(), options.pinned.clone());
        let mut reached = Reached::default();
        let result = self.rounds(options, agreed, signals, &mut reached).await;
        if result.is_err() {
            self.leave_partial_record(&key, &pinned, &reached).await;
        }
        result
    }

    /// An apply that does not end well leaves a record of the services that it was done with, and of what programs run.
    async fn leave_partial_record(&self, key: &Key, pinned: &BTreeMap<ImageRef, ImageId>, reached: &Reached) {
        let Self { context, engine, desired, .. } = self;
        let Reached { called, done, aborted } = reached;
        if *aborted || !*called && done.is_empty() {
            return;
        }
        let project = &desired.project;
        let Ok(observed) = engine.observe(&session::scope(project)).await else { return };
        let observed = &observed;
        let applied = execute::Applied { project, services: done, partial: true, observed, pinned, key };
        if !*called && execute::is_recorded(applied) {
            return;
        }
        if let Err(error) = session::note(context, *engine, applied).await {
            context.shell.note(format!("the record of what was done could not be left: {error}"));
        }
    }

    /// Rounds of look, plan and run, until nothing is left to do.
    async fn rounds(
        &self,
        mut options: Options,
        agreed: Look,
        signals: &mut Signals,
        reached: &mut Reached,
    ) -> Result<Outcome, Failure> {
        let Self { context, args, engine, desired, word, ref builds } = *self;
        let Look { key, plan: mut agreed, .. } = agreed;
        let mut told = agreed.diagnostics.clone();
        let mut last: Option<Run> = None;
        let (mut overtaken, mut changed) = (false, false);
        loop {
            let look = signals.unless(session::look_at(engine, desired, &options, Some(&key), builds)).await?;
            execute::sweep(engine, &look.observed.around_locks).await?;
            if look.plan.is_refused() {
                session::refuse(context, &look.plan)?;
            }
            // What was told of a plan before is not told again.
            let news = look.plan.diagnostics.iter().filter(|news| !told.contains(news)).cloned().collect::<Vec<_>>();
            context.shell.diagnostics(&news);
            told.extend(news);
            if look.plan.nodes.is_empty() {
                changed |= !look.plan.is_empty() || is_unknown(&look.observed);
                match &mut last {
                    Some(run) => {
                        if word != Word::Given {
                            run.sink.services(&rows(desired, &look.observed), session::now());
                        }
                    }
                    None if changed || word == Word::Given => {}
                    None => context.shell.note("another apply has done it in the meantime"),
                }
                if changed {
                    self.leave_record(&options, &look).await;
                }
                return Ok(Outcome::Done);
            }
            let others = look.plan.changes != agreed.changes;
            if others && last.is_none() && word != Word::Asked {
                return Err(Failure::new(Kind::StalePlan, "the engine has changed in the meantime"));
            }
            // Whoever agreed to what can happen at most has agreed to what is left of it.
            let foreseen = last.is_some() && agreed.foresees(&look.plan);
            if others && word != Word::Given && !foreseen {
                if last.is_none() {
                    context.shell.note("the engine has changed in the meantime; this is the plan now");
                }
                show_all(context, args, engine, desired, &options, &look).await?;
                confirm(context, args, &look.plan).map_err(|failure| match last.is_some() {
                    true => Failure {
                        message: failure.message.replace(NOTHING, "what was done before it stands"),
                        ..failure
                    },
                    false => failure,
                })?;
                // While the question stood the lock gave no sign of life.
                tokio::task::yield_now().await;
            }
            if others && word == Word::Given && last.is_some() && !foreseen && ask::needs_word(&look.plan) {
                // Who gave the word has not seen this plan; whoever watches looks at it next.
                if changed {
                    self.leave_record(&options, &look).await;
                }
                return Ok(Outcome::Done);
            }
            let part = look.plan.first_part();
            let plan = part.as_ref().map_or(&look.plan, |part| &part.plan);
            reached.called |= plan.calls();
            let told = (plan, &desired.origins);
            let mut run = perform::run(context, engine, told, args.format, args.pace.timeout, signals).await;
            let brought = images(plan);
            let left = part.as_ref().map(|part| &part.left);
            reached.done = done(covered(&desired.project, &options, &look.plan), plan, left, &run.outcome);
            reached.aborted = run.outcome.stopped == Some(Stop::Aborted);
            changed |= !plan.only_asks();
            // Once: who is overtaken at every turn has a rival, and the user should know.
            if run.outcome.is_overtaken() && !overtaken {
                overtaken = true;
                context.shell.note("the engine has changed in the meantime; looking again");
                options = after_one_run(options, brought, left);
                agreed = look.plan;
                last = Some(run);
                continue;
            }
            if !run.outcome.is_success() || (left.is_none() && brought.is_subset(&options.fresh) && !plan.calls()) {
                self.show_services(&mut run).await;
                perform::conclude(run.outcome.verdict())?;
                self.leave_record(&options, &look).await;
                return Ok(Outcome::Done);
            }
            options = after_one_run(options, brought, left);
            agreed = look.plan;
            last = Some(run);
        }
    }

    /// The table at the end, from a fresh look. Without an answer there is none: the run has been told.
    async fn show_services(&self, run: &mut Run) {
        // A watch shows what it did, not everything each time.
        if run.outcome.stopped == Some(Stop::Aborted) || self.word == Word::Given {
            return;
        }
        if let Ok(observed) = self.engine.observe(&session::scope(&self.desired.project)).await {
            run.sink.services(&rows(self.desired, &observed), session::now());
        }
    }

    /// A record that could not be left is only told: what was applied stands.
    async fn leave_record(&self, options: &Options, look: &Look) {
        let services = covered(&self.desired.project, options, &look.plan);
        let applied = execute::Applied {
            project: &self.desired.project,
            services: &services,
            partial: false,
            observed: &look.observed,
            pinned: &options.pinned,
            key: &look.key,
        };
        if let Err(error) = session::note(self.context, self.engine, applied).await {
            self.context.shell.note(format!("the record of this apply could not be left: {error}"));
        }
    }
}

/// Whether dsenv made containers and nothing says what they were made from: the apply that made them was killed.
fn is_unknown(observed: &Observed) -> bool {
    observed.records.is_empty() && observed.containers.iter().any(|container| container.record.is_some())
}

/// The services that an apply is about.
fn covered(project: &Project, options: &Options, plan: &Plan) -> BTreeSet<ServiceName> {
    if options.targets.is_empty() && options.exclude.is_empty() {
        return project.services.keys().cloned().collect();
    }
    plan.changes.iter().filter_map(|change| change.address.service().cloned()).collect()
}

/// How far an apply has come.
#[derive(Debug, Default)]
struct Reached {
    /// Whether programs were called.
    called: bool,
    /// The services that the last run was done with.
    done: BTreeSet<ServiceName>,
    /// Whether the last run was dropped where it stood: then nothing more is asked of the engine.
    aborted: bool,
}

/// Those of the services all of whose steps are done and of which nothing is left for later.
fn done(
    services: BTreeSet<ServiceName>,
    plan: &Plan,
    left: Option<&BTreeSet<Address>>,
    outcome: &execute::Outcome,
) -> BTreeSet<ServiceName> {
    let open = plan.nodes.iter().filter(|node| !node.when.is_back() && !outcome.done.contains(&node.id));
    let open = open.map(|node| &node.part_of).chain(left.into_iter().flatten());
    let open: BTreeSet<_> = open.filter_map(Address::service).collect();
    services.into_iter().filter(|name| !open.contains(name)).collect()
}

/// What was asked for once is done, unless it was left for later: the next look must not ask for it again.
fn after_one_run(mut options: Options, brought: BTreeSet<ImageRef>, left: Option<&BTreeSet<Address>>) -> Options {
    let is_left = |name: &ServiceName| left.into_iter().flatten().any(|address| address.service() == Some(name));
    options.fresh.extend(brought);
    options.build = false;
    options.replace.retain(is_left);
    options.renew.retain(is_left);
    options.rerun.retain(is_left);
    let data = |address: &Address| matches!(address, Address::Volume(_) | Address::Stray(_));
    if !left.into_iter().flatten().any(data) {
        options.destroy_data.clear();
    }
    options
}

/// The images that a plan pulls or builds.
fn images(plan: &Plan) -> BTreeSet<ImageRef> {
    let image = |step: &Step| match step {
        Step::Image(ImageStep::Pull { image, .. }) => Some(image.clone()),
        Step::Image(ImageStep::Build { tag, .. }) => Some(tag.clone()),
        _ => None,
    };
    plan.nodes.iter().filter_map(|node| image(&node.step)).collect()
}

/// Shows a plan to somebody who is to agree to it, with what it was made from and what it puts in danger.
async fn show_all(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Engine,
    desired: &Desired,
    options: &Options,
    look: &Look,
) -> Result<(), Failure> {
    // In JSON the run begins with the plan by itself; one with nothing to do has no run.
    if args.format != Form::Json {
        let frame = session::sized_frame(engine, &look.plan).await?;
        let contents = session::contents(engine, desired, look).await;
        print(context, args, &look.plan, &Frame { contents, ..frame });
    } else if look.plan.nodes.is_empty() {
        print(context, args, &look.plan, &session::frame(engine, desired, options, look).await?);
    }
    Ok(())
}

/// Shows a plan that is carried out at once.
pub(super) fn show(context: &Context<'_>, args: &Args, engine: &dyn Engine, plan: &Plan) {
    if args.format != Form::Json || plan.nodes.is_empty() {
        print(context, args, plan, &session::bare_frame(engine));
    }
}

fn print(context: &Context<'_>, args: &Args, plan: &Plan, frame: &Frame<'_>) {
    let style = perform::style(args.format);
    let text = printer::render(plan, frame, &style, context.shell.verbose() > 0);
    // Who is asked about a plan sees it.
    let asked = args.format != Form::Json && !context.global.yes && ask::needs_word(plan);
    if asked || args.format == Form::Json { context.shell.data(text) } else { context.shell.view(text) }
}

pub(super) fn confirm(context: &Context<'_>, args: &Args, plan: &Plan) -> Result<(), Failure> {
    if !ask::needs_word(plan) {
        return Ok(());
    }
    ask::ask(context, args.format, "apply this plan?", "this plan replaces, stops or removes something")
}

fn rows(desired: &Desired, observed: &Observed) -> Vec<status::Row> {
    status::rows(&desired.project, observed, &BTreeMap::new())
}

fn table(form: Form, desired: &Desired, observed: &Observed) -> Printed {
    status::render(&rows(desired, observed), session::now(), &perform::style(form))
}
