//! Where files come from.

use std::collections::BTreeMap;
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

/// Files that are literals, for tests and for specs that come from elsewhere than the disk.
#[derive(Debug, Clone, Default)]
pub struct Literals(pub BTreeMap<Utf8PathBuf, Vec<u8>>);

impl<P: Into<Utf8PathBuf>, T: Into<Vec<u8>>> FromIterator<(P, T)> for Literals {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self(files.into_iter().map(|(path, text)| (path.into(), text.into())).collect())
    }
}

impl Reader for Literals {
    fn read(&self, path: &Utf8Path, _: u64) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        self.0.contains_key(path) || self.is_dir(path)
    }

    fn is_dir(&self, path: &Utf8Path) -> bool {
        self.0.keys().any(|file| file.starts_with(path) && file != path)
    }

    fn canonicalize(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.exists(path).then(|| path.to_owned())
    }
}
