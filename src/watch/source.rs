//! The watch itself: what it tells, and the handle that a verb holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use tokio::sync::Notify;

use super::Root;
use super::debounce::Debounce;
use super::worker::{Message, Worker};

/// Paths that changed, relative to their root, by the root's place in the list that the watch was started with. An
/// empty path is the root itself.
pub type Changes = BTreeMap<usize, BTreeSet<Utf8PathBuf>>;

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something changed.
    Changes(Changes),
    /// Something about the watch itself.
    Notice(Notice),
}

/// Something that a person should know about the watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A root is read again and again, since the system tells nothing of it.
    Polling {
        /// Which.
        root: Utf8PathBuf,
        /// Why.
        why: Why,
    },
    /// A root is not there. What is known of it stays until it is back.
    Missing(Utf8PathBuf),
    /// It is back.
    Back(Utf8PathBuf),
    /// Too much happened at once and the system dropped events; everything was looked at again.
    Overflow,
}

/// Why a root is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The system allows no more watches.
    Watches {
        /// The limit, where it is known.
        limit: Option<u64>,
    },
    /// The system allows no more watchers.
    Instances {
        /// Its words.
        cause: String,
    },
    /// It is on a file system of this type, where others change files without this system hearing of it.
    Remote(String),
}

impl Notice {
    /// What to do about it, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Polling { why: Why::Watches { limit }, .. } => {
                let more = limit.unwrap_or(65_536).saturating_mul(4).max(524_288);
                Some(format!(
                    "allow more with `sudo sysctl fs.inotify.max_user_watches={more}`, or ignore large folders"
                ))
            }
            Self::Polling { why: Why::Instances { .. }, .. } => {
                Some("allow more with `sudo sysctl fs.inotify.max_user_instances=1024`".to_owned())
            }
            Self::Polling { why: Why::Remote(_), .. } | Self::Missing(_) | Self::Back(_) | Self::Overflow => None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Polling { root, why: Why::Watches { limit: Some(limit) } } => {
                write!(
                    f,
                    "the system allows only {limit} file watches (fs.inotify.max_user_watches), so {root} is polled"
                )
            }
            Self::Polling { root, why: Why::Watches { limit: None } } => {
                write!(f, "the system allows no more file watches, so {root} is polled")
            }
            Self::Polling { root, why: Why::Instances { cause } } => {
                write!(f, "the system gives no file watcher ({cause}), so {root} is polled")
            }
            Self::Polling { root, why: Why::Remote(kind) } => {
                write!(f, "{root} is on {kind}, which tells nothing of changes from elsewhere, so it is polled")
            }
            Self::Missing(root) => write!(f, "{root} is gone; it is looked for until it is back"),
            Self::Back(root) => write!(f, "{root} is back"),
            Self::Overflow => {
                f.write_str("so much changed at once that events were lost; everything was looked at again")
            }
        }
    }
}

/// Files that are watched. Dropping it ends the watch.
pub struct Watch {
    shared: Arc<Shared>,
    messages: Sender<Message>,
}

/// What the worker writes and the handle reads.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Notify,
    begun: Instant,
}

pub(super) struct State {
    /// One for each root.
    debounces: Vec<Debounce>,
    notices: VecDeque<Notice>,
    /// Whether anything came since the reader was woken.
    unheard: bool,
}

impl Shared {
    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes who waits for news, if there is any.
    pub fn wake_reader(&self) {
        if std::mem::take(&mut self.lock().unheard) {
            self.changed.notify_one();
        }
    }
}

impl Watch {
    /// Begins to watch. Returns when everything is known that is there now: what changes from here on is told. Blocks
    /// for as long as it takes to read the folders, so it belongs on a thread that may block.
    pub fn start(roots: Vec<Root>) -> Self {
        let debounces = roots.iter().map(|root| Debounce::new(root.pace)).collect();
        let state = Mutex::new(State { debounces, notices: VecDeque::new(), unheard: false });
        let shared = Arc::new(Shared { state, changed: Notify::new(), begun: Instant::now() });
        let (messages, inbox) = channel();
        let (worker_shared, worker_sender) = (shared.clone(), messages.clone());
        let (ready, started) = channel();
        let worker = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let mut worker = Worker::new(worker_shared, worker_sender, roots);
            // Nobody waits any more if the handle is gone already.
            ready.send(()).ok();
            worker.run(&inbox);
        });
        worker.expect("the system gives a thread at the start of a watch");
        started.recv().ok();
        Self { shared, messages }
    }

    /// Waits for news. Nothing is lost when the future is dropped; what comes while nobody waits joins the next batch.
    pub async fn next(&self) -> News {
        loop {
            let due = {
                let mut state = self.shared.lock();
                if let Some(notice) = state.notices.pop_front() {
                    return News::Notice(notice);
                }
                let now = self.shared.now();
                let changes = state.take(|debounce| debounce.take(now));
                if !changes.is_empty() {
                    return News::Changes(changes);
                }
                state.debounces.iter().filter_map(Debounce::due).min().map(|due| due.saturating_sub(now))
            };
            match due {
                None => self.shared.changed.notified().await,
                Some(due) => {
                    // A timer that fires a moment early would find nothing ready.
                    let due = due + Duration::from_micros(100);
                    tokio::time::timeout(due, self.shared.changed.notified()).await.ok();
                }
            }
        }
    }

    /// Everything that is known to have changed, ready or not; for whoever starts another watch in its place.
    pub fn rest(&self) -> Changes {
        self.shared.lock().take(Debounce::take_all)
    }

    /// Every path that counts under a root, itself included as an empty path.
    pub async fn paths(&self, root: usize) -> BTreeSet<Utf8PathBuf> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        // A worker that is gone knows of no path.
        self.messages.send(Message::List(root, reply)).ok();
        answer.await.unwrap_or_default()
    }
}

impl State {
    /// Something of a root changed.
    pub fn debounce(&mut self, root: usize) -> &mut Debounce {
        self.unheard = true;
        &mut self.debounces[root]
    }

    /// Something is to be told of the watch itself.
    pub fn notice(&mut self, notice: Notice) {
        self.unheard = true;
        self.notices.push_back(notice);
    }

    /// What was there at the beginning is no news.
    pub fn forget(&mut self) {
        self.debounces.iter_mut().for_each(|debounce| drop(debounce.take_all()));
    }

    fn take(&mut self, take: impl Fn(&mut Debounce) -> BTreeSet<Utf8PathBuf>) -> Changes {
        let taken = self.debounces.iter_mut().map(take).enumerate();
        taken.filter(|(_, paths)| !paths.is_empty()).collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A worker that is gone needs no word.
        self.messages.send(Message::Stop).ok();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
