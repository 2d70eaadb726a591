//! What a watch asks for and what takes its time: each task is one future, and ends with what it brought.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::runner::watchlist;
use crate::command::apply::{self, Apply, Word};
use crate::command::logs::follower::{self, Asked, Opened};
use crate::command::session;
use crate::command::signals::Signals;
use crate::command::{Context, Desired, Failure, Kind, desired};
use crate::engine::{Engine, Poke};
use crate::plan::Options;
use crate::reconcile::{ApplyRequest, Builds, Ended, Input, LookRequest, Looked, SpecError, TaskError, TaskErrorKind};
use crate::state::{Container, ContainerId};
use crate::sync;
use crate::sync::sync_back::{self, Occasion, SyncBackJob};
use crate::watch::{Root, Watch};

/// What a task brought.
pub enum Done {
    /// What the state machine is told.
    Input(Input),
    /// The same, and how the first apply failed.
    FirstApplyFailed(Failure, Input),
    /// The engine tells of its events.
    Subscribed(BoxStream<'static, Poke>),
    /// Other files are watched.
    WatcherStarted(Watch),
    /// A container's log was opened, or is not there any more.
    LogOpened(ContainerId, Option<Opened>),
}

impl From<Ended> for Done {
    fn from(ended: Ended) -> Self {
        Self::Input(Input::Ended(ended))
    }
}

/// What every task may use.
#[derive(Clone, Copy)]
pub struct Tasks<'a> {
    pub context: &'a Context<'a>,
    pub args: &'a apply::Args,
    pub engine: &'a dyn Engine,
}

impl Tasks<'_> {
    /// As the verb `apply` does it, questions included. It hears the signals itself.
    pub async fn first_apply(self, desired: Rc<Desired>) -> Done {
        let applied = async {
            let Self { context, args, engine } = self;
            let mut signals = listen()?;
            let options = args.select.options(&desired)?;
            let look = signals.unless(session::look(engine, &desired, &options, None)).await?;
            session::refuse(context, &look.plan)?;
            apply::show(context, args, engine, &look.plan);
            if !look.plan.is_empty() {
                apply::confirm(context, args, &look.plan)?;
                let (desired, word, builds) = (&*desired, Word::Asked, Builds::Compared);
                let apply = Apply { context, args, engine, desired, word, builds };
                apply.carry_out(options, look, &mut signals).await?;
            }
            Ok::<_, Failure>(())
        };
        match applied.await {
            Ok(()) => Ended::Applied(Ok(())).into(),
            Err(failure) => {
                let input = Input::Ended(Ended::Applied(Err(told(failure.clone()))));
                Done::FirstApplyFailed(failure, input)
            }
        }
    }

    pub async fn subscribe(self, desired: Rc<Desired>) -> Done {
        match self.engine.pokes(&session::scope(&desired.project)).await {
            // A stream that has ended may be asked again.
            Ok(pokes) => Done::Subscribed(pokes.fuse().boxed()),
            Err(error) => Ended::Subscribed(Err(error.to_string())).into(),
        }
    }

    pub async fn read_spec(self) -> Done {
        let Self { context, args, engine: _ } = self;
        let read = desired::desired(context, args.file.as_deref(), &args.select).and_then(|desired| {
            let list = watchlist(&desired)?;
            Ok((Rc::new(desired), list))
        });
        let read = read.map_err(|failure| {
            let named = failure.diagnostics.iter().filter_map(|mistake| Some(&mistake.place.as_ref()?.source.name));
            let files: BTreeSet<_> =
                named.map(|name| context.folder.join(name)).filter(|file| file.is_file()).collect();
            SpecError { error: told(failure), files }
        });
        Ended::SpecRead(read).into()
    }

    pub async fn start_watcher(self, roots: Vec<Root>) -> Done {
        let started = tokio::task::spawn_blocking(move || Watch::start(roots));
        Done::WatcherStarted(started.await.expect("starting a watch does not panic"))
    }

    pub async fn list_files(self, watch: Rc<Watch>, roots: Vec<(usize, usize)>) -> Done {
        let mut all = sync::Changed::new();
        for (rule, root) in roots {
            all.insert(rule, watch.paths(root).await);
        }
        Ended::Listed(all).into()
    }

    pub async fn look(self, request: LookRequest) -> Done {
        let looked = async {
            let LookRequest { desired, builds, key, only, without } = request;
            let selected = self.args.select.options(&desired)?;
            let targets = only.map_or(selected.targets, |service| [service].into());
            let exclude = selected.exclude.into_iter().chain(without).collect();
            let options = Options { targets, exclude, ..selected };
            let look = session::look_at(self.engine, &desired, &options, key.as_ref(), &builds).await?;
            Ok(Box::new(Looked { look, options }))
        };
        Ended::Looked(looked.await.map_err(told)).into()
    }

    /// It hears the signals itself, and finishes what it has begun.
    pub async fn apply(self, request: ApplyRequest) -> Done {
        let applied = async {
            let Self { context, args, engine } = self;
            let ApplyRequest { desired, looked: Looked { look, options }, builds } = request;
            let (desired, word) = (&*desired, Word::Given);
            let apply = Apply { context, args, engine, desired, word, builds };
            apply.carry_out(options, look, &mut listen()?).await?;
            Ok(())
        };
        Ended::Applied(applied.await.map_err(told)).into()
    }

    pub async fn copy(self, jobs: Vec<sync::CopyJob>) -> Done {
        Ended::Copied(sync::copy(self.engine, jobs).await).into()
    }

    pub async fn sync_back(self, jobs: Vec<SyncBackJob>, occasion: Occasion, now: Duration) -> Done {
        Ended::SyncedBack(sync_back::sync_back(self.engine, jobs, occasion, now).await).into()
    }

    pub async fn restart(self, container: Container) -> Done {
        let restarted = sync::restart(self.engine, &container).await;
        Ended::Restarted(restarted.map_err(|error| error.to_string())).into()
    }

    /// A log that cannot be opened is tried again with the next look.
    pub async fn open_log(self, container: ContainerId, asked: Asked) -> Done {
        let opened = follower::open(self.engine, &container, asked).await;
        Done::LogOpened(container, opened.unwrap_or_default())
    }
}

fn listen() -> Result<Signals, Failure> {
    Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))
}

/// A failure as the state machine is told of it.
fn told(failure: Failure) -> TaskError {
    let Failure { kind, message, hints, diagnostics } = failure;
    let kind = match kind {
        Kind::Interrupted => TaskErrorKind::Interrupted,
        Kind::StalePlan => TaskErrorKind::StalePlan,
        Kind::Error
        | Kind::Partial
        | Kind::Invalid
        | Kind::Locked
        | Kind::Refused
        | Kind::Deadline
        | Kind::RolledBack => TaskErrorKind::Other,
    };
    TaskError { kind, message, hint: hints.into_iter().next(), diagnostics }
}
