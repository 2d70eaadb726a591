//! Where programs of this machine are: plug-ins of the Docker CLI in its own folders, all others in the `PATH`. What
//! dsenv runs is found here and nowhere else.

#![expect(clippy::disallowed_methods, reason = "programs are found by the variable `PATH`")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file;

/// Where the Docker CLI looks for plug-ins that the system brings.
const SYSTEM: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// What a spec calls a program: a plug-in first, then a program in the `PATH`.
pub(super) fn program(name: &str, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    plugin(name, environment).or_else(|| in_path(name, environment))
}

/// The plug-in `docker-NAME` of the Docker CLI.
pub(super) fn plugin(name: &str, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if !is_name(name) {
        return None;
    }
    let own = match environment.get("DOCKER_CONFIG").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None => environment.get("HOME").map(|home| Path::new(home).join(".docker")),
    };
    let more = own.iter().flat_map(|own| extra(&own.join("config.json")));
    let folders = own.iter().map(|own| own.join("cli-plugins")).chain(more).chain(SYSTEM.map(PathBuf::from));
    let folders = folders.filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(format!("docker-{name}"))).find(|file| is_program(file))
}

/// Folders that the Docker CLI's own configuration adds.
fn extra(config: &Path) -> Vec<PathBuf> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Config {
        cli_plugins_extra_dirs: Vec<PathBuf>,
    }
    let text = file::read(config).unwrap_or_default();
    serde_json::from_slice::<Config>(&text).unwrap_or_default().cli_plugins_extra_dirs
}

/// A program in the `PATH`. An empty entry, `.` and other entries that are not absolute mean a folder below the current
/// one: a program is never taken from there.
fn in_path(name: &str, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if !is_name(name) {
        return None;
    }
    let path = environment.get("PATH")?;
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}

/// The same, by the `PATH` of this process.
///
/// # Errors
/// When there is none.
pub(super) fn installed(name: &str) -> io::Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = in_path(name, &BTreeMap::from([("PATH".to_owned(), path)]));
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("the program {name} is not in the PATH")))
}

/// A name is no path: a spec names programs that are installed.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != "." && name != ".."
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program_in(folder: &Path, name: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), "#!/bin/sh\n").unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Cargo may be told to put its own files elsewhere, and then this folder is not there.
    fn folder_in_target() -> tempfile::TempDir {
        fs::create_dir_all("target").unwrap();
        tempfile::tempdir_in("target").unwrap()
    }

    #[test]
    fn no_program_is_taken_from_the_current_folder_or_below_it() {
        // A test's current folder is the package's, so a path to `target` from there is relative to it.
        let folder = folder_in_target();
        let below = Path::new("target").join(folder.path().file_name().unwrap());
        program_in(&below, "docker-credential-x");
        let find = |path: &str| in_path("docker-credential-x", &BTreeMap::from([("PATH".to_owned(), path.to_owned())]));
        let relative = below.to_str().unwrap();
        for path in ["", ":", ".", "./", relative, &format!(".:{relative}:")] {
            assert_eq!(find(path), None, "{path:?}");
        }
        let whole = fs::canonicalize(&below).unwrap();
        assert_eq!(find(&format!(":.:{}", whole.display())), Some(whole.join("docker-credential-x")));
    }

    #[test]
    fn a_name_is_no_path_to_a_program() {
        let folder = tempfile::tempdir().unwrap();
        program_in(&folder.path().join("bin"), "x");
        let path = folder.path().join("lib").display().to_string();
        fs::create_dir(&path).unwrap();
        let environment = BTreeMap::from([("PATH".to_owned(), path)]);
        for name in ["../bin/x", "/bin/sh", ".", "..", ""] {
            assert_eq!(in_path(name, &environment), None, "{name:?}");
        }
    }

    #[test]
    fn a_plug_in_is_taken_from_no_folder_that_is_named_from_the_current_one() {
        let folder = folder_in_target();
        let below = Path::new("target").join(folder.path().file_name().unwrap());
        program_in(&below.join("cli-plugins"), "docker-x");
        let find = |config: &Path| {
            plugin("x", &BTreeMap::from([("DOCKER_CONFIG".to_owned(), config.to_str().unwrap().to_owned())]))
        };
        assert_eq!(find(&below), None);
        assert!(find(&fs::canonicalize(&below).unwrap()).is_some());
    }
}
