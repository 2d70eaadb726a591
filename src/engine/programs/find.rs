//! Where programs are: plug-ins of the Docker CLI in its own folders, all others in the `PATH`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
    folders.map(|folder| folder.join(format!("docker-{name}"))).find(|file| is_program(file))
}

/// Folders that the Docker CLI's own configuration adds.
fn extra(config: &Path) -> Vec<PathBuf> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Config {
        cli_plugins_extra_dirs: Vec<PathBuf>,
    }
    let text = fs::read_to_string(config).unwrap_or_default();
    serde_json::from_str::<Config>(&text).unwrap_or_default().cli_plugins_extra_dirs
}

fn in_path(name: &str, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if !is_name(name) {
        return None;
    }
    let path = environment.get("PATH")?;
    // An empty entry means the current folder; a program is never taken from there unasked.
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}

/// A name is no path: a spec names programs that are installed.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != "." && name != ".."
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
