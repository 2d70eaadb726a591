//! Why a context cannot be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a context cannot be read.
#[derive(Debug, Error)]
pub enum ContextError {
    /// The folder is not there.
    #[error("build context {} is not there", .0.display())]
    NoContext(PathBuf),
    /// The context is no folder.
    #[error("build context {} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// The Dockerfile is not there.
    #[error("Dockerfile {} is not there", .0.display())]
    NoDockerfile(PathBuf),
    /// A pattern that has no meaning.
    #[error("{}:{line}: pattern `{pattern}` has no meaning: {cause}", .file.display())]
    Pattern {
        /// The file that it stands in.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A file that cannot be read.
    #[error("{} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
}

impl ContextError {
    /// For `map_err`.
    pub(super) fn unreadable(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Unreadable { path, cause }
    }
}
