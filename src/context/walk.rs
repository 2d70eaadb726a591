//! The files of a folder, in one order for every machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::hashes::Stamp;
use super::{ContextError, Ignore};

/// Something below the context's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// What it was when the folder was read.
    pub(super) stamp: Stamp,
}

/// What an entry is. Sockets, pipes and devices are never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link, which is kept and not followed.
    Link(PathBuf),
}

/// All entries that the rules let through, each folder before what is in it, names in the order of their bytes. A
/// folder that is excluded stands there if something in it is not.
pub(super) fn walk(root: &Path, ignore: &Ignore, always: &[&str]) -> Result<Vec<Entry>, ContextError> {
    let mut walker = Walker { root, ignore, always, entries: Vec::new() };
    walker.enter(Path::new(""), "")?;
    Ok(walker.entries)
}

struct Walker<'a> {
    root: &'a Path,
    ignore: &'a Ignore,
    /// Paths that are sent whatever the rules say.
    always: &'a [&'a str],
    entries: Vec<Entry>,
}

impl Walker<'_> {
    /// `text` is `folder` with `/`, as the rules see it; what is no UTF-8 is replaced there.
    fn enter(&mut self, folder: &Path, text: &str) -> Result<(), ContextError> {
        let full = self.root.join(folder);
        let unreadable = || ContextError::unreadable(&full);
        let mut names = Vec::new();
        for entry in fs::read_dir(&full).map_err(unreadable())? {
            names.push(entry.map_err(unreadable())?.file_name());
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            let text = if text.is_empty() { name.into_owned() } else { format!("{text}/{name}") };
            self.visit(path, &text)?;
        }
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, text: &str) -> Result<(), ContextError> {
        let full = self.root.join(&path);
        let excluded = self.ignore.excludes(text) && !self.always.contains(&text);
        let metadata = match fs::symlink_metadata(&full) {
            Ok(metadata) => metadata,
            // What is left out may come and go.
            Err(_) if excluded => return Ok(()),
            Err(cause) => return Err(ContextError::Unreadable { path: full, cause }),
        };
        let kind = if metadata.is_dir() {
            Kind::Folder
        } else if metadata.is_symlink() {
            Kind::Link(fs::read_link(&full).map_err(ContextError::unreadable(&full))?)
        } else if metadata.is_file() {
            Kind::File
        } else {
            return Ok(());
        };
        let folder = kind == Kind::Folder;
        if excluded && (!folder || (self.ignore.prunes(text) && !self.leads_to_always(text))) {
            return Ok(());
        }
        let before = self.entries.len();
        let (mode, stamp) = (metadata.permissions().mode() & 0o7777, Stamp::of(&metadata));
        self.entries.push(Entry { path: path.clone(), kind, mode, stamp });
        if folder {
            self.enter(&path, text)?;
            if excluded && self.entries.len() == before + 1 {
                self.entries.pop();
            }
        }
        Ok(())
    }

    fn leads_to_always(&self, folder: &str) -> bool {
        self.always.iter().any(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }
}
