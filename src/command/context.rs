//! What a verb is given of the world outside.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Failure, Global, Kind};
use crate::report::Shell;

/// What a verb is given of the world outside: flags, variables, the folder, and where to print.
#[derive(Debug)]
pub struct Context<'a> {
    /// The flags that every verb takes.
    pub global: Global,
    /// The environment variables of this process that are UTF-8.
    pub environment: BTreeMap<String, String>,
    /// The current folder, absolute.
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
        let folder = Utf8PathBuf::from_path_buf(folder)
            .map_err(|path| Failure::new(Kind::Error, format!("the path {} is not UTF-8", path.display())))?;
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { global, environment, folder, shell })
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<&Utf8Path> {
        self.environment.get("HOME").map(Utf8Path::new)
    }

    /// The value of a variable of dsenv, or else of its twin of Compose: `COMPOSE_FILE` is asked for as `FILE`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        ["DSENV_", "COMPOSE_"]
            .iter()
            .find_map(|prefix| self.environment.get(&format!("{prefix}{name}")))
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
