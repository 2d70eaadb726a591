//! Where files come from.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// Where files come from: the disk for a command, a map of literals for a test.
pub trait Reader {
    /// The bytes of a file; one more than `limit` at most, so that the caller sees that it is longer.
    ///
    /// # Errors
    /// When there is no such file, or it is none that ends (a folder, a FIFO, a device).
    fn read(&self, path: &Utf8Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Whether something is there.
    fn exists(&self, path: &Utf8Path) -> bool;

    /// Whether a folder is there.
    fn is_dir(&self, path: &Utf8Path) -> bool;

    /// The absolute path without symbolic links; `None` where nothing is.
    fn canonicalize(&self, path: &Utf8Path) -> Option<Utf8PathBuf>;
}
