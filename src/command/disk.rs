//! The disk as the spec's [`Reader`].

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::spec::Reader;

/// What stands for no file where one is to be named, such as behind `--env-file`.
const NOTHING: &str = "/dev/null";

/// The disk, and standard input for the path `-`.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Reader for Disk {
    fn read(&self, path: &Utf8Path, limit: u64) -> io::Result<Vec<u8>> {
        if path == "-" {
            return at_most(io::stdin().lock(), limit);
        }
        let about = path.metadata()?;
        if about.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"));
        }
        if path == NOTHING {
            return Ok(Vec::new());
        }
        // A FIFO would block for ever, a device would never end. What a shell hands over as `<(…)` is a pipe that ends.
        if !about.is_file() && !is_handed_over(path, &about) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        at_most(File::open(path)?, limit)
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        path.exists()
    }

    fn is_dir(&self, path: &Utf8Path) -> bool {
        path.is_dir()
    }

    fn canonicalize(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        path.canonicalize_utf8().ok()
    }
}

/// Whether a path is a pipe among this process's own open files, as a shell makes one of `<(…)`.
fn is_handed_over(path: &Utf8Path, about: &Metadata) -> bool {
    let open = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|folder| path.parent().is_some_and(|parent| parent.as_str() == *folder));
    about.file_type().is_fifo() && open
}

/// Reads one byte more than `limit` at most, so that the caller sees that it is passed.
fn at_most(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
