//! From the flags and files to what should exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::select::Select;
use super::{Context, Disk, Failure, Kind, load};
use crate::context::Hashes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::did_you_mean::did_you_mean;
use crate::engine::docker;
use crate::model::{Idle, Origins, Project, ProjectName, ServiceName};
pub use crate::reconcile::Desired;
use crate::resolve;
use crate::spec::code::MISSING_CONTEXT;
use crate::spec::{self, Loaded, Request, Unloaded};
use crate::state::Observed;

/// Loads and resolves the spec that flags, variables and the folder ask for; `file` is the verb's own positional.
/// Warnings are printed: for verbs that are about what the spec asks for.
///
/// # Errors
/// When there is no spec, or it has mistakes in what is selected.
pub fn desired(context: &Context<'_>, file: Option<&str>, select: &Select) -> Result<Desired, Failure> {
    requested(context, &load::request(context, file)?, select)
}

/// The same of what [`load::request`] has found already.
///
/// # Errors
/// When the spec has mistakes in what is selected.
pub fn requested(context: &Context<'_>, request: &Request, select: &Select) -> Result<Desired, Failure> {
    let (desired, warnings) = resolved(context, request, select).map_err(|unloaded| Failure::invalid(unloaded.said))?;
    context.shell.diagnostics(&warnings);
    Ok(desired)
}

/// As [`desired`], silent about what is no mistake: for verbs that are about what is there.
///
/// # Errors
/// When there is no spec, or it has mistakes.
pub fn quietly(context: &Context<'_>, file: Option<&str>) -> Result<Desired, Failure> {
    let resolved = resolved(context, &load::request(context, file)?, &Select::default());
    Ok(resolved.map_err(|unloaded| Failure::invalid(unloaded.said))?.0)
}

fn resolved(context: &Context<'_>, request: &Request, select: &Select) -> Result<(Desired, Vec<Diagnostic>), Unloaded> {
    let request = Request { part: select.part(), ..request.clone() };
    let lossy = select.lossy();
    let mut loaded = spec::load_or_name(&request, &Disk)?;
    let name = Ok(loaded.spec.name.clone());
    let mut resolved = resolve::resolve(&loaded, &Disk, &lossy);
    if let Err(mistakes) = resolved {
        let mistakes = loaded.said_with(mistakes);
        loaded = match spec::narrow(loaded, &request, &Disk, mistakes) {
            Ok(narrowed) => narrowed,
            Err(said) => return Err(Unloaded { said, name }),
        };
        resolved = resolve::resolve(&loaded, &Disk, &lossy);
    }
    let mut resolved = match resolved {
        Ok(resolved) => resolved,
        Err(mistakes) => return Err(Unloaded { said: loaded.said_with(mistakes), name }),
    };
    resolve::lend(&mut resolved.project, || docker::logins(&context.environment, context.home()));
    // That a build's files are missing is told with what is to be built.
    resolved.warnings.retain(|warning| warning.code != MISSING_CONTEXT);
    let warnings = [&*loaded.warnings, &resolved.warnings].concat();
    let (watch, sync_back) = (resolve::watch_rules(&loaded.spec), resolve::sync_back(&loaded.spec));
    let (left_unhealthy, unattached) = (resolve::left_unhealthy(&loaded.spec), resolve::unattached(&loaded.spec));
    let files = loaded.files.iter().cloned().chain(resolve::content_files(&loaded.spec)).collect();
    let (project, origins, variables) = (resolved.project, resolved.origins, loaded.variables);
    let hashes = Arc::new(Hashes::kept(cache(context)));
    let desired = Desired { project, origins, watch, sync_back, left_unhealthy, unattached, variables, files, hashes };
    Ok((desired, warnings))
}

/// Where what can be made anew is kept. A file of the project does not say it.
fn cache(context: &Context<'_>) -> Option<PathBuf> {
    let named = |name: &str| context.environment.get(name).map(Utf8PathBuf::from).filter(|path| path.is_absolute());
    let folder = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))?;
    Some(folder.join("dsenv").into())
}

/// The name of the project alone: `-p` needs no spec, and a spec with mistakes has a name too.
///
/// # Errors
/// When there is no `-p`, and no spec or one that does not tell its name.
pub fn project_name(context: &Context<'_>, file: Option<&str>) -> Result<ProjectName, Failure> {
    match given_name(context, file) {
        Some(name) => name,
        None => told_name(spec::name_of(&load::request(context, file)?, &Disk)),
    }
}

/// The name that `-p` gives where no file is named.
fn given_name(context: &Context<'_>, file: Option<&str>) -> Option<Result<ProjectName, Failure>> {
    let name = context.global.project_name.as_deref().filter(|_| file.is_none() && context.global.files.is_empty())?;
    Some(match spec::refused_name(name) {
        None => Ok(ProjectName::new(name)),
        Some(refused) => Err(Failure::invalid(vec![refused])),
    })
}

/// The name that a spec tells.
fn told_name(name: Result<String, Vec<Diagnostic>>) -> Result<ProjectName, Failure> {
    let hint = "a name that is given with -p needs no file";
    Ok(ProjectName::new(name.map_err(|mistakes| Failure::invalid(mistakes).hint(hint))?))
}

/// For a verb that only looks: what should exist or, where the spec has mistakes, the name of the project alone.
///
/// # Errors
/// When not even the name is known.
pub fn or_name(context: &Context<'_>, file: Option<&str>) -> Result<Result<Desired, ProjectName>, Failure> {
    let (failure, told) = match load::request(context, file) {
        Err(failure) => (failure, None),
        Ok(request) => match resolved(context, &request, &Select::default()) {
            Ok((desired, _)) => return Ok(Ok(desired)),
            Err(Unloaded { said, name }) => (Failure::invalid(said), Some(told_name(name))),
        },
    };
    let Some(Ok(name)) = given_name(context, file).or(told) else { return Err(failure) };
    let note = match failure.diagnostics.iter().filter(|told| told.severity == Severity::Error).count() {
        0 => return Err(failure),
        1 => "the spec has a mistake (`dsenv validate` shows it); this is what the engine knows".to_owned(),
        count => format!("the spec has {count} mistakes (`dsenv validate` shows them); this is what the engine knows"),
    };
    context.shell.note(&note);
    Ok(Err(name))
}

impl Desired {
    /// What the last apply asked for, and the names of what is there beside it.
    pub fn applied(name: ProjectName, observed: &Observed) -> Self {
        let record = observed.records.last();
        let recorded = record.and_then(|record| record.project.project());
        let mut project: Project = recorded.unwrap_or_else(|| Project::nothing(name));
        for container in observed.containers.iter().filter(|each| !project.services.contains_key(&each.service)) {
            let unknown = || Idle { profiles: BTreeSet::new() };
            project.idle.entry(container.service.clone()).or_insert_with(unknown);
        }
        Self::of(project)
    }

    /// A project that no text asks for.
    pub fn of(project: Project) -> Self {
        Self {
            project,
            origins: Origins::default(),
            watch: BTreeMap::new(),
            sync_back: BTreeMap::new(),
            left_unhealthy: BTreeSet::new(),
            unattached: BTreeSet::new(),
            variables: BTreeMap::new(),
            files: Vec::new(),
            hashes: Arc::new(Hashes::kept(None)),
        }
    }
}

/// For a verb that is about an environment and needs no spec: its name, and what a spec at hand says beside it.
#[derive(Debug)]
pub struct AtHand {
    /// The name.
    pub name: ProjectName,
    /// The spec; one with mistakes is none.
    pub spec: Option<Loaded>,
    /// The variables that specs are filled with, or else of this process: for programs beside the engine.
    pub variables: BTreeMap<String, String>,
}

/// Loads what is at hand.
///
/// # Errors
/// As [`project_name`].
pub fn at_hand(context: &Context<'_>, file: Option<&str>) -> Result<AtHand, Failure> {
    let given = given_name(context, file).transpose()?;
    let request = match load::request(context, file) {
        Ok(request) => request,
        Err(failure) => {
            let Some(name) = given else { return Err(failure) };
            return Ok(AtHand { name, spec: None, variables: context.environment.clone() });
        }
    };
    let (name, spec) = match spec::load_or_name(&request, &Disk) {
        Ok(loaded) => (ProjectName::new(loaded.spec.name.as_str()), Some(loaded)),
        Err(Unloaded { said: _, name }) => (given.map_or_else(|| told_name(name), Ok)?, None),
    };
    Ok(AtHand { name, spec, variables: request.variables })
}

impl AtHand {
    /// What the spec asks for, for the values that it still has. One with mistakes has none.
    pub fn project(&self) -> Option<Project> {
        let resolved = resolve::resolve(self.spec.as_ref()?, &Disk, &BTreeSet::new()).ok()?;
        Some(resolved.project)
    }
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
            match project.idle.get(&ServiceName::new(name.as_str())) {
                Some(idle) if idle.profiles.is_empty() => {
                    let told = format!("{flag}: `{name}` is left out of this, and has mistakes");
                    return Err(Failure::new(Kind::Invalid, told).hint(format!("mend it, then add `--target {name}`")));
                }
                Some(_) => {
                    return Err(failure.hint(format!("its profile is off; switch it on with --profile for `{name}`")));
                }
                None => {}
            }
            let meant = did_you_mean(name, project.services.keys().map(ServiceName::as_str));
            Err(failure.hint(if meant.is_empty() { format!("there are {}", list(project)) } else { meant }))
        }
    }
}

fn list(project: &Project) -> String {
    project.services.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
