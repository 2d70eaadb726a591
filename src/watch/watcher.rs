//! The system's watches, one for each folder, whichever roots it is under.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::source::Why;

pub(super) struct FolderWatcher {
    notify: Option<RecommendedWatcher>,
    open: BTreeSet<Utf8PathBuf>,
}

impl FolderWatcher {
    /// Tells `heard` each event of the folders that are watched. Where the system gives no watcher nothing is heard,
    /// and the second value says why.
    pub fn new(heard: impl FnMut(notify::Result<notify::Event>) + Send + 'static) -> (Self, Option<Why>) {
        let (notify, failure) = match notify::recommended_watcher(heard) {
            Ok(notify) => (Some(notify), None),
            Err(error) => (None, Some(Why::Instances { cause: error.to_string() })),
        };
        (Self { notify, open: BTreeSet::new() }, failure)
    }

    /// Watches a folder. One that is gone meanwhile is no failure: its parent tells.
    pub fn watch(&mut self, folder: &Utf8Path) -> Result<(), Why> {
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
    pub fn forget(&mut self, path: &Utf8Path) {
        let below: Vec<_> =
            self.open.range(path.to_owned()..).take_while(|open| open.starts_with(path)).cloned().collect();
        below.iter().for_each(|open| {
            self.open.remove(open);
        });
    }

    /// Events were lost, and with them the ends of watches.
    pub fn forget_all(&mut self) {
        self.open.clear();
    }
}

fn limit() -> Option<u64> {
    std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok()?.trim().parse().ok()
}
