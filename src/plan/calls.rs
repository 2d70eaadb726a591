//! What programs of this machine are called for: services that they run, and language models.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::builder::{After, Chain};
use super::planner::Planner;
use super::wanted::Wanted;
use super::{Action, Change, Given, NodeId, PlacedChange, Provision, Purpose, Reason, Step, code, outcome};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{
    Address, Call, Giver, LanguageModel, ModelKey, ProjectName, Provider, Service, ServiceName, Variables,
};
use crate::state::applied::{hidden, is_hidden};
use crate::state::{Command, ModelConfig, ModelRunner, Observed, Program};

/// How alike two names are of which one may be the other, mistyped (Jaro-Winkler).
const CLOSE: f64 = 0.8;

/// The plug-in of the Docker CLI for language models.
pub const MODEL: &str = "model";

/// How a program is called for a service that it runs. Options that this command of its does not take are left out.
pub(super) fn call(
    project: &ProjectName,
    service: &ServiceName,
    provider: &Provider,
    program: &Program,
    does: Provision,
) -> Call {
    let silent = Command::default();
    let (verb, command) = match does {
        Provision::Up => ("up", &program.up),
        Provision::Stop => ("stop", program.stop.as_ref().unwrap_or(&silent)),
        Provision::Down => ("down", &program.down),
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

/// What a service's containers are given; `None`: nobody knows yet.
pub(super) fn given(p: &Planner, name: &ServiceName, service: &Service) -> BTreeMap<Giver, Option<Variables>> {
    let observed = p.request.observed;
    let mut given = BTreeMap::new();
    for (needed, provider) in needed(p, service) {
        let variables = observed.programs.get(&provider.program).and_then(|program| {
            observed.called.get(&call(&p.request.project.name, needed, provider, program, Provision::Up))
        });
        given.insert(Giver::Provider(needed.clone()), variables.cloned());
    }
    let used = p.request.project.models.values().filter_map(|model| model.users.get(name));
    let variables: Vec<&String> = used.collect();
    if !variables.is_empty() {
        let endpoint = |runner: &ModelRunner| {
            variables.iter().map(|variable| ((*variable).clone(), runner.endpoint.clone())).collect()
        };
        given.insert(Giver::ModelRunner, observed.models.as_ref().map(endpoint));
    }
    given
}

/// The same for a container of this plan, whose step comes after what gives it.
pub(super) fn to_give(p: &Planner, given: &BTreeMap<Giver, Option<Variables>>) -> BTreeMap<Giver, Given> {
    let known = |(giver, variables): (&Giver, &Option<Variables>)| {
        let given = match (variables, giver) {
            (Some(variables), _) => Given::Known(variables.clone()),
            (None, Giver::Provider(service)) => Given::Made((*p.provided.get(service)?)?),
            (None, Giver::ModelRunner) => return None,
        };
        Some((giver.clone(), given))
    };
    given.iter().filter_map(known).collect()
}

/// What a plan says of a container that is given what nobody knows yet.
pub(super) fn note(p: &Planner, wanted: &Wanted) -> Option<String> {
    let open = to_give(p, &wanted.given).into_iter().filter_map(|(giver, given)| match (giver, given) {
        (Giver::Provider(service), Given::Made(_)) => Some(service.to_string()),
        (Giver::Provider(_) | Giver::ModelRunner, _) => None,
    });
    let open: Vec<_> = open.collect();
    (!open.is_empty()).then(|| format!("what it is given by {} is known when that is up", open.join(", ")))
}

/// What programs must have done before a container of this service can be made.
pub(super) fn needs<'a>(p: &mut Planner<'a>, name: &ServiceName, service: &Service) -> After {
    let mut after = After::default();
    let needed: Vec<_> = needed(p, service).map(|(needed, _)| needed).collect();
    for needed in needed {
        after = after.and(up(p, needed, service.depends_on[needed].required));
    }
    let models = &p.request.project.models;
    for (key, model) in models.iter().filter(|(_, model)| model.users.contains_key(name)) {
        after = after.and(After::done(self::model(p, key, model)));
    }
    after
}

/// What comes after a service that a program runs is up.
pub(super) fn up(p: &mut Planner, name: &ServiceName, required: bool) -> After {
    let node = provide(p, name);
    if required { After::done(node) } else { After::settled(node) }
}

/// Plans what nothing that is made or started has asked for.
pub(super) fn rest(p: &mut Planner) {
    let project = p.request.project;
    let whole = p.request.options.targets.is_empty();
    for (key, model) in &project.models {
        if model.users.keys().any(|user| p.planned.contains_key(user)) {
            self::model(p, key, model);
        }
    }
    for name in project.providers.keys() {
        if (whole || p.request.options.targets.contains(name)) && !p.request.options.exclude.contains(name) {
            provide(p, name);
        }
    }
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
                let release = release(&p.request.project.name, &name, &provider, p.request.observed);
                match release {
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
    let program = observed.programs.get(&provider.program);
    program
        .is_some_and(|program| observed.called.contains_key(&call(project, name, provider, program, Provision::Down)))
}

/// The step that releases a service.
///
/// # Errors
/// When the program is missing, or an option is not known.
pub(super) fn release(
    project: &ProjectName,
    name: &ServiceName,
    provider: &Provider,
    observed: &Observed,
) -> Result<Step, Box<Diagnostic>> {
    let program = observed.programs.get(&provider.program).ok_or_else(|| Box::new(missing(name, provider)))?;
    let hides = |values: &Vec<String>| values.iter().any(|value| is_hidden(value));
    if let Some((option, _)) = taken(provider, program, &program.down).find(|(_, values)| hides(values)) {
        let told = format!("service.{name} cannot be released: of its option `{option}` only a digest was kept");
        let told = Diagnostic::error(code::OPTION, told);
        return Err(Box::new(told.help("put the service back into the spec, and release it with `dsenv destroy`")));
    }
    let call = call(project, name, provider, program, Provision::Down);
    Ok(step(name, provider, call, Provision::Down))
}

/// The step of a call.
pub(super) fn step(service: &ServiceName, provider: &Provider, call: Call, does: Provision) -> Step {
    let definition = provider.definition.clone();
    Step::Call { call, purpose: Purpose::Service { service: service.clone(), does, definition } }
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
fn needed<'a>(p: &Planner<'a>, service: &Service) -> impl Iterator<Item = (&'a ServiceName, &'a Provider)> + use<'a> {
    let providers = &p.request.project.providers;
    let found: Vec<_> = service.depends_on.keys().filter_map(|name| providers.get_key_value(name)).collect();
    found.into_iter()
}

/// The step that brings a service up, unless this process has done so already or nobody can.
fn provide(p: &mut Planner, name: &ServiceName) -> Option<NodeId> {
    if let Some(settled) = p.provided.get(name) {
        return *settled;
    }
    let (name, provider) = p.request.project.providers.get_key_value(name)?;
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
    let call = call(&p.request.project.name, name, provider, program, Provision::Up);
    let place = p.place(&address, "");
    let change = Change { place, ..Change::new(address.clone(), name, Action::Keep) };
    if p.request.observed.called.contains_key(&call) {
        p.changes.push(change);
        return None;
    }
    let (action, reason) = match recorded(p.request.observed).get(name) {
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
    let after = outcome::gates(p, name, &provider.depends_on, |_| true);
    Some(p.nodes.add(&address, after, step(name, provider, call, Provision::Up)))
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
    diff::fields(&json(before), &after).into_iter().map(|change| placed(p, address, change)).collect()
}

/// One value as itself, several as a list.
fn plain(values: &[String]) -> Value {
    match values {
        [one] => one.as_str().into(),
        several => several.into(),
    }
}

fn placed(p: &Planner, address: &Address, change: diff::FieldChange) -> PlacedChange {
    PlacedChange { place: p.place(address, &change.path), change, drift: false, forces: false }
}

/// The last step after which a model is there as the file asks, unless it is so already.
fn model<'a>(p: &mut Planner<'a>, key: &'a ModelKey, model: &'a LanguageModel) -> Option<NodeId> {
    if let Some(settled) = p.models.get(key) {
        return *settled;
    }
    let node = settle(p, key, model);
    p.models.insert(key, node);
    node
}

fn settle<'a>(p: &mut Planner<'a>, key: &'a ModelKey, model: &'a LanguageModel) -> Option<NodeId> {
    let address = Address::Model(key.clone());
    let Some(runner) = &p.request.observed.models else {
        let told =
            format!("{address}: the plug-in of the Docker CLI for models, `docker-{MODEL}`, is not on this machine");
        let told = if model.users.keys().all(|user| model.lossy.contains(user)) {
            Diagnostic::warning(code::LACKING, format!("{told}; it goes on without it"))
        } else {
            Diagnostic::error(code::LACKING, told)
                .help("install Docker Model Runner, or pass `--allow-lossy models` to go on without it")
        };
        p.tell(told, &address, "", "nobody runs it");
        return None;
    };
    let place = p.place(&address, "");
    let mut change = Change { place, ..Change::new(address.clone(), &model.model, Action::Keep) };
    let mut chain = Chain::new(&address, After::default());
    let mut last = None;
    let pull = Call { program: MODEL.to_owned(), arguments: vec!["pull".to_owned(), model.model.clone()] };
    if !runner.has(&model.model) && !p.request.observed.called.contains_key(&pull) {
        change.action = Action::Pull;
        change.reasons.push(Reason::Missing);
        last = Some(chain.then(&mut p.nodes, Step::Call { call: pull, purpose: Purpose::PullModel }));
    }
    if let Some((configure, reason)) = configure(p, &address, model, runner) {
        if change.action == Action::Keep {
            change.action = if reason == Reason::Unseen { Action::Run } else { Action::Update };
        }
        change.reasons.push(reason);
        last = Some(chain.then(&mut p.nodes, Step::Call { call: configure, purpose: Purpose::ConfigureModel }));
    }
    p.changes.push(change);
    last
}

/// How a model gets the settings that the file asks for, if it has others. A runner serves the whole machine, so what
/// the file does not ask for is left alone.
fn configure(p: &Planner, address: &Address, model: &LanguageModel, runner: &ModelRunner) -> Option<(Call, Reason)> {
    let LanguageModel { model: name, context_size, runtime_flags, users: _, lossy: _ } = model;
    if context_size.is_none() && runtime_flags.is_empty() {
        return None;
    }
    let size = context_size.iter().flat_map(|size| ["--context-size".to_owned(), size.to_string()]);
    let flags = (!runtime_flags.is_empty()).then(|| "--".to_owned()).into_iter().chain(runtime_flags.iter().cloned());
    let arguments = ["configure".to_owned()].into_iter().chain(size).chain([name.clone()]).chain(flags).collect();
    let call = Call { program: MODEL.to_owned(), arguments };
    // Whatever the runner tells of it: to say it again would change nothing.
    if p.request.observed.called.contains_key(&call) {
        return None;
    }
    let Some(ModelConfig { context_size: live_size, runtime_flags: live_flags }) = runner.config(name) else {
        return Some((call, Reason::Unseen));
    };
    let asked = json!({"context_size": context_size, "runtime_flags": runtime_flags});
    let live_size = context_size.and(live_size);
    let live_flags = if runtime_flags.is_empty() { Vec::new() } else { live_flags };
    let changes = diff::fields(&json!({"context_size": live_size, "runtime_flags": live_flags}), &asked);
    let changes: Vec<_> = changes.into_iter().map(|change| placed(p, address, change)).collect();
    (!changes.is_empty()).then(|| (call, Reason::Changed(changes)))
}
