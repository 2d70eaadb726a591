//! Services that programs of this machine run: brought up, asked again, and released by name only.

use super::decisions::{ProviderFate, StrayFate};
use super::dependencies;
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Call, Provider, ServiceName};
use crate::plan::compare::provider::{self, call, end, is_released, missing, recorded};
use crate::plan::vocabulary::{Action, Change, ProviderAction, Reason, code};

/// Decides about a service, once.
pub fn decide(draft: &mut Draft, name: &ServiceName) {
    if draft.decided.providers.contains_key(name) || draft.sides.request.options.exclude.contains(name) {
        return;
    }
    if let Some((name, provider)) = draft.sides.request.project.providers.get_key_value(name) {
        let fate = fate(draft, name, provider).unwrap_or(ProviderFate::Keep);
        draft.decided.providers.insert(name, fate);
    }
}

/// Decides about those that nothing which is made or started has asked for.
pub fn rest(draft: &mut Draft) {
    let request = draft.sides.request;
    let (project, targets) = (request.project, &request.options.targets);
    for name in project.providers.keys() {
        let needed = draft.scope.planned.values().any(|service| service.depends_on.contains_key(name));
        if targets.is_empty() || needed || targets.contains(name) {
            decide(draft, name);
        }
    }
}

/// Services that programs ran and that are in no spec any more: told, and released only by name.
pub fn strays(draft: &mut Draft) {
    let request = draft.sides.request;
    for (name, provider) in provider::released(draft.sides) {
        let mut change = Change::new(Address::Stray(name.to_string()), &name, Action::Forget);
        change.reasons.push(Reason::Stray);
        let program = &provider.program;
        if is_given_up(draft, &name) {
            change.action = Action::Delete;
            change.notes.push(format!("{program} releases it, with what it holds"));
            match end(&request.project.name, &name, &provider, request.observed, ProviderAction::Down) {
                Ok(call) => {
                    let stray = StrayFate::Release { service: name, provider: Box::new(provider), call };
                    draft.decided.strays.push(stray);
                }
                Err(told) => draft.decided.diagnostics.push(*told),
            }
        } else {
            let how = format!("run by {program}; --destroy-data {name} releases it, with what it holds");
            change.notes.push(how);
        }
        draft.decided.changes.push(change);
    }
}

fn is_given_up(draft: &Draft, name: &ServiceName) -> bool {
    draft.sides.request.options.destroy_data.iter().any(|named| named.as_str() == name.as_str())
}

/// `None` if nobody can bring it up.
fn fate<'a>(draft: &mut Draft<'a>, name: &'a ServiceName, provider: &'a Provider) -> Option<ProviderFate> {
    let sides = draft.sides;
    let (project, observed) = (&sides.request.project.name, sides.request.observed);
    let address = Address::Service(name.clone());
    let Some(program) = observed.programs.get(&provider.program) else {
        let told = missing(name, provider);
        let told = if provider.lossy {
            Diagnostic::warning(told.code, format!("{}; it goes on without it", told.message))
        } else {
            let help = format!("{}, or pass `--allow-lossy provider` to go on without it", told.help.join("; "));
            Diagnostic::error(told.code, told.message).help(help)
        };
        draft.tell(told, &address, "provider.type", "not found");
        return None;
    };
    draft.decided.diagnostics.extend(provider::options(sides, name, provider, program));
    let call = call(project, name, provider, program, ProviderAction::Up);
    let place = sides.place(&address, "");
    let change = Change { place, ..Change::new(address.clone(), name, Action::Keep) };
    if observed.called.contains_key(&call) {
        draft.decided.changes.push(change);
        return None;
    }
    let before = recorded(observed).remove(name);
    dependencies::decide(draft, name, &provider.depends_on);
    let mut release = None;
    if let Some(old) = before.as_ref().filter(|old| old.program != provider.program)
        && !is_released(project, name, old, observed)
    {
        release = Some((Box::new(old.clone()), released(draft, name, old, provider)?));
    }
    let (action, reason) = match &before {
        None => (Action::Create, Reason::Missing),
        Some(before) => match provider::differences(sides, &address, before, provider) {
            fields if fields.is_empty() => (Action::Run, Reason::Unseen),
            fields => (Action::Update, Reason::Changed(fields)),
        },
    };
    let mut notes = vec![format!("run by {}", provider.program)];
    if !program.description.is_empty() {
        notes.push(program.description.clone());
    }
    draft.decided.changes.push(Change { action, reasons: vec![reason], notes, ..change });
    Some(ProviderFate::BringUp { call, release })
}

/// How what another program held for a service is released, if the user gives it up. Else nothing is done at all.
fn released(draft: &mut Draft, name: &ServiceName, old: &Provider, new: &Provider) -> Option<Call> {
    let request = draft.sides.request;
    let address = Address::Service(name.clone());
    let told = if is_given_up(draft, name) {
        match end(&request.project.name, name, old, request.observed, ProviderAction::Down) {
            Ok(call) => return Some(call),
            Err(told) => *told,
        }
    } else {
        let told =
            format!("{address}: {} still holds what it ran for it, and {} is to run it", old.program, new.program);
        Diagnostic::error(code::PROTECTED, told).help(format!(
            "choose another name for the new service, or pass `--destroy-data {name}` to release the old one"
        ))
    };
    draft.tell(told, &address, "provider.type", "another program");
    None
}
