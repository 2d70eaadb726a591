//! A folder as a build context: its files, and where the Dockerfile comes from.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::walk::{self, Entry};
use super::{ContextError, Ignore, regular};
use crate::model::Dockerfile;

pub(super) const IGNORE_FILE: &str = ".dockerignore";
/// The name of a Dockerfile that is not in the context, inside the archive.
const BESIDE: &str = ".dsenv.Dockerfile";

/// What goes to the engine.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The folder.
    pub root: PathBuf,
    /// Its files after the rules.
    pub entries: Vec<Entry>,
    /// The Dockerfile's path inside the archive.
    pub dockerfile: String,
    /// Its text, whose file is not in the context. `None`: it is one of the entries.
    pub beside: Option<Vec<u8>>,
    pub(super) ignore: Ignore,
}

impl Folder {
    /// Reads names, not contents. The rules are those of `<Dockerfile>.dockerignore` if that is there, else those of
    /// `.dockerignore`; both files and the Dockerfile itself are sent whatever they say.
    pub fn open(context: &Path, dockerfile: &Dockerfile) -> Result<Self, ContextError> {
        match fs::metadata(context) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(ContextError::NoFolder(context.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ContextError::NoContext(context.to_owned()));
            }
            Err(cause) => return Err(ContextError::Unreadable { path: context.to_owned(), cause }),
        }
        let (inside, beside, own_rules) = match dockerfile {
            Dockerfile::Inline(text) => (None, Some(text.clone().into_bytes()), None),
            Dockerfile::Path(path) => {
                let path = existing(context.join(path))?;
                let mut rules = path.clone().into_os_string();
                rules.push(IGNORE_FILE);
                match inside(context, &path) {
                    Some(name) => (Some(name), None, Some(rules)),
                    None => (None, Some(regular::read(&path).map_err(ContextError::unreadable(&path))?), Some(rules)),
                }
            }
        };
        let ignore = match own_rules.map(PathBuf::from).map(|path| rules(&path)) {
            Some(Ok(Some(own))) => own,
            Some(Err(error)) => return Err(error),
            Some(Ok(None)) | None => rules(&context.join(IGNORE_FILE))?.unwrap_or_default(),
        };
        let always: Vec<_> = inside.as_deref().into_iter().chain([IGNORE_FILE]).collect();
        let entries = walk::walk(context, &ignore, &always)?;
        let dockerfile = inside.unwrap_or_else(|| BESIDE.to_owned());
        Ok(Self { root: context.to_owned(), entries, dockerfile, beside, ignore })
    }

    /// Whether an instruction may see an entry: the Dockerfile and the rules are among the entries even where the rules
    /// exclude them, for a builder that finds them there.
    pub fn is_seen(&self, entry: &Entry) -> bool {
        let special = |path: &str| path == IGNORE_FILE || (self.beside.is_none() && path == self.dockerfile);
        entry.path.to_str().is_none_or(|path| !special(path) || !self.ignore.excludes(path))
    }

    /// The Dockerfile.
    pub fn dockerfile_text(&self) -> Result<Vec<u8>, ContextError> {
        match &self.beside {
            Some(text) => Ok(text.clone()),
            None => {
                let path = self.root.join(&self.dockerfile);
                regular::read(&path).map_err(ContextError::unreadable(&path))
            }
        }
    }
}

/// Docker's own tools take `dockerfile` for `Dockerfile`, too.
pub(super) fn existing(path: PathBuf) -> Result<PathBuf, ContextError> {
    if path.exists() {
        return Ok(path);
    }
    let lower = path.with_file_name("dockerfile");
    match path.file_name() {
        Some(name) if name == "Dockerfile" && lower.exists() => Ok(lower),
        _ => Err(ContextError::NoDockerfile(path)),
    }
}

/// The path below the context, with `/`; `None` outside.
fn inside(context: &Path, path: &Path) -> Option<String> {
    let below = normal(path).strip_prefix(normal(context)).ok()?.to_owned();
    below.to_str().map(str::to_owned)
}

/// Without `.` and `..`, by the text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

fn rules(path: &Path) -> Result<Option<Ignore>, ContextError> {
    match regular::read_to_string(path) {
        Ok(text) => Ignore::parse(path, &text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(ContextError::Unreadable { path: path.to_owned(), cause }),
    }
}
