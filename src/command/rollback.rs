//! `dsenv rollback`: back to an applied state, as a plan like any other.
//!
//! The state is the newest recorded one that the environment is not in. So after an apply that failed half-way it is
//! what was there before, after one that held it is the one before that, and a second rollback is the way forward
//! again.

use std::collections::BTreeSet;

use super::apply::{self, Word};
use super::desired::{AtHand, Desired};
use super::perform::Pace;
use super::select::Select;
use super::session::{self, Builds, Look};
use super::signals::Signals;
use super::watch::Flags;
use super::{Context, Failure, Kind, Outcome, desired, engine, runtime};
use crate::engine::Engine;
use crate::execute::{self, Known, Lost, Restored};
use crate::model::{Idle, ImageRef, ImageSource, Project, ProjectName, ServiceName};
use crate::plan::Options;
use crate::report::Form;
use crate::state::{AppliedRecord, Observed, Scope};

/// Arguments of `rollback`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Roll back only this service
    #[arg(value_name = "SERVICE")]
    pub service: Option<String>,
    /// Number of the state, from `dsenv history` [default: the newest one that differs]
    #[arg(long, value_name = "NUMBER")]
    pub to: Option<u64>,
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
/// When there is no such state, something of it is lost, a word is missing, or not everything was done.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let at_hand = desired::at_hand(context, None)?;
    let AtHand { name, spec: _, variables } = &at_hand;
    let context = &context.with(variables)?;
    runtime(async {
        let engine = engine::connect_within(context, variables, args.pace.timeout).await?;
        let observed = engine.observe(&recorded_images(&*engine, name).await?).await?;
        let back = Back { context, args, engine: &*engine, at_hand: &at_hand, observed: &observed };
        let (desired, options, look) = back.choose().await?;
        let Args { service: _, to: _, pace, format } = args.clone();
        let select = Select::default();
        let args = apply::Args { file: None, select, pace, watch: false, flags: Flags::default(), format };
        session::refuse(context, &look.plan)?;
        apply::show(context, &args, &*engine, &look.plan);
        apply::confirm(context, &args, &look.plan)?;
        let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
        let (engine, desired) = (&*engine, &desired);
        let apply = apply::Apply { context, args: &args, engine, desired, word: Word::Asked, builds: Builds::Trusted };
        apply.carry_out(options, look, &mut signals).await
    })
}

/// A look that shows which of the recorded images are still there, by id and by name.
async fn recorded_images(engine: &dyn Engine, name: &ProjectName) -> Result<Scope, Failure> {
    let observed = engine.observe(&session::bare_scope(name)).await?;
    let recorded = observed.records.iter().flat_map(|record| &record.images);
    let images = recorded.flat_map(|(reference, id)| [reference.clone(), ImageRef::new(id.as_str())]);
    Ok(Scope { images: images.collect(), ..session::bare_scope(name) })
}

struct Back<'a> {
    context: &'a Context<'a>,
    args: &'a Args,
    engine: &'a dyn Engine,
    at_hand: &'a AtHand,
    observed: &'a Observed,
}

impl Back<'_> {
    /// The state to go to, with the plan for it.
    async fn choose(&self) -> Result<(Desired, Options, Look), Failure> {
        let Self { context, args, engine: _, at_hand, observed } = self;
        let name = &at_hand.name;
        let (Some(key), Some(now)) = (&observed.key, observed.records.last()) else {
            return Err(Failure::new(Kind::Invalid, format!("nothing of `{name}` was applied yet")));
        };
        let service = args.service.as_deref().map(ServiceName::new);
        let mut known = Known::of(observed, key);
        if let Some(spec) = at_hand.project() {
            known = known.and(&spec);
        }
        // One in part was never what somebody asked for, so it is gone back to by its number only.
        let asked = |record: &&AppliedRecord| args.to.map_or(!record.partial, |to| record.sequence == to);
        let records: Vec<_> = observed.records.iter().rev().filter(asked).collect();
        if let (Some(to), true) = (args.to, records.is_empty()) {
            let failure = Failure::new(Kind::Invalid, format!("there is no record {to} of `{name}`"));
            return Err(failure.hint("`dsenv history` lists those that are kept"));
        }
        for record in records {
            let only = service.as_ref().map(|service| (service, now));
            let Some(restored) = execute::restore(record, only, &known) else { continue };
            let options = self.options(record, service.as_ref());
            let desired = self.desired(record, &restored.project);
            let look = session::look_at(self.engine, &desired, &options, None, &Builds::Trusted).await?;
            if look.plan.only_asks() && look.plan.diagnostics.is_empty() {
                continue;
            }
            let AppliedRecord { sequence, at, by, .. } = record;
            if args.format == Form::Human {
                context.shell.note(format!("back to what {by} applied {at:.0} (record {sequence})"));
            }
            self.refuse(record, &restored, &look)?;
            return Ok((desired, options, look));
        }
        let what = service.map_or_else(|| format!("`{name}`"), |service| format!("service `{service}` of `{name}`"));
        let failure =
            Failure::new(Kind::Invalid, format!("there is no recorded state of {what} that differs from now"));
        Err(failure.hint("`dsenv history` lists what is recorded; `x-dsenv.history` says how many are kept"))
    }

    /// Images by the ids that they had then, as far as these are still there.
    fn options(&self, record: &AppliedRecord, service: Option<&ServiceName>) -> Options {
        let is_there = |id: &str| self.observed.images.contains_key(&ImageRef::new(id));
        let pinned = record.images.iter().filter(|(_, id)| is_there(id.as_str()));
        Options {
            // What was added since goes; volumes never do.
            prune: true,
            targets: service.cloned().into_iter().collect(),
            pinned: pinned.map(|(reference, id)| (reference.clone(), id.clone())).collect(),
            ..Options::at(session::now())
        }
    }

    /// The state as what should exist. What no record since then knows is not its business, and left alone.
    fn desired(&self, record: &AppliedRecord, project: &Project) -> Desired {
        let since = self.observed.records.iter().filter(|later| later.sequence >= record.sequence);
        let known: BTreeSet<_> = since.flat_map(|later| later.project.services.keys()).collect();
        let mut project = project.clone();
        let strangers = self.observed.containers.iter().filter(|each| !known.contains(&each.service));
        for stranger in strangers {
            project.idle.entry(stranger.service.clone()).or_insert_with(|| Idle { profiles: BTreeSet::new() });
        }
        project.idle.retain(|name, _| !project.services.contains_key(name));
        for provider in project.providers.values_mut() {
            provider.definition = provider.described();
        }
        Desired::of(project)
    }

    /// Ends there, before anything is done, if something of the state cannot be had again.
    fn refuse(&self, record: &AppliedRecord, restored: &Restored, look: &Look) -> Result<(), Failure> {
        let values = restored.needed(&look.plan).into_iter().map(|Lost { service, path }| {
            let whose = service.as_ref().map_or_else(String::new, |service| format!("{service}: "));
            format!("{whose}the value of {path}, of which the record holds only a digest")
        });
        let changed: BTreeSet<_> = look.plan.changes.iter().filter_map(|change| change.address.service()).collect();
        let services = restored.project.services.iter().filter(|(name, _)| changed.contains(name));
        let images =
            services.filter_map(|(name, service)| self.lost_image(record, name, &service.fixed.image, &service.source));
        let lost: Vec<String> = images.chain(values).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let message =
            format!("record {} cannot be restored; nobody has any more:\n  {}", record.sequence, lost.join("\n  "));
        Err(Failure::new(Kind::Refused, message)
            .hint("nothing was changed; apply a spec that has it, or choose another state with --to"))
    }

    /// An image that is gone and that a pull by its name would not bring back for sure.
    fn lost_image(
        &self,
        record: &AppliedRecord,
        service: &ServiceName,
        image: &ImageRef,
        source: &ImageSource,
    ) -> Option<String> {
        let has = |image: &ImageRef| self.observed.images.contains_key(image);
        let id = record.images.get(image);
        if id.is_some_and(|id| has(&ImageRef::new(id.as_str()))) {
            return None;
        }
        match (source, id) {
            (ImageSource::Build(..), None) => Some(format!("{service}: the image {image} as it was built then")),
            (ImageSource::Pull(_), Some(id)) if has(image) => {
                Some(format!("{service}: image {image} of then ({})", id.short()))
            }
            (ImageSource::Build(..), Some(id)) => {
                Some(format!("{service}: the image {image} as it was built then ({})", id.short()))
            }
            // Its name is free: a pull brings it.
            (ImageSource::Pull(_), _) => None,
        }
    }
}
