//! The thread that hears events, looks at what they name, and keeps the known state of every root.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::file_event::{FileEvent, file_events};
use super::snapshot::{Difference, Kind, Stat, scan};
use super::source::{Notice, Shared, Why};
use super::watched::{Watched, locate};
use super::watcher::FolderWatcher;
use super::{Root, remote};

/// A file that nobody closes counts as whole when nothing was written to it for so long.
const WRITE_TIMEOUT: Duration = Duration::from_millis(500);
/// The same for a file that was there when its folder was first read: whoever writes it is heard from now on.
const SHORT_WRITE_TIMEOUT: Duration = Duration::from_millis(50);
/// How often it is checked that each root is still the one that is watched. Events tell when a root goes and comes;
/// they do not tell when a folder far above it moves, or a link on the way points elsewhere.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// How often a root is polled, unless reading it takes long.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// What the worker is told.
pub(super) enum Message {
    Event(notify::Result<notify::Event>),
    List(usize, tokio::sync::oneshot::Sender<BTreeSet<Utf8PathBuf>>),
    Stop,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    roots: Vec<Watched>,
    watcher: FolderWatcher,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, messages: Sender<Message>, roots: Vec<Root>) -> Self {
        let (watcher, failure) = FolderWatcher::new(move |event| {
            // After the end of the watch nobody listens.
            messages.send(Message::Event(event)).ok();
        });
        let mut worker = Self { shared, roots: roots.into_iter().map(Watched::new).collect(), watcher };
        worker.each(|worker, index, watched| {
            if let Some(why) = failure.clone().or_else(|| remote_kind(&watched.base).map(Why::Remote)) {
                worker.poll(watched, why);
            }
            worker.check(index, watched);
        });
        worker.shared.lock().forget();
        worker
    }

    pub fn run(&mut self, inbox: &Receiver<Message>) {
        loop {
            let next = self.roots.iter().map(|watched| watched.next).min();
            let wait = next.map_or(CHECK_INTERVAL, |next| next.saturating_duration_since(Instant::now()));
            match inbox.recv_timeout(wait) {
                Ok(Message::Event(Ok(event))) => file_events(event).into_iter().for_each(|event| self.learn(&event)),
                // Whatever it was, a look at everything makes up for it.
                Ok(Message::Event(Err(_))) => self.learn(&FileEvent::Lost),
                Ok(Message::List(root, reply)) => {
                    let paths = self.roots.get(root).map(|watched| watched.snapshot.paths().cloned().collect());
                    // Who asked may have gone.
                    reply.send(paths.unwrap_or_default()).ok();
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.tick();
            self.shared.wake_reader();
        }
    }

    fn learn(&mut self, event: &FileEvent) {
        let path = match event {
            FileEvent::Writing(path) | FileEvent::Made(path) | FileEvent::Look(path) => path,
            FileEvent::Lost => {
                self.shared.lock().notice(Notice::Overflow);
                self.watcher.forget_all();
                return self.each(|worker, index, watched| {
                    worker.check(index, watched);
                    worker.read(index, watched, "".into());
                });
            }
        };
        // A folder that holds the spec may hold much else, and somebody may be writing there all the time.
        if !self.roots.iter().any(|watched| watched.hangs_on(path) || watched.relative(path).is_some()) {
            return;
        }
        let stat = Stat::of(path);
        if stat.is_none_or(|stat| stat.kind == Kind::Folder) {
            self.watcher.forget(path);
        }
        self.each(|worker, index, watched| {
            if watched.hangs_on(path) {
                worker.check(index, watched);
            } else if let Some(relative) = watched.relative(path) {
                worker.look(index, watched, &relative, stat, event);
            }
        });
    }

    /// Takes the roots out while each is worked on, since the work needs the rest of the worker too.
    fn each(&mut self, mut work: impl FnMut(&mut Self, usize, &mut Watched)) {
        let mut roots = std::mem::take(&mut self.roots);
        roots.iter_mut().enumerate().for_each(|(index, watched)| work(self, index, watched));
        self.roots = roots;
    }

    fn look(&mut self, index: usize, watched: &mut Watched, path: &Utf8Path, stat: Option<Stat>, event: &FileEvent) {
        let now = self.shared.now();
        if path.as_str().is_empty() {
            self.check(index, watched);
        }
        match stat {
            None if path.as_str().is_empty() => {}
            None => self.differ(index, watched, path, BTreeMap::new()),
            Some(Stat { kind: Kind::Folder, .. }) => self.read(index, watched, path),
            Some(stat) if watched.takes(path) => {
                let known = watched.snapshot.get(path).copied();
                self.differ(index, watched, path, [(path.to_owned(), stat)].into());
                let mut state = self.shared.lock();
                let debounce = state.debounce(index);
                // Its times and size may be the same and it was written all the same: clocks of file systems are slow.
                match event {
                    FileEvent::Writing(_) => debounce.writing(path, known.is_some(), WRITE_TIMEOUT, now),
                    // A link has no writer, nor has a second name of a file that is there already.
                    FileEvent::Made(_) if stat.kind == Kind::File && !stat.has_other_names() => {
                        debounce.writing(path, known.is_some(), WRITE_TIMEOUT, now);
                    }
                    FileEvent::Made(_) | FileEvent::Look(_) | FileEvent::Lost => {
                        debounce.whole(path, known.is_some(), now)
                    }
                }
            }
            Some(_) => {}
        }
    }

    /// Reads everything under a path of a root and tells what differs from what was known.
    fn read(&mut self, index: usize, watched: &mut Watched, from: &Utf8Path) {
        // What is known of a folder that is gone stays, since it may come back at any moment, and a copy of it must not
        // be wiped meanwhile.
        if watched.found.is_none() {
            return;
        }
        let mut failure = None;
        let polled = watched.polled.is_some();
        let found = scan(&watched.base, from, &watched.root.filter, &mut |folder| {
            if !polled && failure.is_none() {
                failure = self.watcher.watch(folder).err();
            }
        });
        if let Some(why) = failure {
            self.poll(watched, why);
        }
        self.differ(index, watched, from, found);
    }

    /// Takes in what was found and passes the differences on.
    fn differ(&self, index: usize, watched: &mut Watched, from: &Utf8Path, found: BTreeMap<Utf8PathBuf, Stat>) {
        let now = self.shared.now();
        let timeout = watched.polled.unwrap_or_default() + SHORT_WRITE_TIMEOUT;
        let differences = watched.snapshot.replace(from, found);
        if differences.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        let debounce = state.debounce(index);
        for difference in differences {
            let known = matches!(difference, Difference::Changed(..));
            match difference {
                Difference::Gone(path) => debounce.gone(&path, now),
                Difference::New(path, stat) | Difference::Changed(path, stat) if stat.is_fresh() => {
                    debounce.writing(&path, known, timeout, now);
                }
                Difference::New(path, _) | Difference::Changed(path, _) => debounce.whole(&path, known, now),
            }
        }
    }

    /// Finds out whether a root is there and the one that it was, and reads one that came or changed places.
    fn check(&mut self, index: usize, watched: &mut Watched) {
        watched.next = Instant::now() + watched.polled.unwrap_or(CHECK_INTERVAL);
        let base = locate(&watched.root.path);
        let found = Stat::of(&base);
        let same = matches!((&watched.found, &found), (Some(was), Some(is)) if was.is_same_object(is));
        if same && base == watched.base {
            return;
        }
        watched.base = base;
        let was = std::mem::replace(&mut watched.found, found);
        match found {
            None => self.lose(index, watched, was.is_some()),
            Some(Stat { kind, .. }) => {
                if was.is_none() && watched.is_folder() {
                    self.shared.lock().notice(Notice::Back(watched.root.path.clone()));
                }
                match kind {
                    Kind::Folder => self.watcher.forget(&watched.base.clone()),
                    // Editors replace files, so it is the folders that are watched: of the name, and of what it links to.
                    Kind::File | Kind::Link => self.open_above(watched),
                }
                self.read(index, watched, "".into());
            }
        }
    }

    /// A root is not there. The nearest folder above it tells when it comes.
    fn lose(&mut self, index: usize, watched: &mut Watched, was_there: bool) {
        if watched.is_folder() {
            if was_there {
                self.shared.lock().notice(Notice::Missing(watched.root.path.clone()));
            }
        } else {
            self.differ(index, watched, "".into(), BTreeMap::new());
        }
        self.open_above(watched);
        // It may have come just before that.
        if Stat::of(&locate(&watched.root.path)).is_some() {
            self.check(index, watched);
        }
    }

    /// Watches the nearest folders above a root.
    fn open_above(&mut self, watched: &mut Watched) {
        if watched.polled.is_some() {
            return;
        }
        let named = watched.root.path.parent().filter(|folder| folder.is_dir());
        let folders: BTreeSet<_> = named.into_iter().chain(watched.above()).map(Utf8Path::to_owned).collect();
        if let Some(why) = folders.iter().find_map(|folder| self.watcher.watch(folder).err()) {
            self.poll(watched, why);
        }
    }

    /// Looks whether roots are still what they were, and reads those that are polled.
    fn tick(&mut self) {
        let now = Instant::now();
        if self.roots.iter().all(|watched| watched.next > now) {
            return;
        }
        self.each(|worker, index, watched| match watched.polled {
            // One wake-up for all of them.
            None => worker.check(index, watched),
            Some(_) if watched.next > now => {}
            Some(_) => {
                let started = Instant::now();
                worker.check(index, watched);
                worker.read(index, watched, "".into());
                // Polling a large folder must not keep a processor busy.
                let pause = POLL_INTERVAL.max(started.elapsed() * 10);
                watched.polled = Some(pause);
                watched.next = Instant::now() + pause;
            }
        });
    }

    fn poll(&mut self, watched: &mut Watched, why: Why) {
        if watched.polled.is_none() {
            watched.polled = Some(POLL_INTERVAL);
            watched.next = Instant::now() + POLL_INTERVAL;
            self.shared.lock().notice(watched.polling(why));
        }
    }
}

fn remote_kind(base: &Utf8Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    remote::remote(base, &mounts)
}
