//! What a verb is given of the world outside.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{Failure, Global, Kind, variables};
use crate::report::Shell;

/// What a verb is given of the world outside: flags, variables, the folder, and where to print.
#[derive(Debug)]
pub struct Context<'a> {
    /// The flags that every verb takes.
    pub global: Global,
    /// The environment variables of this process that are UTF-8, and `PWD` in any case.
    pub environment: BTreeMap<String, String>,
    /// The current folder, absolute, by the name that the shell went in by.
    pub folder: Utf8PathBuf,
    /// Where to print.
    pub shell: &'a Shell,
}

impl<'a> Context<'a> {
    /// Of this process.
    ///
    /// # Errors
    /// When the current folder is gone or its path is not UTF-8.
    pub fn of_process(global: Global, shell: &'a Shell) -> Result<Self, Failure> {
        let folder = std::env::current_dir()
            .map_err(|error| Failure::new(Kind::Error, format!("the current folder cannot be read: {error}")))?;
        let mut environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let folder = match named_by_shell(environment.get("PWD").map(String::as_str), &folder) {
            Some(named) => named,
            None => Utf8PathBuf::from_path_buf(folder)
                .map_err(|path| Failure::new(Kind::Error, format!("the path {} is not UTF-8", path.display())))?,
        };
        let pwd = environment.entry("PWD".to_owned()).or_default();
        if pwd.is_empty() {
            folder.as_str().clone_into(pwd);
        }
        Ok(Self { global, environment, folder, shell })
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<&Utf8Path> {
        self.environment.get("HOME").map(Utf8Path::new)
    }

    /// The same, with what these variables say in the place of flags that were not given.
    ///
    /// # Errors
    /// When one of them says what the flag would not take.
    pub fn with(&self, variables: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let jobs = variables::jobs(self.global.jobs, variables)?;
        let global = Global { jobs, ..self.global.clone() };
        Ok(Self { global, environment: self.environment.clone(), folder: self.folder.clone(), shell: self.shell })
    }
}

/// The name that `PWD` gives the current folder, if it is one. It may lead through symbolic links, and environments are
/// named by it: the system's own name of the folder would be another environment, with other volumes.
fn named_by_shell(pwd: Option<&str>, real: &Path) -> Option<Utf8PathBuf> {
    let named = clean(pwd.map(Utf8Path::new).filter(|pwd| pwd.is_absolute())?);
    let (one, other) = (named.metadata().ok()?, real.metadata().ok()?);
    ((one.dev(), one.ino()) == (other.dev(), other.ino())).then_some(named)
}

/// Takes `.` and `..` away by the words, as shells and Compose do.
pub(super) fn clean(path: &Utf8Path) -> Utf8PathBuf {
    let mut clean = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                clean.pop();
            }
            Utf8Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}
