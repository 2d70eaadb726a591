//! The lock on this machine: a file that the system unlocks when its holder ends, however it ends.
//!
//! It lies in a folder that nobody else can write to, and no link is followed on the way to it: in a folder that
//! everybody shares another user could lead it to any file, or keep it from ever being made.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the local lock is a file")]

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use crate::state::LockHolder;

/// Where a local lock may lie.
#[derive(Debug, Clone)]
pub struct Nook {
    /// Folders of this user alone, the first choice first. They are made where they are missing; one that somebody else
    /// could write to is passed over.
    pub folders: Vec<PathBuf>,
    /// The file's name.
    pub name: String,
}

/// The local lock, held until it is dropped; the file goes with it.
#[derive(Debug)]
pub(super) struct LocalLock {
    folder: OwnedFd,
    name: String,
    // Dropped after the name was removed, so that who waits for this very file sees that it is none any more.
    file: File,
}

/// What a try brought.
#[derive(Debug)]
pub(super) enum Try {
    /// It is ours.
    Held(LocalLock),
    /// It is somebody's: who, if that can be read.
    Taken(Option<LockHolder>),
    /// There is no place for it.
    Nowhere,
}

impl LocalLock {
    /// Tries once.
    pub fn attempt(nook: &Nook, me: &LockHolder) -> Try {
        let mut folders = nook.folders.iter();
        folders.find_map(|folder| Self::attempt_in(folder, &nook.name, me).ok()).unwrap_or(Try::Nowhere)
    }

    fn attempt_in(folder: &Path, name: &str, me: &LockHolder) -> io::Result<Try> {
        let folder = own_folder(folder)?;
        loop {
            let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let mut file = File::from(rustix::fs::openat(&folder, name, flags, Mode::RUSR | Mode::WUSR)?);
            if !file.metadata()?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            if file.try_lock().is_err() {
                return Ok(Try::Taken(serde_json::from_reader(&file).ok()));
            }
            // The one who had it removes the file: what was opened just before is then no lock.
            let there = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW);
            if !there.is_ok_and(|there| rustix::fs::fstat(&file).is_ok_and(|ours| ours.st_ino == there.st_ino)) {
                continue;
            }
            file.set_len(0)?;
            file.write_all(serde_json::to_string(me).expect("plain data has a JSON form").as_bytes())?;
            return Ok(Try::Held(Self { folder, name: name.to_owned(), file }));
        }
    }
}

/// A folder that is this user's alone, made where it is missing.
fn own_folder(path: &Path) -> io::Result<OwnedFd> {
    match rustix::fs::mkdirat(CWD, path, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&folder)?;
    let others = Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH);
    if stat.st_uid != rustix::process::getuid().as_raw() || others {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(folder)
}

impl Drop for LocalLock {
    fn drop(&mut self) {
        // A file that stays is in nobody's way.
        let _ = rustix::fs::unlinkat(&self.folder, &self.name, AtFlags::empty());
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn me() -> LockHolder {
        LockHolder { pid: 1, started: 5, by: "ada@h".into(), ..LockHolder::read("") }
    }

    fn nook(folders: &[&Path]) -> Nook {
        Nook { folders: folders.iter().map(|folder| folder.to_path_buf()).collect(), name: "lock".to_owned() }
    }

    fn held(nook: &Nook) -> LocalLock {
        let Try::Held(lock) = LocalLock::attempt(nook, &me()) else { panic!("nobody has it") };
        lock
    }

    #[test]
    fn the_second_is_told_who_has_it_and_the_file_goes_with_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let nook = nook(&[&folder.path().join("own")]);
        let lock = held(&nook);
        assert!(matches!(LocalLock::attempt(&nook, &me()), Try::Taken(Some(holder)) if holder.by == "ada@h"));
        drop(lock);
        assert!(!folder.path().join("own/lock").exists());
        held(&nook);
    }

    #[test]
    fn of_many_at_once_one_has_it_at_any_time() {
        let folder = tempfile::tempdir().unwrap();
        let nook = nook(&[folder.path()]);
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Try::Held(lock) = LocalLock::attempt(&nook, &me()) {
                            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn no_link_is_followed_and_no_folder_of_others_is_used() {
        let shared = tempfile::tempdir().unwrap();
        let at = |name: &str| shared.path().join(name);
        std::fs::write(at("precious"), "data").unwrap();
        std::fs::create_dir(at("elsewhere")).unwrap();
        symlink(at("elsewhere"), at("linked")).unwrap();
        std::fs::create_dir(at("open")).unwrap();
        std::fs::set_permissions(at("open"), std::fs::Permissions::from_mode(0o777)).unwrap();
        std::fs::create_dir(at("trapped")).unwrap();
        symlink(at("precious"), at("trapped/lock")).unwrap();
        let bad = [at("linked"), at("open"), at("trapped"), at("precious"), at("missing/below")];
        for folder in &bad {
            assert!(matches!(LocalLock::attempt(&nook(&[folder]), &me()), Try::Nowhere), "{}", folder.display());
        }
        let mut folders: Vec<&Path> = bad.iter().map(PathBuf::as_path).collect();
        let good = at("own");
        folders.push(&good);
        let _lock = held(&nook(&folders));
        assert_eq!(std::fs::metadata(&good).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_to_string(at("precious")).unwrap(), "data");
        assert!(std::fs::read_dir(at("elsewhere")).unwrap().next().is_none());
    }
}
