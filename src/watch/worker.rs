//! The thread that hears events, looks at what they name, and keeps the known state of every root.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::fact::{Fact, facts};
use super::source::{Notice, Shared, Why};
use super::trees::{Difference, Kind, Stat, Tree, scan};
use super::{Root, Verdict, remote};

/// A file that nobody closes counts as whole when nothing was written to it for so long.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same for a file that was there when its folder was first read: whoever writes it is heard from now on.
const BRIEF: Duration = Duration::from_millis(50);
/// How often it is checked that each root is still the one that is watched.
const CHECK: Duration = Duration::from_secs(1);
/// How often a root that is gone is looked for.
const SEEK: Duration = Duration::from_millis(200);
/// How often a root is polled, unless reading it takes long.
const POLL: Duration = Duration::from_millis(500);

/// What the worker is told.
pub(super) enum Message {
    Event(notify::Result<notify::Event>),
    List(usize, tokio::sync::oneshot::Sender<BTreeSet<Utf8PathBuf>>),
    Stop,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    roots: Vec<Watched>,
    eyes: Eyes,
}

/// A root and what is known of it.
struct Watched {
    root: Root,
    /// Where it truly is: links on the way to it are resolved.
    base: Utf8PathBuf,
    /// Tells it from another that takes its place.
    inode: Option<Stat>,
    tree: Tree,
    polled: Option<Duration>,
    next: Instant,
}

/// The system's watches, one for each folder, whichever roots it is under.
struct Eyes {
    notify: Option<RecommendedWatcher>,
    open: BTreeSet<Utf8PathBuf>,
}

impl Worker {
    pub fn new(shared: Arc<Shared>, orders: Sender<Message>, roots: Vec<Root>) -> Self {
        let heard = move |event| {
            // After the end of the watch nobody listens.
            orders.send(Message::Event(event)).ok();
        };
        let (notify, failure) = match notify::recommended_watcher(heard) {
            Ok(notify) => (Some(notify), None),
            Err(error) => (None, Some(Why::Instances { cause: error.to_string() })),
        };
        let mut worker = Self { shared, roots: Vec::new(), eyes: Eyes { notify, open: BTreeSet::new() } };
        for root in roots {
            let mut watched = Watched::new(root);
            if let Some(why) = failure.clone().or_else(|| remote_kind(&watched.root.path).map(Why::Remote)) {
                worker.poll(&mut watched, why);
            }
            worker.find(&mut watched);
            worker.roots.push(watched);
        }
        // What was there at the beginning is no news.
        worker.shared.lock().settles.iter_mut().for_each(|settle| {
            settle.take_all();
        });
        worker
    }

    pub fn run(&mut self, inbox: &Receiver<Message>) {
        loop {
            let next = self.roots.iter().map(|watched| watched.next).min();
            let wait = next.map_or(CHECK, |next| next.saturating_duration_since(Instant::now()));
            match inbox.recv_timeout(wait) {
                Ok(Message::Event(Ok(event))) => facts(event).into_iter().for_each(|fact| self.learn(&fact)),
                // Whatever it was, a look at everything makes up for it.
                Ok(Message::Event(Err(_))) => self.learn(&Fact::Lost),
                Ok(Message::List(root, reply)) => {
                    let paths = self.roots.get(root).map(|watched| watched.tree.paths().cloned().collect());
                    // Who asked may have gone.
                    reply.send(paths.unwrap_or_default()).ok();
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.tick();
            self.shared.ring();
        }
    }

    fn learn(&mut self, fact: &Fact) {
        let path = match fact {
            Fact::Writing(path) | Fact::Made(path) | Fact::Look(path) => path,
            Fact::Lost => {
                self.shared.lock().notices.push_back(Notice::Overflow);
                self.eyes.open.clear();
                return self.each(|worker, index, watched| worker.read(index, watched, "".into()));
            }
        };
        let stat = Stat::of(path);
        if stat.is_none_or(|stat| stat.kind == Kind::Folder) {
            self.eyes.forget(path);
        }
        self.each(|worker, index, watched| {
            if let Some(relative) = watched.relative(path) {
                worker.look(index, watched, &relative, stat, fact);
            }
        });
    }

    /// Takes the roots out while each is worked on, since the work needs the rest of the worker too.
    fn each(&mut self, mut work: impl FnMut(&mut Self, usize, &mut Watched)) {
        let mut roots = std::mem::take(&mut self.roots);
        roots.iter_mut().enumerate().for_each(|(index, watched)| work(self, index, watched));
        self.roots = roots;
    }

    fn look(&mut self, index: usize, watched: &mut Watched, path: &Utf8Path, stat: Option<Stat>, fact: &Fact) {
        let now = self.shared.now();
        match stat {
            None if path.as_str().is_empty() && watched.is_folder() => self.lose(watched),
            None => self.differ(index, watched, path, BTreeMap::new()),
            Some(Stat { kind: Kind::Folder, .. }) => self.read(index, watched, path),
            Some(stat) if watched.takes(path) => {
                let known = watched.tree.get(path).copied();
                self.differ(index, watched, path, [(path.to_owned(), stat)].into());
                let settle = &mut self.shared.lock().settles[index];
                // Its times and size may be the same and it was written all the same: clocks of file systems are slow.
                match fact {
                    Fact::Writing(_) => settle.writing(path, known.is_some(), PATIENCE, now),
                    // A link has no writer, nor has a second name of a file that is there already.
                    Fact::Made(_) if stat.kind == Kind::File && !stat.has_other_names() => {
                        settle.writing(path, known.is_some(), PATIENCE, now);
                    }
                    Fact::Made(_) | Fact::Look(_) | Fact::Lost => settle.whole(path, known.is_some(), now),
                }
            }
            Some(_) => {}
        }
    }

    /// Reads everything under a path of a root and tells what differs from what was known.
    fn read(&mut self, index: usize, watched: &mut Watched, from: &Utf8Path) {
        if from.as_str().is_empty() && Stat::of(&watched.base).is_none() && watched.is_folder() {
            return self.lose(watched);
        }
        let mut failure = None;
        let polled = watched.polled.is_some();
        let found = scan(&watched.base, from, &watched.root.filter, &mut |folder| {
            if !polled && failure.is_none() {
                failure = self.eyes.open(folder).err();
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
        let patience = watched.polled.unwrap_or_default() + BRIEF;
        let differences = watched.tree.replace(from, found);
        let settle = &mut self.shared.lock().settles[index];
        for difference in differences {
            let known = matches!(difference, Difference::Changed(..));
            match difference {
                Difference::Gone(path) => settle.gone(&path, now),
                Difference::New(path, stat) | Difference::Changed(path, stat) if stat.is_fresh() => {
                    settle.writing(&path, known, patience, now);
                }
                Difference::New(path, _) | Difference::Changed(path, _) => settle.whole(&path, known, now),
            }
        }
    }

    /// Finds out where a root is now and reads it, if it is there.
    fn find(&mut self, watched: &mut Watched) {
        watched.base = watched.root.path.canonicalize_utf8().unwrap_or_else(|_| watched.root.path.clone());
        watched.inode = Stat::of(&watched.base);
        let index = self.roots.len();
        self.find_at(index, watched);
    }

    fn find_at(&mut self, index: usize, watched: &mut Watched) {
        match watched.inode {
            None => {
                watched.next = Instant::now() + SEEK;
                return;
            }
            Some(Stat { kind: Kind::Folder, .. }) => self.eyes.forget(&watched.base),
            // Editors replace files, so it is the folders that are watched: of the name, and of what it links to.
            Some(_) if watched.polled.is_none() => {
                for folder in [watched.root.path.parent(), watched.base.parent()].into_iter().flatten() {
                    if let Err(why) = self.eyes.open(folder) {
                        self.shared.lock().notices.push_back(watched.polling(why));
                    }
                }
            }
            Some(_) => {}
        }
        self.read(index, watched, "".into());
        watched.next = Instant::now() + watched.polled.unwrap_or(CHECK);
    }

    /// A root that is a folder and is gone: what is known of it stays, since it may come back at any moment, and a
    /// copy of it must not be wiped meanwhile.
    fn lose(&mut self, watched: &mut Watched) {
        if watched.inode.take().is_some() {
            self.shared.lock().notices.push_back(Notice::Missing(watched.root.path.clone()));
        }
        watched.next = Instant::now() + SEEK;
    }

    /// Looks whether roots are still what they were, and reads those that are polled.
    fn tick(&mut self) {
        let now = Instant::now();
        if self.roots.iter().all(|watched| watched.next > now) {
            return;
        }
        self.each(|worker, index, watched| {
            if watched.next > now {
                return;
            }
            let base = watched.root.path.canonicalize_utf8().unwrap_or_else(|_| watched.root.path.clone());
            let found = Stat::of(&base);
            let same = |a: &Stat, b: &Stat| a.is_same_object(b);
            let (was, is) = (watched.inode, found);
            let moved = base != watched.base || !matches!((&was, &is), (Some(a), Some(b)) if same(a, b));
            if is.is_none() && watched.is_folder() {
                return worker.lose(watched);
            }
            watched.base = base;
            watched.inode = found;
            if was.is_none() && is.is_some() && watched.is_folder() {
                worker.shared.lock().notices.push_back(Notice::Back(watched.root.path.clone()));
            }
            let started = Instant::now();
            if moved && is.is_some() {
                worker.find_at(index, watched);
            } else if watched.polled.is_some() {
                worker.read(index, watched, "".into());
            }
            let pause = match watched.polled {
                // Polling a large folder must not keep a processor busy.
                Some(_) => POLL.max(started.elapsed() * 10),
                None if is.is_none() => SEEK,
                None => CHECK,
            };
            watched.polled = watched.polled.map(|_| pause);
            watched.next = Instant::now() + pause;
        });
    }

    fn poll(&mut self, watched: &mut Watched, why: Why) {
        if watched.polled.is_none() {
            watched.polled = Some(POLL);
            watched.next = Instant::now() + POLL;
            let notice = watched.polling(why);
            self.shared.lock().notices.push_back(notice);
        }
    }
}

impl Watched {
    fn new(root: Root) -> Self {
        let base = root.path.clone();
        Self { root, base, inode: None, tree: Tree::default(), polled: None, next: Instant::now() + SEEK }
    }

    fn is_folder(&self) -> bool {
        self.tree.get("".into()).is_some_and(|stat| stat.kind == Kind::Folder)
    }

    /// The path as the filter wants it, if it is in this root.
    fn relative(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if path == self.root.path {
            return Some(Utf8PathBuf::new());
        }
        path.strip_prefix(&self.base).ok().map(Utf8Path::to_owned)
    }

    fn takes(&self, path: &Utf8Path) -> bool {
        path.as_str().is_empty() || (self.root.filter)(path, false) == Verdict::Take
    }

    fn polling(&self, why: Why) -> Notice {
        Notice::Polling { root: self.root.path.clone(), why }
    }
}

impl Eyes {
    /// Watches a folder. One that is gone meanwhile is no failure: its parent tells.
    fn open(&mut self, folder: &Utf8Path) -> Result<(), Why> {
        let Some(notify) = &mut self.notify else { return Ok(()) };
        if self.open.contains(folder) {
            return Ok(());
        }
        match notify.watch(folder.as_std_path(), RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.open.insert(folder.to_owned());
                Ok(())
            }
            Err(error) => match error.kind {
                ErrorKind::MaxFilesWatch => Err(Why::Watches { limit: limit() }),
                ErrorKind::Io(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Why::Instances { cause: error.to_string() })
                }
                _ => Ok(()),
            },
        }
    }

    /// The system has dropped the watches of a folder that went away, and another may be in its place.
    fn forget(&mut self, path: &Utf8Path) {
        let below: Vec<_> =
            self.open.range(path.to_owned()..).take_while(|open| open.starts_with(path)).cloned().collect();
        below.iter().for_each(|open| {
            self.open.remove(open);
        });
    }
}

fn limit() -> Option<u64> {
    std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok()?.trim().parse().ok()
}

fn remote_kind(path: &Utf8Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    remote::remote(&path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned()), &mounts)
}
