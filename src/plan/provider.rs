//! Services that programs of this machine run: brought up, asked again, and released by name only.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::builder::After;
use super::planner::Planner;
use super::{Action, CallKind, Change, NodeId, PlacedChange, ProviderAction, Reason, Step, code, outcome};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{Address, Call, ProjectName, Provider, Service, ServiceName};
use crate::state::applied::{hidden, is_hidden};
use crate::state::{Command, Observed, Program};

/// How alike two names are of which one may be the other, mistyped (Jaro-Winkler).
const CLOSE: f64 = 0.8;

/// How a program is called for a service that it runs. Options that this command of its does not take are left out.
pub(super) fn call(
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
    let providers = observed.records.last().and_then(|record| record.project.get("providers"));
    providers.and_then(|providers| serde_json::from_value(providers.clone()).ok()).unwrap_or_default()
}

/// What comes after a service that a program runs is up.
pub(super) fn up(p: &mut Planner, name: &ServiceName, required: bool) -> After {
    let node = provide(p, name);
    if required { After::done(node) } else { After::settled(node) }
}

/// Services that programs ran and that are in no spec any more: told, and released only by name.
pub(super) fn strays(p: &mut Planner) {
    for (name, provider) in released(p).collect::<Vec<_>>() {
        let mut change = Change::new(Address::Stray(name.to_string()), &name, Action::Forget);
        change.reasons.push(Reason::Stray);
        match p.request.options.destroy_data.iter().any(|named| named.as_str() == name.as_str()) {
            false => {
                let how = format!("run by {}; --destroy-data {name} releases it, with what it holds", provider.program);
                change.notes.push(how);
            }
            true => {
                let observed = p.request.observed;
                match end(&p.request.project.name, &name, &provider, observed, ProviderAction::Down) {
                    Ok(step) => {
                        let last = After::done(p.gone.values().copied());
                        p.nodes.add(&change.address, last, step);
                    }
                    Err(told) => p.diagnostics.push(*told),
                }
                change.action = Action::Delete;
                change.notes.push(format!("{} releases it, with what it holds", provider.program));
            }
        }
        p.changes.push(change);
    }
}

/// Services of the last record that the file does not name any more, less those that were released since.
pub(super) fn released<'p>(p: &'p Planner) -> impl Iterator<Item = (ServiceName, Provider)> + 'p {
    let (project, observed) = (p.request.project, p.request.observed);
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

/// The step that pauses or releases a service.
///
/// # Errors
/// When the program is missing, or an option is not known.
pub(super) fn end(
    project: &ProjectName,
    name: &ServiceName,
    provider: &Provider,
    observed: &Observed,
    action: ProviderAction,
) -> Result<Step, Box<Diagnostic>> {
    let program = observed.programs.get(&provider.program).ok_or_else(|| Box::new(missing(name, provider)))?;
    let call = call(project, name, provider, program, action);
    let hidden = |argument: &String| argument.split_once('=').is_some_and(|(_, value)| is_hidden(value));
    if let Some((option, _)) = call.arguments.iter().find(|it| hidden(it)).and_then(|it| it.split_once('=')) {
        let option = option.trim_start_matches("--");
        let told = format!("service.{name} cannot be released: of its option `{option}` only a digest was kept");
        let told = Diagnostic::error(code::OPTION, told);
        return Err(Box::new(told.help("put the service back into the spec, and release it with `dsenv destroy`")));
    }
    Ok(step(name, provider, call, action))
}

/// The step of a call.
pub(super) fn step(service: &ServiceName, provider: &Provider, call: Call, action: ProviderAction) -> Step {
    let definition = provider.definition.clone();
    Step::Call { call, kind: CallKind::Service { service: service.clone(), action, definition } }
}

/// The program is not there.
pub(super) fn missing(service: &ServiceName, provider: &Provider) -> Diagnostic {
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
pub(super) fn needed<'a>(
    p: &Planner<'a>,
    service: &Service,
) -> impl Iterator<Item = (&'a ServiceName, &'a Provider)> + use<'a> {
    let providers = &p.request.project.providers;
    let found: Vec<_> = service.depends_on.keys().filter_map(|name| providers.get_key_value(name)).collect();
    found.into_iter()
}

/// The step that brings a service up, unless this process has done so already or nobody can.
pub(super) fn provide(p: &mut Planner, name: &ServiceName) -> Option<NodeId> {
    if let Some(settled) = p.provided.get(name) {
        return *settled;
    }
    let (name, provider) = p.request.project.providers.get_key_value(name)?;
    if p.request.options.exclude.contains(name) {
        return None;
    }
    let node = bring_up(p, name, provider);
    p.provided.insert(name, node);
    node
}

fn bring_up<'a>(p: &mut Planner<'a>, name: &'a ServiceName, provider: &'a Provider) -> Option<NodeId> {
    let address = Address::Service(name.clone());
    let Some(program) = p.request.observed.programs.get(&provider.program) else {
        let told = missing(name, provider);
        let told = if provider.lossy {
            Diagnostic::warning(told.code, format!("{}; it goes on without it", told.message))
        } else {
            let help = format!("{}, or pass `--allow-lossy provider` to go on without it", told.help.join("; "));
            Diagnostic::error(told.code, told.message).help(help)
        };
        p.tell(told, &address, "provider.type", "not found");
        return None;
    };
    options(p, name, provider, program);
    let call = call(&p.request.project.name, name, provider, program, ProviderAction::Up);
    let place = p.place(&address, "");
    let change = Change { place, ..Change::new(address.clone(), name, Action::Keep) };
    if p.request.observed.called.contains_key(&call) {
        p.changes.push(change);
        return None;
    }
    let before = recorded(p.request.observed).remove(name);
    let mut after = outcome::gates(p, name, &provider.depends_on, |_| true);
    if let Some(old) = before.as_ref().filter(|old| old.program != provider.program)
        && !is_released(&p.request.project.name, name, old, p.request.observed)
    {
        let node = hand_over(p, name, old, provider)?;
        after = after.and(After::done([node]));
    }
    let (action, reason) = match &before {
        None => (Action::Create, Reason::Missing),
        Some(before) => match differences(p, &address, before, provider) {
            fields if fields.is_empty() => (Action::Run, Reason::Unseen),
            fields => (Action::Update, Reason::Changed(fields)),
        },
    };
    let mut notes = vec![format!("run by {}", provider.program)];
    if !program.description.is_empty() {
        notes.push(program.description.clone());
    }
    p.changes.push(Change { action, reasons: vec![reason], notes, ..change });
    Some(p.nodes.add(&address, after, step(name, provider, call, ProviderAction::Up)))
}

/// The step that releases what another program held for a service, if the user gives it up. Else nothing is done at all.
fn hand_over(p: &mut Planner, name: &ServiceName, old: &Provider, new: &Provider) -> Option<NodeId> {
    let address = Address::Service(name.clone());
    let told = if p.request.options.destroy_data.iter().any(|named| named.as_str() == name.as_str()) {
        match end(&p.request.project.name, name, old, p.request.observed, ProviderAction::Down) {
            Ok(step) => return Some(p.nodes.add(&address, After::default(), step)),
            Err(told) => *told,
        }
    } else {
        let told =
            format!("{address}: {} still holds what it ran for it, and {} is to run it", old.program, new.program);
        Diagnostic::error(code::PROTECTED, told).help(format!(
            "choose another name for the new service, or pass `--destroy-data {name}` to release the old one"
        ))
    };
    p.tell(told, &address, "provider.type", "another program");
    None
}

/// Tells of options that the program needs and does not get, or gets and does not know.
fn options(p: &mut Planner, name: &ServiceName, provider: &Provider, program: &Program) {
    if program.is_silent() {
        return;
    }
    let (kind, address) = (&provider.program, Address::Service(name.clone()));
    for needed in program.up.needed().filter(|needed| !provider.options.contains_key(*needed)) {
        let told = format!("{address}: provider `{kind}` needs the option `{needed}`");
        let told = Diagnostic::error(code::OPTION, told).help(format!("add it: `options: {{{needed}: …}}`"));
        p.tell(told, &address, "provider", "without it");
    }
    let commands = [Some(&program.up), Some(&program.down), program.stop.as_ref()];
    let commands: Vec<_> = commands.into_iter().flatten().collect();
    for given in provider.options.keys().filter(|given| !commands.iter().any(|command| command.takes(given))) {
        let known: Vec<&str> = commands.iter().flat_map(|command| command.names()).collect();
        let near = known.iter().find(|known| strsim::jaro_winkler(known, given) > CLOSE);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it knows {}", known.join(", ")),
        };
        let told = format!("{address}: provider `{kind}` has no option `{given}`");
        let told = Diagnostic::error(code::OPTION, told).help(help);
        p.tell(told, &address, &format!("provider.options.{given}"), "unknown to it");
    }
}

/// What differs from the last record.
fn differences(p: &Planner, address: &Address, before: &Provider, after: &Provider) -> Vec<PlacedChange> {
    let json = |provider: &Provider| {
        let options: Map<_, _> = provider.options.iter().map(|(name, values)| (name.clone(), plain(values))).collect();
        json!({"provider": {"type": provider.program, "options": options}})
    };
    // In the record a value that looks secret is a keyed digest.
    let mut after = json(after);
    diff::veil("", &mut after, &|text| hidden(text, p.request.key));
    diff::fields(&json(before), &after).into_iter().map(|change| p.placed(address, change)).collect()
}

/// One value as itself, several as a list.
fn plain(values: &[String]) -> Value {
    match values {
        [one] => one.as_str().into(),
        several => several.into(),
    }
}
