//! From the flags and files to what should exist.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::{Context, Disk, Failure, Kind, load};
use crate::diagnostic::Diagnostic;
use crate::engine::docker;
use crate::model::{Origins, Project, ProjectName, ServiceName, WatchRule};
use crate::{resolve, spec};

/// What should exist, and which text asks for it.
#[derive(Debug)]
pub struct Desired {
    /// What should exist.
    pub project: Project,
    /// Which text asks for what.
    pub origins: Origins,
    /// What to do when files change, in the order of the file; the engine hears nothing of it.
    pub watch: BTreeMap<ServiceName, Vec<WatchRule>>,
    /// Paths in containers whose changes come back to this machine while it watches.
    pub back: BTreeMap<ServiceName, Vec<String>>,
    /// Services whose unhealthy containers a watch that heals leaves alone.
    pub left_unhealthy: BTreeSet<ServiceName>,
    /// Services whose logs are shown only to who asks for them by name.
    pub unattached: BTreeSet<ServiceName>,
    /// The variables that the spec was filled with: those of this process and of `.env`.
    pub variables: BTreeMap<String, String>,
    /// Every file that was read for it.
    pub files: Vec<Utf8PathBuf>,
}

/// Loads and resolves the spec that flags, variables and the folder ask for; `file` is the verb's own positional.
/// Warnings are printed: for verbs that are about what the spec asks for.
///
/// # Errors
/// When there is no spec, or it has mistakes.
pub fn desired(context: &Context<'_>, file: Option<&str>, allow_lossy: &BTreeSet<String>) -> Result<Desired, Failure> {
    let (desired, warnings) = resolved(context, file, allow_lossy)?;
    context.shell.diagnostics(&warnings);
    Ok(desired)
}

/// As [`desired`], silent about what is no mistake: for verbs that are about what is there.
///
/// # Errors
/// When there is no spec, or it has mistakes.
pub fn quietly(context: &Context<'_>, file: Option<&str>) -> Result<Desired, Failure> {
    Ok(resolved(context, file, &BTreeSet::new())?.0)
}

fn resolved(
    context: &Context<'_>,
    file: Option<&str>,
    allow_lossy: &BTreeSet<String>,
) -> Result<(Desired, Vec<Diagnostic>), Failure> {
    if let Some(name) = file.filter(|name| *name != "-" && !context.folder.join(name).exists()) {
        return Err(no_file(context, name));
    }
    let loaded = load::load_quietly(context, file)?;
    let mut resolved = resolve::resolve(&loaded, &Disk, allow_lossy).map_err(Failure::invalid)?;
    resolve::lend(&mut resolved.project, || docker::logins(&context.environment, context.home()));
    let warnings = [&*loaded.warnings, &resolved.warnings].concat();
    let (watch, back) = (resolve::watch_rules(&loaded.spec), resolve::sync_back(&loaded.spec));
    let (left_unhealthy, unattached) = (resolve::left_unhealthy(&loaded.spec), resolve::unattached(&loaded.spec));
    let files = loaded.files.iter().cloned().chain(resolve::content_files(&loaded.spec)).collect();
    let (project, origins, variables) = (resolved.project, resolved.origins, loaded.variables);
    Ok((Desired { project, origins, watch, back, left_unhealthy, unattached, variables, files }, warnings))
}

/// The name of the project alone: `-p` needs no spec.
///
/// # Errors
/// When there is no `-p` and no valid spec.
pub fn project_name(context: &Context<'_>, file: Option<&str>) -> Result<ProjectName, Failure> {
    match (&context.global.project_name, file) {
        (Some(name), None) if context.global.files.is_empty() => match spec::refused_name(name) {
            None => Ok(ProjectName::new(name.as_str())),
            Some(refused) => Err(Failure::invalid(vec![refused])),
        },
        _ => Ok(ProjectName::new(load::load_quietly(context, file)?.spec.name)),
    }
}

/// The spec at hand, for the values that it still has. One with mistakes, or of another project, has none.
pub fn at_hand(context: &Context<'_>, file: Option<&str>, name: &ProjectName) -> Option<Project> {
    let loaded = load::load_quietly(context, file).ok()?;
    let resolved = resolve::resolve(&loaded, &Disk, &BTreeSet::new()).ok()?;
    (resolved.project.name == *name).then_some(resolved.project)
}

/// The variables of the spec at hand, or else of this process, for programs beside the engine.
pub fn variables(context: &Context<'_>, file: Option<&str>) -> BTreeMap<String, String> {
    load::load_quietly(context, file).map_or_else(|_| context.environment.clone(), |loaded| loaded.variables)
}

/// A positional that is no file. People of Compose write a service's name there.
fn no_file(context: &Context<'_>, name: &str) -> Failure {
    let is_service = load::load_quietly(context, None).is_ok_and(|loaded| loaded.spec.services.contains_key(name));
    if is_service {
        return Failure::new(Kind::Invalid, format!("`{name}` is a service, not a spec file"))
            .hint(format!("choose services with `--target {name}`"));
    }
    Failure::new(Kind::Invalid, format!("there is no file {name}"))
}

/// The services with these names, whoever runs them.
///
/// # Errors
/// When the project has no such service.
pub fn named(project: &Project, names: &[String], flag: &str) -> Result<BTreeSet<ServiceName>, Failure> {
    let run = |name: &&String| project.providers.contains_key(&ServiceName::new(name.as_str()));
    let (run, others): (Vec<_>, Vec<_>) = names.iter().partition(run);
    let others: Vec<_> = others.into_iter().cloned().collect();
    Ok(run.into_iter().map(|name| name.as_str().into()).chain(services(project, &others, flag)?).collect())
}

/// The services with these names, those that have containers.
///
/// # Errors
/// When the project has no such service, or a program runs it.
pub fn services(project: &Project, names: &[String], flag: &str) -> Result<BTreeSet<ServiceName>, Failure> {
    let known = |name: &&String| !project.services.keys().any(|service| service.as_str() == name.as_str());
    match names.iter().find(known) {
        None => Ok(names.iter().map(|name| ServiceName::new(name.as_str())).collect()),
        Some(name) => {
            let failure = Failure::new(Kind::Invalid, format!("{flag}: there is no service `{name}`"));
            if let Some(provider) = project.providers.get(&ServiceName::new(name.as_str())) {
                let told = format!("{flag}: `{name}` has no container: {} runs it", provider.program);
                return Err(Failure::new(Kind::Invalid, told));
            }
            let close = |service: &&ServiceName| strsim::jaro_winkler(service.as_str(), name) > 0.8;
            if project.idle.keys().any(|service| service.as_str() == name) {
                return Err(failure.hint(format!("its profile is off; switch it on with --profile for `{name}`")));
            }
            Err(match project.services.keys().find(close) {
                Some(service) => failure.hint(format!("did you mean `{service}`?")),
                None => failure.hint(format!("there are {}", list(project))),
            })
        }
    }
}

fn list(project: &Project) -> String {
    project.services.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
