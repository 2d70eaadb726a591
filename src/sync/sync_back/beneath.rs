//! Files below one folder of this machine, for names that a container chose.
//!
//! Every name is taken step by step from the folder above it, through descriptors, and a link is never followed: so
//! nothing outside is read, written or deleted, whatever changes places meanwhile. Only what was named by the user, the
//! folder itself, may be reached through links.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "reads, writes and deletes files here")]

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use camino::{Utf8Component, Utf8Path};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, readlinkat, renameat, statat, symlinkat, unlinkat};
use rustix::io::Errno;

use crate::sync::Fingerprint;

/// What a file that comes from elsewhere may have at most: rights to read, write and run, and nothing else.
const RIGHTS: u32 = 0o777;
/// The longest name that file systems take, in bytes.
pub(super) const LONGEST: usize = 255;

/// A folder, held open.
#[derive(Debug)]
pub struct Beneath(OwnedFd);

/// A file that is being written beside the place where it belongs. Dropped before it is finished, it is removed.
#[derive(Debug)]
pub struct Fresh {
    folder: OwnedFd,
    /// While it is written.
    name: String,
    /// For whoever writes it.
    pub file: File,
    done: bool,
}

impl Beneath {
    /// Holds a folder.
    pub fn open(folder: &Utf8Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(folder.as_std_path(), flags, Mode::empty())?))
    }

    /// What is at a place; a link is not followed.
    pub fn look(&self, place: &Utf8Path) -> io::Result<Fingerprint> {
        let (above, name) = split(place)?;
        let folder = match self.folder(above, false) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(about) => about,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let digest = match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
                let file = File::from(openat(&folder, name, flags, Mode::empty())?);
                let mut hasher = blake3::Hasher::new();
                hasher.update_reader(file)?;
                hasher.finalize().into()
            }
            FileType::Symlink => blake3::hash(readlinkat(&folder, name, Vec::new())?.to_bytes()).into(),
            _ => [0; 32],
        };
        Ok(Some((about.st_mode, digest)))
    }

    /// Makes a folder, and those above it.
    pub fn make_folder(&self, place: &Utf8Path) -> io::Result<()> {
        self.folder(place, true).map(drop)
    }

    /// Begins a file that will be at a place.
    pub fn begin(&self, place: &Utf8Path) -> io::Result<Fresh> {
        let (above, name) = split(place)?;
        let folder = self.folder(above, true)?;
        let name = passing(name);
        remove(&folder, &name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, &name, flags, Mode::RUSR | Mode::WUSR)?);
        Ok(Fresh { folder, name, file, done: false })
    }

    /// Puts a link at a place, instead of whatever file or link is there.
    pub fn link(&self, place: &Utf8Path, to: &str) -> io::Result<()> {
        let (above, name) = split(place)?;
        let folder = self.folder(above, true)?;
        let new = passing(name);
        remove(&folder, &new)?;
        symlinkat(to, &folder, &new)?;
        renameat(&folder, &new, &folder, name)?;
        Ok(())
    }

    /// Deletes a file or a link. What is not there is deleted already.
    pub fn delete(&self, place: &Utf8Path) -> io::Result<()> {
        let (above, name) = split(place)?;
        remove(&self.folder(above, false)?, name)
    }

    fn folder(&self, place: &Utf8Path, make: bool) -> io::Result<OwnedFd> {
        let mut at = self.0.try_clone()?;
        for name in place.components() {
            let name = only_name(name)?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let open = || openat(&at, name, flags, Mode::empty());
            let next = match open() {
                Err(Errno::NOENT) if make => match mkdirat(&at, name, Mode::from_raw_mode(RIGHTS)) {
                    Ok(()) | Err(Errno::EXIST) => open(),
                    Err(error) => Err(error),
                },
                opened => opened,
            };
            at = next.map_err(|error| match error {
                Errno::NOTDIR | Errno::LOOP => {
                    io::Error::new(io::ErrorKind::NotADirectory, format!("`{name}` is no folder here"))
                }
                error => error.into(),
            })?;
        }
        Ok(at)
    }
}

impl Fresh {
    /// Puts the file where it belongs, instead of whatever file or link is there: at once, or not at all.
    pub fn finish(mut self, place: &Utf8Path, mode: u32) -> io::Result<()> {
        let (_, name) = split(place)?;
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(mode & RIGHTS))?;
        renameat(&self.folder, &self.name, &self.folder, name)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if !self.done {
            // Of no use to anybody; the next one of this name removes it, too.
            remove(&self.folder, &self.name).ok();
        }
    }
}

fn remove(folder: &OwnedFd, name: &str) -> io::Result<()> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The folder above a place, and its name there.
fn split(place: &Utf8Path) -> io::Result<(&Utf8Path, &str)> {
    let name = place.components().next_back().ok_or_else(outside)?;
    Ok((place.parent().ok_or_else(outside)?, only_name(name)?))
}

fn only_name(part: Utf8Component<'_>) -> io::Result<&str> {
    match part {
        Utf8Component::Normal(name) if !name.contains('\0') => Ok(name),
        _ => Err(outside()),
    }
}

fn outside() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name leads out of the folder")
}

/// The name of a file that is not whole yet. No rule takes it.
fn passing(name: &str) -> String {
    format!(".dsenv-{}.new", &blake3::hash(name.as_bytes()).to_hex()[..16])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nothing_outside_is_read_written_or_deleted() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("f"), "theirs").unwrap();
        let folder = tempfile::tempdir().unwrap();
        symlink(outside.path(), folder.path().join("absolute")).unwrap();
        let name = outside.path().file_name().unwrap().to_str().unwrap();
        symlink(format!("../{name}"), folder.path().join("relative")).unwrap();
        fs::create_dir(folder.path().join("d")).unwrap();
        symlink("../absolute", folder.path().join("d/twice")).unwrap();
        let beneath = Beneath::open(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        for place in ["absolute/f", "relative/f", "d/twice/f", "../f", "d/../../f", "/etc/passwd", "", "d/..", "a/\0"] {
            let place = Utf8Path::new(place);
            assert!(beneath.look(place).is_err() || place == "a/\0", "{place}");
            assert!(beneath.begin(place).is_err(), "{place}");
            assert!(beneath.link(place, "x").is_err(), "{place}");
            assert!(beneath.delete(place).is_err(), "{place}");
        }
        assert!(beneath.make_folder("absolute/new".into()).is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(outside.path().join("f")).unwrap(), "theirs");
    }

    #[test]
    fn a_link_at_the_place_itself_is_replaced_and_what_it_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kept"), "kept").unwrap();
        symlink("kept", folder.path().join("l")).unwrap();
        let beneath = Beneath::open(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        let mut fresh = beneath.begin("l".into()).unwrap();
        fresh.file.write_all(b"new").unwrap();
        fresh.finish("l".into(), 0o4755).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("kept")).unwrap(), "kept");
        let about = folder.path().join("l").symlink_metadata().unwrap();
        assert_eq!((about.is_file(), about.permissions().mode() & 0o7777), (true, 0o755));
        drop(beneath.begin("half".into()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
