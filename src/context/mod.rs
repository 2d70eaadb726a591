//! Build contexts: which files of a folder go to the engine, as an archive and as a digest.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a build context is a folder")]

mod archive;
mod digest;
mod dockerfile;
mod error;
mod folder;
mod hashes;
mod ignore;
pub mod regular;
mod walk;

pub use digest::{Asked, asked, digest, is_local, joined};
pub use error::ContextError;
pub use folder::Folder;
pub use hashes::Hashes;
pub use ignore::Ignore;
pub use walk::{Entry, Kind};

#[cfg(test)]
mod tests;
