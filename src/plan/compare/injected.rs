//! The environment that containers are given by others than the file: by programs that run services, and by the runner
//! of models.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::desired::DesiredService;
use super::provider;
use super::sides::Sides;
use crate::diagnostic::Diagnostic;
use crate::diff::FieldChange;
use crate::model::{Address, EnvironmentSource, Service, ServiceName, Variables};
use crate::plan::vocabulary::{ProviderAction, code};
use crate::state::record::Record;
use crate::state::{Container, ModelRunner};

/// What a service's containers are given; `None`: nobody knows yet.
pub fn injected(
    sides: &Sides,
    name: &ServiceName,
    service: &Service,
) -> BTreeMap<EnvironmentSource, Option<Variables>> {
    let (project, observed) = (sides.request.project, sides.request.observed);
    let mut injected = BTreeMap::new();
    for (needed, provider) in provider::needed(project, service) {
        let variables = observed.programs.get(&provider.program).and_then(|program| {
            observed.called.get(&provider::call(&project.name, needed, provider, program, ProviderAction::Up))
        });
        injected.insert(EnvironmentSource::Provider(needed.clone()), variables.cloned());
    }
    let used = project.models.values().filter_map(|model| model.users.get(name));
    let variables: Vec<&String> = used.collect();
    if !variables.is_empty() {
        let endpoint = |runner: &ModelRunner| {
            variables.iter().map(|variable| ((*variable).clone(), runner.endpoint.clone())).collect()
        };
        injected.insert(EnvironmentSource::ModelRunner, observed.models.as_ref().map(endpoint));
    }
    injected
}

/// Warns of variables of the file whose values are never seen, since somebody else gives them.
pub fn hidden(sides: &Sides, desired: &DesiredService) -> Vec<Diagnostic> {
    let file = &desired.service.fixed.environment;
    let injected = desired.injected.values().flatten().flat_map(Variables::keys);
    let names = injected.filter(|name| file.contains_key(*name));
    let told = names.map(|name| {
        let service = desired.name;
        let told =
            format!("service.{service}: the value of {name} is given to it, and the one of the file is not seen");
        let told = Diagnostic::warning(code::GIVEN, told).help("take it out of `environment`");
        sides.located(told, &Address::Service(service.clone()), &format!("environment.{name}"), "overridden")
    });
    told.collect()
}

/// What differs among the variables that others than the file gave. What nobody knows yet stays as it is: when it is
/// known, the container is looked at again.
pub fn differences(record: &Record, desired: &DesiredService, container: &Container) -> Vec<FieldChange> {
    let live = |name: &str| container.environment.get(name).cloned().flatten();
    let file = |name: &str| desired.service.fixed.environment.get(name).cloned().flatten();
    let unknown = |name: &str| {
        let mut open = desired.injected.iter().filter(|(_, variables)| variables.is_none());
        open.any(|(source, _)| record.given.get(source).is_some_and(|names| names.contains(name)))
    };
    let known: BTreeMap<&String, &String> = desired.injected.values().flatten().flatten().collect();
    let before = record.given.values().flatten();
    let names: BTreeSet<&String> = known.keys().copied().chain(before).filter(|name| !unknown(name)).collect();
    let change = |name: &String| {
        let (before, after) = (live(name), known.get(name).map(|value| (*value).clone()).or_else(|| file(name)));
        let path = format!("environment.{name}");
        (before != after).then(|| FieldChange::new(path, before.map(Value::String), after.map(Value::String)))
    };
    names.into_iter().filter_map(change).collect()
}

/// Whether a field is a variable that somebody else than the file gave: of those the file does not speak.
pub fn is_injected(record: &Record, path: &str) -> bool {
    let name = path.strip_prefix("environment.");
    name.is_some_and(|name| record.given.values().any(|names| names.contains(name)))
}
