//! Services that programs of this machine run: how each is called, and what differs from what the record knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::sides::Sides;
use crate::diagnostic::Diagnostic;
use crate::did_you_mean::did_you_mean;
use crate::diff;
use crate::model::{Address, Call, Project, ProjectName, Provider, Service, ServiceName};
use crate::plan::vocabulary::{PlacedChange, ProviderAction, code};
use crate::state::applied::{hidden, is_hidden};
use crate::state::{Command, Observed, Program};

/// How a program is called for a service that it runs. Options that this command of its does not take are left out.
pub fn call(
    project: &ProjectName,
    service: &ServiceName,
    provider: &Provider,
    program: &Program,
    action: ProviderAction,
) -> Call {
    let silent = Command::default();
    let (verb, command) = match action {
        ProviderAction::Up => ("up", &program.up),
        ProviderAction::Stop => ("stop", program.stop.as_ref().unwrap_or(&silent)),
        ProviderAction::Down => ("down", &program.down),
    };
    let options = taken(provider, program, command);
    let options = options.flat_map(|(name, values)| values.iter().map(move |value| format!("--{name}={value}")));
    let head = ["compose".to_owned(), format!("--project-name={project}"), verb.to_owned()];
    let arguments = head.into_iter().chain(options).chain([service.to_string()]).collect();
    Call { program: provider.program.clone(), arguments }
}

/// The options that a command takes.
fn taken<'p>(
    provider: &'p Provider,
    program: &'p Program,
    command: &'p Command,
) -> impl Iterator<Item = (&'p String, &'p Vec<String>)> {
    provider.options.iter().filter(move |(name, _)| program.is_silent() || command.takes(name))
}

/// The services that programs run, as the last record has them.
pub fn recorded(observed: &Observed) -> BTreeMap<ServiceName, Provider> {
    observed.records.last().map(|record| record.project.providers()).unwrap_or_default()
}

/// Services of the last record that the file does not name any more, less those that were released since.
pub fn released<'a>(sides: &Sides<'a>) -> impl Iterator<Item = (ServiceName, Provider)> + use<'a> {
    let (project, observed) = (sides.request.project, sides.request.observed);
    let named = |name: &ServiceName| project.providers.contains_key(name) || project.idle.contains_key(name);
    recorded(observed)
        .into_iter()
        .filter(move |(name, provider)| !named(name) && !is_released(&project.name, name, provider, observed))
}

/// Whether this process has released a service.
pub fn is_released(project: &ProjectName, name: &ServiceName, provider: &Provider, observed: &Observed) -> bool {
    has_called(project, name, provider, observed, ProviderAction::Down)
}

/// Whether this process has brought a service up.
pub fn is_up(project: &ProjectName, name: &ServiceName, provider: &Provider, observed: &Observed) -> bool {
    has_called(project, name, provider, observed, ProviderAction::Up)
}

fn has_called(
    project: &ProjectName,
    name: &ServiceName,
    provider: &Provider,
    observed: &Observed,
    action: ProviderAction,
) -> bool {
    let program = observed.programs.get(&provider.program);
    program.is_some_and(|program| observed.called.contains_key(&call(project, name, provider, program, action)))
}

/// The call that pauses or releases a service.
///
/// # Errors
/// When the program is missing, or an option is not known.
pub fn end(
    project: &ProjectName,
    name: &ServiceName,
    provider: &Provider,
    observed: &Observed,
    action: ProviderAction,
) -> Result<Call, Box<Diagnostic>> {
    let program = observed.programs.get(&provider.program).ok_or_else(|| Box::new(missing(name, provider)))?;
    let call = call(project, name, provider, program, action);
    let hidden = |argument: &String| argument.split_once('=').is_some_and(|(_, value)| is_hidden(value));
    if let Some((option, _)) = call.arguments.iter().find(|it| hidden(it)).and_then(|it| it.split_once('=')) {
        let option = option.trim_start_matches("--");
        let told = format!("service.{name} cannot be released: of its option `{option}` only a digest was kept");
        let told = Diagnostic::error(code::OPTION, told);
        return Err(Box::new(told.help("put the service back into the spec, and release it with `dsenv destroy`")));
    }
    Ok(call)
}

/// The program is not there.
pub fn missing(service: &ServiceName, provider: &Provider) -> Diagnostic {
    let program = &provider.program;
    let told = format!("service.{service}: the program of its provider, `{program}`, is not on this machine");
    let help = match program.contains('/') {
        true => {
            "`type` names a program, and is no path: put its folder into the PATH and leave the slashes out".to_owned()
        }
        false => {
            format!("install the plug-in `docker-{program}` of the Docker CLI, or `{program}` somewhere in the PATH")
        }
    };
    Diagnostic::error(code::LACKING, told).help(help)
}

/// The services that a service depends on and that programs run.
pub fn needed<'a>(project: &'a Project, service: &Service) -> impl Iterator<Item = (&'a ServiceName, &'a Provider)> {
    let providers = &project.providers;
    let found: Vec<_> = service.depends_on.keys().filter_map(|name| providers.get_key_value(name)).collect();
    found.into_iter()
}

/// What is told of options that the program needs and does not get, or gets and does not know.
pub fn options(sides: &Sides, name: &ServiceName, provider: &Provider, program: &Program) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if program.is_silent() {
        return found;
    }
    let (kind, address) = (&provider.program, Address::Service(name.clone()));
    for needed in program.up.needed().filter(|needed| !provider.options.contains_key(*needed)) {
        let told = format!("{address}: provider `{kind}` needs the option `{needed}`");
        let told = Diagnostic::error(code::OPTION, told).help(format!("add it: `options: {{{needed}: …}}`"));
        found.push(sides.located(told, &address, "provider", "without it"));
    }
    let commands = [Some(&program.up), Some(&program.down), program.stop.as_ref()];
    let commands: Vec<_> = commands.into_iter().flatten().collect();
    for given in provider.options.keys().filter(|given| !commands.iter().any(|command| command.takes(given))) {
        let known: Vec<&str> = commands.iter().flat_map(|command| command.names()).collect();
        let meant = did_you_mean(given, known.iter().copied());
        let help = if meant.is_empty() { format!("it knows {}", known.join(", ")) } else { meant };
        let told = format!("{address}: provider `{kind}` has no option `{given}`");
        let told = Diagnostic::error(code::OPTION, told).help(help);
        found.push(sides.located(told, &address, &format!("provider.options.{given}"), "unknown to it"));
    }
    found
}

/// What differs from the last record.
pub fn differences(sides: &Sides, address: &Address, before: &Provider, after: &Provider) -> Vec<PlacedChange> {
    let json = |provider: &Provider| {
        let options: Map<_, _> = provider.options.iter().map(|(name, values)| (name.clone(), plain(values))).collect();
        json!({"provider": {"type": provider.program, "options": options}})
    };
    // In the record a value that looks secret is a keyed digest.
    let mut after = json(after);
    diff::veil("", &mut after, &|text| hidden(text, sides.request.key));
    diff::fields(&json(before), &after).into_iter().map(|change| sides.placed(address, change)).collect()
}

/// One value as itself, several as a list.
fn plain(values: &[String]) -> Value {
    match values {
        [one] => one.as_str().into(),
        several => several.into(),
    }
}
