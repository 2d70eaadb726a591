//! From the flags and variables to the loaded spec; shared by every verb that reads one.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::context::{self, Context};
use super::{Disk, Failure, Kind, variables};
use crate::spec::{self, Loaded, NAMES, Part, Reader, Request};

/// Loads the spec that flags, variables and the folder ask for; `file` is the verb's own positional. Warnings are left
/// to the caller.
///
/// # Errors
/// When there is no file, or the spec has mistakes.
pub fn load_quietly(context: &Context<'_>, file: Option<&str>) -> Result<Loaded, Failure> {
    spec::load(&request(context, file)?, &Disk).map_err(Failure::invalid)
}

/// What flags, variables and the folder ask for.
///
/// # Errors
/// When there is no file, or a file of variables cannot be read.
pub fn request(context: &Context<'_>, file: Option<&str>) -> Result<Request, Failure> {
    if let Some(name) = file.filter(|name| *name != "-" && !context.folder.join(name).exists()) {
        return Err(no_file(context, name));
    }
    let global = &context.global;
    let mut variables = context.environment.clone();
    // `.env` may itself name the spec and its profiles. It stands in the folder of the project, as far as that is
    // known yet, and else in the current one.
    let named = file.or(global.files.first().map(String::as_str)).filter(|file| *file != "-");
    let first = match (&global.project_directory, named) {
        (Some(directory), _) => absolute(context, directory),
        (None, Some(file)) => folder_of(context, &[absolute(context, Utf8Path::new(file))]),
        (None, None) => context.folder.clone(),
    };
    read_env_files(context, &first, &mut variables)?;
    let asked = |name: &str| variables::value(&variables, name);
    let files = match file {
        Some(file) => vec![file.to_owned()],
        None if !global.files.is_empty() => global.files.clone(),
        None => {
            asked("COMPOSE_FILE").map(|files| split_paths(files, asked("COMPOSE_PATH_SEPARATOR"))).unwrap_or_default()
        }
    };
    let files = if files.is_empty() {
        let from =
            global.project_directory.as_deref().map_or_else(|| context.folder.clone(), |dir| absolute(context, dir));
        find(&from)?
    } else {
        files.iter().map(|file| if file == "-" { "-".into() } else { absolute(context, Utf8Path::new(file)) }).collect()
    };
    let folder = match &global.project_directory {
        Some(directory) => absolute(context, directory),
        None => folder_of(context, &files),
    };
    if folder != first {
        read_env_files(context, &folder, &mut variables)?;
    }
    let asked = |name: &str| variables::value(&variables, name);
    let name = global.project_name.clone().or_else(|| asked("COMPOSE_PROJECT_NAME").map(str::to_owned));
    let profiles = if global.profiles.is_empty() {
        let listed =
            asked("COMPOSE_PROFILES").map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
        listed.unwrap_or_default()
    } else {
        global.profiles.clone()
    };
    let shown_from = context.folder.clone();
    let part = Part::default();
    Ok(Request { files, folder, shown_from, name, profiles, part, variables, interpolate: true })
}

/// A positional that is no file. People of Compose write a service's name there.
fn no_file(context: &Context<'_>, name: &str) -> Failure {
    let is_service = load_quietly(context, None)
        .is_ok_and(|loaded| loaded.spec.services.contains_key(name) || loaded.spec.inactive.contains_key(name));
    if is_service {
        let failure = Failure::new(Kind::Invalid, format!("`{name}` is a service, and a spec file is expected here"));
        return failure.hint(format!(
            "`apply`, `plan` and `watch` choose services with `--target {name}`, `logs` and `exec` by name; \
             the other verbs are about the whole environment"
        ));
    }
    let failure = Failure::new(Kind::Invalid, format!("there is no file {name}"));
    match name.contains(['/', '.']) {
        true => failure,
        false => {
            failure.hint("no service has that name either; a spec file is expected here, and without one it is found")
        }
    }
}

/// Adds the variables of `--env-file`, `COMPOSE_ENV_FILES`, or the folder's `.env`; known ones stay.
fn read_env_files(
    context: &Context<'_>,
    folder: &Utf8Path,
    variables: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    let global = &context.global.env_files;
    let files: Vec<Utf8PathBuf> = if !global.is_empty() {
        global.iter().map(|file| absolute(context, Utf8Path::new(file))).collect()
    } else if let Some(listed) = variables::value(variables, "COMPOSE_ENV_FILES") {
        listed.split(',').map(|file| absolute(context, Utf8Path::new(file))).collect()
    } else {
        let disabled = variables::value(variables, "COMPOSE_DISABLE_ENV_FILE")
            .is_some_and(|value| matches!(value, "1" | "true" | "True" | "TRUE"));
        let default = folder.join(".env");
        if disabled || !Disk.exists(&default) || Disk.is_dir(&default) { Vec::new() } else { vec![default] }
    };
    // Later files override earlier ones, and all yield to the environment.
    let mut found = BTreeMap::new();
    for file in files {
        let shown = file.strip_prefix(&context.folder).unwrap_or(&file).to_string();
        found = spec::read_env_file(&file, shown, None, variables, found, &Disk)
            .map_err(|mistake| Failure::invalid(vec![*mistake]))?;
    }
    for (name, value) in found {
        variables.entry(name).or_insert(value);
    }
    Ok(())
}

fn split_paths(paths: &str, separator: Option<&str>) -> Vec<String> {
    paths.split(separator.unwrap_or(":")).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn absolute(context: &Context<'_>, path: &Utf8Path) -> Utf8PathBuf {
    context::clean(&context.folder.join(path))
}

fn folder_of(context: &Context<'_>, files: &[Utf8PathBuf]) -> Utf8PathBuf {
    match files.first() {
        Some(file) if file != "-" => file.parent().unwrap_or(&context.folder).to_owned(),
        _ => context.folder.clone(),
    }
}

/// The spec of the folder or of the nearest one above it, with its sibling of overrides.
fn find(from: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    for folder in from.ancestors() {
        let Some(file) = NAMES.iter().map(|name| folder.join(name)).find(|file| Disk.exists(file)) else { continue };
        let stem = file.file_stem().unwrap_or_default();
        let siblings = ["yaml", "yml"].map(|extension| folder.join(format!("{stem}.override.{extension}")));
        let sibling = siblings.into_iter().find(|file| Disk.exists(file));
        return Ok([Some(file), sibling].into_iter().flatten().collect());
    }
    let message = format!("there is no spec in {from} or above it");
    Err(Failure::new(Kind::Invalid, message).hint(format!("name one with -f, or write one of {}", NAMES.join(", "))))
}
