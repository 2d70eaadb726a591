//! The lock on this machine: a file that the system unlocks when its holder ends, however it ends.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::state::LockHolder;

/// The local lock, held until it is dropped; the file goes with it.
#[derive(Debug)]
pub(super) struct LocalLock {
    path: PathBuf,
    // Dropped after the path was removed, so that who waits for this very file sees that it is none any more.
    file: File,
}

/// What a try brought.
#[derive(Debug)]
pub(super) enum Try {
    /// It is ours.
    Held(LocalLock),
    /// It is somebody's: who, if that can be read.
    Taken(Option<LockHolder>),
}

impl LocalLock {
    /// Tries once.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn attempt(path: &Path, me: &LockHolder) -> io::Result<Try> {
        loop {
            let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
            if file.try_lock().is_err() {
                return Ok(Try::Taken(serde_json::from_reader(&file).ok()));
            }
            // The one who had it removes the file: what was opened just before is then no lock.
            if !fs::metadata(path).is_ok_and(|there| file.metadata().is_ok_and(|ours| ours.ino() == there.ino())) {
                continue;
            }
            file.set_len(0)?;
            file.write_all(serde_json::to_string(me).expect("plain data has a JSON form").as_bytes())?;
            return Ok(Try::Held(Self { path: path.to_owned(), file }));
        }
    }
}

impl Drop for LocalLock {
    fn drop(&mut self) {
        // A file that stays is in nobody's way.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> LockHolder {
        let text = String::new;
        LockHolder {
            token: text(),
            host: text(),
            boot_id: text(),
            pid: 1,
            started: 5,
            by: "ada@h".into(),
            since: text(),
        }
    }

    #[test]
    fn the_second_is_told_who_has_it_and_the_file_goes_with_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let Try::Held(lock) = LocalLock::attempt(&path, &me()).unwrap() else { panic!("nobody has it") };
        assert!(matches!(LocalLock::attempt(&path, &me()).unwrap(), Try::Taken(Some(holder)) if holder.by == "ada@h"));
        drop(lock);
        assert!(!path.exists());
        assert!(matches!(LocalLock::attempt(&path, &me()).unwrap(), Try::Held(_)));
    }

    #[test]
    fn of_many_at_once_one_has_it_at_any_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Try::Held(lock) = LocalLock::attempt(&path, &me()).unwrap() {
                            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}
