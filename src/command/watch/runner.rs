//! The runner: the one place that holds the engine, tasks, the terminal, timers and channels of a watch. It tells the state
//! machine what happens, does what that asks for, and decides nothing.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{BoxStream, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::keys::Keys;
use super::tasks::{Done, Tasks};
use super::view::Printer;
use crate::command::logs::follower::{self, Follower, Heard};
use crate::command::signals::Signals;
use crate::command::{Context, Desired, Failure, Kind, Outcome};
use crate::command::{apply, session};
use crate::engine::{Engine, Poke};
use crate::event::Watched;
use crate::model::ServiceName;
use crate::reconcile::{self, Effect, Ended, Input, Listens, Now, Settings, State, Stop, Task, Terminal};
use crate::report::Form;
use crate::report::watch::Screen;
use crate::sync::Watchlist;
use crate::watch::{News, Watch};

/// Lines of what was said before the logs were switched on.
const LAST_LINES: follower::Options = follower::Options { tail: Some(5), since: None };

/// Runs a state machine.
pub struct Runner<'a> {
    context: &'a Context<'a>,
    args: &'a apply::Args,
    state: State,
    begun: Instant,
    tasks: Tasks<'a>,
    /// Tasks that are under way.
    running: FuturesUnordered<LocalBoxFuture<'a, Done>>,
    watch: Rc<Watch>,
    /// The engine's events, while it tells of them.
    pokes: Option<BoxStream<'static, Poke>>,
    signals: Signals,
    keys: Option<Keys>,
    printer: Printer<'a>,
    logs: Option<Follower>,
    wake_at: Option<Instant>,
    /// Why the first apply failed.
    failure: Option<Failure>,
}

impl<'a> Runner<'a> {
    /// Begins to watch the files; nothing is done yet.
    ///
    /// # Errors
    /// When a rule's pattern is none, or the system gives no handler of signals.
    pub fn begin(
        context: &'a Context<'a>,
        args: &'a apply::Args,
        engine: &'a dyn Engine,
        desired: Desired,
    ) -> Result<Self, Failure> {
        let watchlist = watchlist(&desired)?;
        let watch = Rc::new(Watch::start(watchlist.roots.clone()));
        // What is watched has its true path, and the current folder may have its name from a link.
        let folders = [Some(context.folder.clone()), context.folder.canonicalize_utf8().ok()];
        let settings = Settings {
            heal: args.flags.heal,
            auto: args.flags.auto.map_or(reconcile::Auto::Safe, Into::into),
            folders: folders.into_iter().flatten().collect(),
        };
        Ok(Self {
            context,
            args,
            state: State::new(settings, Rc::new(desired), watchlist),
            begun: Instant::now(),
            tasks: Tasks { context, args, engine },
            running: FuturesUnordered::new(),
            watch,
            pokes: None,
            signals: Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?,
            keys: None,
            printer: Printer { context, args, engine, screen: None },
            logs: None,
            wake_at: None,
            failure: None,
        })
    }

    /// The first apply, as the verb of that name does it, questions included.
    ///
    /// # Errors
    /// Those of an apply.
    pub async fn first_apply(&mut self) -> Result<(), Failure> {
        let mut input = Input::FirstApply;
        loop {
            if let Some(stop) = self.feed(input) {
                return self.end(stop);
            }
            if !self.state.is_in_first_apply() {
                return Ok(());
            }
            input = self.next().await;
        }
    }

    /// Watches until the user ends it.
    ///
    /// # Errors
    /// None that the user has not been told of already.
    pub async fn serve(mut self) -> Result<Outcome, Failure> {
        self.keys = (self.args.format == Form::Human).then(Keys::listen).flatten();
        let screen = self.keys.is_some() && !self.context.global.quiet;
        if screen {
            self.printer.screen = Some(Screen::of_process());
        }
        let terminal = Terminal { keys: self.keys.is_some(), screen };
        let result = match self.feed(Input::Begin(terminal)) {
            Some(stop) => self.end(stop),
            None => self.live().await,
        };
        drop(self.keys.take());
        drop(self.printer.screen.take());
        result?;
        self.printer.tell(&Watched::WatchEnded);
        Ok(Outcome::Done)
    }

    /// The loop. It goes on where it was if the future is dropped and another one is made.
    ///
    /// # Errors
    /// The same.
    pub async fn live(&mut self) -> Result<(), Failure> {
        loop {
            let input = self.next().await;
            if let Some(stop) = self.feed(input) {
                return self.end(stop);
            }
        }
    }

    /// The state machine.
    #[cfg(test)]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Tells the state machine what happened, and does what it asks for. Answers whether that is the end.
    pub fn feed(&mut self, input: Input) -> Option<Stop> {
        let now = Now { since: self.begun.elapsed(), date: session::now() };
        let mut stop = None;
        for effect in self.state.on(now, input) {
            stop = stop.or(self.perform(effect));
        }
        stop
    }

    fn end(&mut self, stop: Stop) -> Result<(), Failure> {
        match (stop, self.failure.take()) {
            (Stop::FirstApplyFailed, Some(failure)) => Err(failure),
            (Stop::FirstApplyFailed | Stop::Asked, _) => Ok(()),
        }
    }

    /// Waits for what happens next, of what the state machine listens to.
    async fn next(&mut self) -> Input {
        loop {
            match self.wait().await {
                Done::Input(input) => return input,
                Done::FirstApplyFailed(failure, input) => {
                    self.failure = Some(failure);
                    return input;
                }
                Done::Subscribed(pokes) => {
                    self.pokes = Some(pokes);
                    return Input::Ended(Ended::Subscribed(Ok(())));
                }
                Done::WatcherStarted(watch) => {
                    let rest = std::mem::replace(&mut self.watch, Rc::new(watch)).rest();
                    return Input::Ended(Ended::Watching(rest));
                }
                Done::LogOpened(container, opened) => {
                    if let Some(logs) = &mut self.logs {
                        logs.add(&container, opened);
                    }
                }
            }
        }
    }

    async fn wait(&mut self) -> Done {
        let listens = self.state.listens();
        let all = listens == Listens::All;
        let Self { running, signals, keys, watch, pokes, wake_at, logs, .. } = self;
        let input = tokio::select! {
            biased;
            Some(done) = running.next() => return done,
            () = signals.next() => Input::Signal,
            key = next_key(keys), if all => Input::Key(key),
            news = watch.next(), if listens != Listens::Nothing => match news {
                News::Changes(changes) => Input::Files(changes),
                News::Notice(notice) => Input::WatcherNotice(notice),
            },
            poke = next_poke(pokes), if all => match poke {
                Some(Poke) => Input::EngineEvent,
                None => {
                    *pokes = None;
                    Input::EngineLost
                }
            },
            () = sleep_until(*wake_at) => Input::Elapsed,
            (service, text) = next_line(logs), if all => Input::LogLine { service, text },
        };
        Done::Input(input)
    }

    /// Does what is asked for. Answers whether it is the end.
    fn perform(&mut self, effect: Effect) -> Option<Stop> {
        match effect {
            Effect::Begin(task) => self.running.push(self.begin_task(task)),
            Effect::Show(show) => self.printer.show(show, &self.state),
            Effect::FollowLogs(containers) => {
                let logs = self.logs.get_or_insert_with(Follower::default);
                for container in containers {
                    let asked = logs.ask(&container, container.service.as_str(), &LAST_LINES);
                    if let Some(asked) = asked {
                        self.running.push(self.tasks.open_log(container.id, asked).boxed_local());
                    }
                }
            }
            Effect::StopLogs => self.logs = None,
            Effect::WakeAt(at) => self.wake_at = at.map(|at| self.begun + at),
            Effect::Stop(stop) => return Some(stop),
        }
        None
    }

    fn begin_task(&self, task: Task) -> LocalBoxFuture<'a, Done> {
        let tasks = self.tasks;
        match task {
            Task::FirstApply(desired) => tasks.first_apply(desired).boxed_local(),
            Task::Subscribe(desired) => tasks.subscribe(desired).boxed_local(),
            Task::ReadSpec => tasks.read_spec().boxed_local(),
            Task::StartWatcher(roots) => tasks.start_watcher(roots).boxed_local(),
            Task::ListFiles(roots) => tasks.list_files(self.watch.clone(), roots).boxed_local(),
            Task::Look(request) => tasks.look(request).boxed_local(),
            Task::Apply(request) => tasks.apply(*request).boxed_local(),
            Task::Copy(jobs) => tasks.copy(jobs).boxed_local(),
            Task::SyncBack(jobs, occasion) => tasks.sync_back(jobs, occasion, self.begun.elapsed()).boxed_local(),
            Task::Restart(container) => tasks.restart(*container).boxed_local(),
        }
    }
}

/// Everything that a spec asks to be watched.
///
/// # Errors
/// When a rule's pattern is none.
pub fn watchlist(desired: &Desired) -> Result<Watchlist, Failure> {
    let Desired { project, watch, sync_back, files, .. } = desired;
    Watchlist::of(project, watch, sync_back, files).map_err(|error| Failure::new(Kind::Invalid, error))
}

async fn next_key(keys: &mut Option<Keys>) -> char {
    match keys {
        Some(keys) => keys.next().await,
        None => std::future::pending().await,
    }
}

/// The next event of the engine, and with it all that have come by now; `None`: it tells of none any more.
async fn next_poke(pokes: &mut Option<BoxStream<'static, Poke>>) -> Option<Poke> {
    let Some(pokes) = pokes else { return std::future::pending().await };
    let poke = pokes.next().await;
    if poke.is_some() {
        while let Some(Some(Poke)) = pokes.next().now_or_never() {}
    }
    poke
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The next line of a log; never one while none are followed.
async fn next_line(logs: &mut Option<Follower>) -> (ServiceName, String) {
    let Some(logs) = logs else { return std::future::pending().await };
    loop {
        match logs.next().await {
            Some(Heard::Line(service, line)) => return (ServiceName::new(service), line.text),
            // It may start again and is followed anew then.
            Some(Heard::End | Heard::Failure(_)) => {}
            None => std::future::pending().await,
        }
    }
}
