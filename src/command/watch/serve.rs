//! The loop: what wakes a watch, and what is done then.

use std::collections::BTreeSet;
use std::time::Duration;

use camino::Utf8PathBuf;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::fetch::Occasion;
use super::job::{self, Changed, Job};
use super::keys::Keys;
use super::rules::Purpose;
use super::session::{Flow, Session, sort};
use crate::command::session;
use crate::command::signals::Signals;
use crate::command::{Failure, Kind, Outcome};
use crate::engine::Poke;
use crate::event::Watched;
use crate::model::ServiceName;
use crate::report::Form;
use crate::report::watch::Screen;
use crate::watch::News;

/// How often the world is looked at when nothing happens.
const CLOCK: Duration = Duration::from_secs(30);
/// What happens so shortly after a poke is looked at together with it.
const JOIN: Duration = Duration::from_millis(100);
/// An engine that went away is asked again after this.
pub(super) const AGAIN: Duration = Duration::from_secs(2);

/// What is under way when the user ends the watch is given so long.
const LAST: Duration = Duration::from_millis(1500);

enum Wake {
    End,
    Key(char),
    News(News),
    Poke,
    Deaf,
    Clock,
    Back,
    Age,
    Log(ServiceName, String),
}

impl Session<'_> {
    /// Watches until the user ends it.
    pub async fn serve(mut self) -> Result<Outcome, Failure> {
        self.keys = (self.args.format == Form::Human).then(Keys::listen).flatten();
        if self.keys.is_some() && !self.context.global.quiet {
            *self.screen.borrow_mut() = Some(Screen::of_process());
        }
        self.tell(&Watched::WatchStarted { rules: self.list.rules.len(), heal: self.args.flags.heal });
        self.list.notes.iter().for_each(|note| self.notice(note, None));
        let result = self.live_until_the_end().await;
        drop(self.keys.take());
        drop(self.screen.take());
        match result {
            Ok(()) => {}
            Err(failure) if failure.kind == Kind::Interrupted => {}
            Err(failure) => return Err(failure),
        }
        self.tell(&Watched::WatchEnded);
        Ok(Outcome::Done)
    }

    /// An engine that does not answer must not keep the user from ending the watch. A plan that is carried out hears
    /// the first signal itself, and finishes what it has begun.
    async fn live_until_the_end(&mut self) -> Flow {
        let mut signals = Signals::listen().map_err(|error| Failure::new(Kind::Error, error.to_string()))?;
        let carries = self.carries.clone();
        let mut live = std::pin::pin!(self.live());
        let mut heard = 0;
        loop {
            tokio::select! {
                biased;
                result = &mut live => return result,
                () = signals.next() => heard += 1,
            }
            if !carries.get() || heard > 1 {
                return tokio::time::timeout(LAST, live).await.unwrap_or(Ok(()));
            }
        }
    }

    pub(super) async fn live(&mut self) -> Flow {
        let mut pokes = self.listen().await;
        self.glance().await?;
        let first = self.first_copies().await;
        self.act(first).await?;
        loop {
            self.catch_up_with_files().await?;
            self.draw();
            let wake = self.wake(&mut pokes).await;
            match wake {
                Wake::End => return Ok(()),
                Wake::Key('q') => return Ok(()),
                Wake::Key(key) => self.key(key).await?,
                Wake::News(News::Notice(notice)) => self.notice(notice.to_string(), notice.hint()),
                Wake::News(News::Changes(changes)) => {
                    let (files, changed) = sort(&self.list, changes);
                    if !changed.is_empty() {
                        self.act(changed).await?;
                    }
                    self.saved_meanwhile.extend(files);
                }
                Wake::Poke => {
                    // Everything that has come by now is answered by one look.
                    while let Some(Some(Poke)) = pokes.next().now_or_never() {}
                    self.look_at = self.look_at.min(Instant::now() + JOIN);
                }
                Wake::Deaf => {
                    tokio::time::sleep(AGAIN).await;
                    pokes = self.listen().await;
                    self.look_at = Instant::now();
                }
                Wake::Clock => self.glance().await?,
                Wake::Back => self.fetch_back(&BTreeSet::new(), Occasion::Clock).await,
                // It is drawn anew below.
                Wake::Age => {}
                Wake::Log(service, line) => self.say(&format!("{service} | {line}").into()),
            }
        }
    }

    /// Does what had to wait, the spec first: its rules may be others now.
    async fn catch_up_with_files(&mut self) -> Flow {
        while !self.saved_meanwhile.is_empty() || !self.backlog.is_empty() {
            let files = std::mem::take(&mut self.saved_meanwhile);
            if !files.is_empty() {
                self.saved(files.iter().map(|file| self.shown(file)).collect()).await?;
            }
            let changed = std::mem::take(&mut self.backlog);
            self.act(changed).await?;
        }
        Ok(())
    }

    /// News while a plan is carried out: files are copied all the same, everything else waits.
    pub(super) async fn meanwhile(&mut self, news: News) {
        let changes = match news {
            News::Notice(notice) => return self.notice(notice.to_string(), notice.hint()),
            News::Changes(changes) => changes,
        };
        let (files, changed) = sort(&self.list, changes);
        self.saved_meanwhile.extend(files);
        let (now, later): (Vec<_>, Vec<_>) =
            job::jobs(&self.list.rules, &changed).into_iter().partition(Job::only_copies);
        for (rule, paths) in later.into_iter().flat_map(|job| job.cause) {
            self.backlog.entry(rule).or_default().extend(paths);
        }
        if !now.is_empty() {
            self.deliver(&now).await;
        }
    }

    async fn wake(&mut self, pokes: &mut BoxStream<'static, Poke>) -> Wake {
        let Self { signals, keys, watch, look_at, logs, back_at, older_at, list, .. } = self;
        let key = async {
            match keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        let signal = signals.as_mut().expect("they are back when a plan has been carried out").next();
        tokio::select! {
            biased;
            () = signal => Wake::End,
            key = key => Wake::Key(key),
            news = watch.next() => Wake::News(news),
            poke = pokes.next() => if poke.is_some() { Wake::Poke } else { Wake::Deaf },
            () = tokio::time::sleep_until(*look_at) => Wake::Clock,
            () = tokio::time::sleep_until(*back_at), if !list.back.is_empty() => Wake::Back,
            () = tokio::time::sleep_until(older_at.unwrap_or(*look_at)), if older_at.is_some() => Wake::Age,
            (service, line) = logs.next() => Wake::Log(service, line),
        }
    }

    async fn listen(&mut self) -> BoxStream<'static, Poke> {
        match self.engine.pokes(&session::scope(&self.wanted.project)).await {
            Ok(pokes) => pokes,
            Err(error) => {
                self.notice(format!("the engine does not tell what happens: {error}"), None);
                stream::empty().boxed()
            }
        }
    }

    /// A path as the user would write it.
    pub(super) fn shown(&self, path: &str) -> String {
        let folder = &self.context.folder;
        // What is watched has its true path, and the current folder may have its name from a link.
        let real = folder.canonicalize_utf8().ok();
        let below = |folder: &Utf8PathBuf| path.strip_prefix(folder.as_str())?.strip_prefix('/');
        [Some(folder), real.as_ref()].into_iter().flatten().find_map(below).unwrap_or(path).to_owned()
    }

    /// Everything under rules that copy once at the start.
    async fn first_copies(&self) -> Changed {
        let mut all = Changed::new();
        for (root, purpose) in self.list.purposes.iter().enumerate() {
            let Purpose::Rule(number) = purpose else { continue };
            if self.list.rules[*number].initial_sync {
                all.insert(*number, self.watch.paths(root).await);
            }
        }
        all
    }

    pub(super) fn rest(&mut self) {
        self.look_at = Instant::now() + CLOCK;
    }
}
