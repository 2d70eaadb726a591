//! What a watch knows, its first apply, and what it does when the spec is saved.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::back::Ledger;
use super::copies::Copies;
use super::guard::Guard;
use super::healer::Healer;
use super::job::Changed;
use super::keys::Keys;
use super::logs::Logs;
use super::rules::{Purpose, Watchlist};
use super::verb::Auto;
use crate::command::apply::{self, Apply, Word};
use crate::command::session::{self, Builds, Look};
use crate::command::signals::Signals;
use crate::command::{Context, Desired, Failure, Kind, desired};
use crate::engine::Engine;
use crate::event::Watched;
use crate::model::ServiceName;
use crate::plan::{Action, Hazard, Options, Plan};
use crate::report::watch::{self as printer, Screen};
use crate::report::{Form, Printed};
use crate::state::{ContainerId, Observed};
use crate::watch::{Changes, Watch};

/// What a watch knows.
pub struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) args: &'a apply::Args,
    pub(super) engine: &'a dyn Engine,
    /// Lent to whoever carries a plan out.
    pub(super) signals: Option<Signals>,
    pub(super) keys: Option<Keys>,
    /// Where somebody sits: what stays on the screen, and logs if they are asked for.
    pub(super) screen: RefCell<Option<Screen>>,
    pub(super) logs: Logs,
    begun: Instant,
    /// What the files ask for now.
    pub(super) wanted: Rc<Desired>,
    /// What was applied last. Only it is mended: what waits for a word has no right yet.
    pub(super) applied: Rc<Desired>,
    pub(super) list: Watchlist,
    pub(super) watch: Watch,
    /// Changes that had to wait: another watch heard of them before this one began, or a plan was being carried out.
    pub(super) backlog: Changed,
    /// Files of the spec that were saved meanwhile.
    pub(super) saved_meanwhile: BTreeSet<String>,
    /// The last look.
    pub(super) observed: Observed,
    pub(super) copies: Copies,
    /// What is remembered of containers whose files come back.
    pub(super) ledgers: BTreeMap<ContainerId, Ledger>,
    /// Paths in containers that could not be copied and are tried again.
    pub(super) unsent: BTreeMap<ServiceName, BTreeSet<String>>,
    pub(super) guard: Guard,
    pub(super) healer: Healer,
    /// Containers that do not run, each with its last start: a death is judged when it is first seen.
    pub(super) deaths: BTreeSet<(ContainerId, Option<Timestamp>)>,
    /// What was mended since the last look, when and of what; `None`: mending failed.
    pub(super) mended: BTreeMap<ServiceName, (Duration, Option<String>)>,
    /// Whether a plan is being carried out, for whoever hears the user's wish to end.
    pub(super) carries: Rc<Cell<bool>>,
    /// What is broken, as was told.
    pub(super) told: BTreeMap<ServiceName, String>,
    /// Whether a plan waits for a word.
    pub(super) waits: bool,
    /// Whether the next digit picks a service to restart.
    pub(super) picks: bool,
    /// When to look next.
    pub(super) look_at: Instant,
    /// When to fetch next what containers have saved.
    pub(super) back_at: Instant,
    /// When what is on the screen shows other ages; `None` without a screen.
    pub(super) older_at: Option<Instant>,
}

/// Why a watch goes on or not.
pub(super) type Flow = Result<(), Failure>;

impl<'a> Session<'a> {
    /// Begins to watch the files; nothing is done yet.
    pub fn begin(
        context: &'a Context<'a>,
        args: &'a apply::Args,
        engine: &'a dyn Engine,
        desired: Desired,
    ) -> Result<Self, Failure> {
        let list = Watchlist::of(&desired).map_err(|error| Failure::new(Kind::Invalid, error))?;
        let watch = Watch::start(list.roots.clone());
        let signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
        let wanted = Rc::new(desired);
        Ok(Self {
            context,
            args,
            engine,
            signals: Some(signals),
            keys: None,
            screen: RefCell::default(),
            logs: Logs::new(),
            begun: Instant::now(),
            applied: wanted.clone(),
            wanted,
            list,
            watch,
            backlog: Changed::new(),
            saved_meanwhile: BTreeSet::new(),
            observed: Observed::default(),
            copies: Copies::default(),
            ledgers: BTreeMap::new(),
            unsent: BTreeMap::new(),
            guard: Guard::default(),
            healer: Healer::default(),
            deaths: BTreeSet::new(),
            mended: BTreeMap::new(),
            carries: Rc::default(),
            told: BTreeMap::new(),
            waits: false,
            picks: false,
            look_at: Instant::now(),
            back_at: Instant::now(),
            older_at: None,
        })
    }

    /// The first apply, as the verb of that name does it, questions included.
    pub async fn up(&mut self) -> Flow {
        let Self { context, args, engine, .. } = *self;
        let options = args.select.options(&self.wanted)?;
        let wanted = self.wanted.clone();
        let look = session::look(engine, &wanted, &options, None);
        let look = match &mut self.signals {
            Some(signals) => signals.unless(look).await?,
            None => look.await?,
        };
        session::refuse(context, &look.plan)?;
        apply::show(context, args, self.engine, &look.plan);
        if !look.plan.is_empty() {
            apply::confirm(context, args, &look.plan)?;
            self.carry_out(&wanted, options, look, Word::Asked, Builds::Compared).await?;
        }
        Ok(())
    }

    /// How many things are remembered; it must not grow with time.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let Self { copies, ledgers, unsent, deaths, mended, told, backlog, saved_meanwhile, healer, guard, .. } = self;
        let lists = [unsent.len(), deaths.len(), mended.len(), told.len(), backlog.len(), saved_meanwhile.len()];
        ledgers.values().map(Ledger::weight).sum::<usize>()
            + copies.weight()
            + healer.weight()
            + guard.weight()
            + lists.iter().sum::<usize>()
    }

    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn tell(&self, news: &Watched) {
        let style = crate::command::perform::style(self.args.format);
        let line = printer::line(news, &style);
        match self.args.format {
            Form::Json => self.context.shell.data(line),
            Form::Human | Form::Plain => self.say(&line),
        }
    }

    pub(super) fn say(&self, line: &Printed) {
        match &*self.screen.borrow() {
            Some(screen) => screen.say(line),
            None => self.context.shell.note(line),
        }
    }

    /// Somebody else draws next.
    pub(super) fn aside(&self) {
        if let Some(screen) = &mut *self.screen.borrow_mut() {
            screen.hide();
        }
    }

    pub(super) fn notice(&self, message: impl Into<String>, hint: Option<String>) {
        self.tell(&Watched::WatchNotice { message: message.into(), hint });
    }

    /// Tells of a failure and goes on, unless it was the user's wish to end.
    pub(super) fn survive(&self, failure: Failure) -> Flow {
        if failure.kind == Kind::Interrupted {
            return Err(failure);
        }
        self.aside();
        self.context.shell.diagnostics(&failure.diagnostics);
        if !failure.message.is_empty() {
            self.notice(failure.message, failure.hints.into_iter().next());
        }
        Ok(())
    }

    pub(super) async fn carry_out(
        &mut self,
        desired: &Rc<Desired>,
        options: Options,
        look: Look,
        word: Word,
        builds: Builds,
    ) -> Flow {
        self.aside();
        let Self { context, args, engine, .. } = *self;
        let apply = Apply { context, args, engine, desired, word, builds };
        let mut signals = self.signals.take().expect("only one plan is carried out at a time");
        self.carries.set(true);
        let result = {
            let mut work = std::pin::pin!(apply.carry_out(options, look, &mut signals));
            loop {
                tokio::select! {
                    biased;
                    result = &mut work => break result,
                    news = self.watch.next() => self.meanwhile(news).await,
                }
            }
        };
        self.signals = Some(signals);
        self.carries.set(false);
        // What was done wakes nobody: the look that follows is the last word on it.
        self.look_at = Instant::now();
        result.map(|_| ())
    }

    /// Another spec: loads it, shows the plan, and does what may be done without a word.
    pub(super) async fn saved(&mut self, files: Vec<String>) -> Flow {
        self.aside();
        let Self { context, args, .. } = *self;
        let loaded = desired::desired(context, args.file.as_deref(), &args.select);
        let loaded = loaded.and_then(|desired| {
            let list = Watchlist::of(&desired).map_err(|error| Failure::new(Kind::Invalid, error))?;
            Ok((desired, list))
        });
        self.tell(&Watched::SpecSaved { files, valid: loaded.is_ok() });
        match loaded {
            Err(failure) => {
                // The plan that waited is not what the files ask for any more.
                self.waits = false;
                self.follow_broken(&failure).await;
                return self.survive(failure);
            }
            Ok((desired, list)) => {
                self.wanted = Rc::new(desired);
                self.follow(list).await;
            }
        }
        self.propose(false).await
    }

    /// A mistake may stand in a file that the last good spec did not have, and it will be mended there.
    async fn follow_broken(&mut self, failure: &Failure) {
        let named = failure.diagnostics.iter().filter_map(|mistake| Some(&mistake.place.as_ref()?.source.name));
        let files: BTreeSet<_> =
            named.map(|name| self.context.folder.join(name)).filter(|file| file.is_file()).collect();
        let mut list = self.list.clone();
        if list.add_spec(files) {
            self.follow(list).await;
        }
    }

    /// Watches what the new spec asks for. Nothing that happened meanwhile is lost: the new watch begins before the old
    /// one ends.
    async fn follow(&mut self, list: Watchlist) {
        let roots = list.roots.clone();
        let started = tokio::task::spawn_blocking(move || Watch::start(roots));
        let watch = started.await.expect("starting a watch does not panic");
        let rest = std::mem::replace(&mut self.watch, watch).rest();
        let old = std::mem::replace(&mut self.list, list);
        for (root, paths) in rest {
            let Purpose::Rule(number) = old.purposes[root] else { continue };
            if let Some(same) = self.list.rules.iter().position(|rule| *rule == old.rules[number]) {
                self.backlog.entry(same).or_default().extend(paths);
            }
        }
        self.guard = Guard::default();
        self.list.notes.iter().for_each(|note| self.notice(note, None));
    }

    /// Plans what the files ask for; `agreed`: the user has said to do it.
    pub(super) async fn propose(&mut self, agreed: bool) -> Flow {
        let Self { context, args, engine, .. } = *self;
        let wanted = self.wanted.clone();
        let look = match args.select.options(&wanted) {
            Ok(options) => session::look(engine, &wanted, &options, None).await.map(|look| (look, options)),
            Err(failure) => Err(failure),
        };
        let (look, options) = match look {
            Ok(found) => found,
            Err(failure) => return self.survive(failure),
        };
        if let Err(failure) = session::refuse(context, &look.plan) {
            return self.survive(failure);
        }
        self.waits = false;
        if look.plan.is_empty() {
            self.applied = wanted;
            return Ok(());
        }
        self.aside();
        apply::show(context, args, self.engine, &look.plan);
        if !agreed && !self.may(&look.plan) {
            self.waits = true;
            self.tell(&Watched::PlanWaits { stops: stops(&look.plan), keys: self.keys.is_some() });
            return Ok(());
        }
        self.healer.forget();
        self.mended.clear();
        match self.carry_out(&wanted, options, look, Word::Given, Builds::Compared).await {
            Ok(()) => {
                self.applied = wanted;
                Ok(())
            }
            Err(failure) if failure.kind == Kind::StalePlan => {
                self.notice("the engine has changed in the meantime; the plan is made again", None);
                self.waits = true;
                self.tell(&Watched::PlanWaits { stops: Vec::new(), keys: self.keys.is_some() });
                Ok(())
            }
            Err(failure) => self.survive(failure),
        }
    }

    /// Whether a plan may be carried out without a word.
    fn may(&self, plan: &Plan) -> bool {
        let data =
            plan.changes.iter().flat_map(|change| &change.hazards).any(|it| matches!(it, Hazard::DataLoss { .. }));
        // A file that was emptied, or saved by halves, asks for nothing, and nothing is what would be left.
        let project = &self.wanted.project;
        if project.services.is_empty() && plan.changes.iter().any(|change| change.action == Action::Delete) {
            return false;
        }
        match self.args.flags.auto {
            Some(Auto::All) => !data,
            Some(Auto::None) => false,
            Some(Auto::Safe) | None => stops(plan).is_empty(),
        }
    }
}

/// What a plan does that nobody may do unasked.
fn stops(plan: &Plan) -> Vec<String> {
    let mut stops = BTreeSet::new();
    for hazard in plan.changes.iter().flat_map(|change| &change.hazards) {
        match hazard {
            Hazard::DataLoss { volume } => stops.insert(format!("endangers the data of {volume}")),
            Hazard::Downtime { service } => stops.insert(format!("stops {service}")),
            Hazard::PortTaken { .. } | Hazard::ExternalInUse { .. } => false,
        };
    }
    for change in plan.changes.iter().filter(|change| change.action == Action::Delete) {
        stops.insert(format!("removes {}", change.name));
    }
    stops.into_iter().collect()
}

/// What changed, sorted by what it is watched for.
pub(super) fn sort(list: &Watchlist, changes: Changes) -> (BTreeSet<String>, Changed) {
    let (mut files, mut changed) = (BTreeSet::new(), Changed::new());
    for (root, paths) in changes {
        match list.purposes.get(root) {
            Some(Purpose::Spec) => {
                files.insert(list.roots[root].path.to_string());
            }
            Some(Purpose::Rule(number)) => changed.entry(*number).or_default().extend(paths),
            None => {}
        }
    }
    (files, changed)
}
