//! What containers are given by others than the file: by programs that run services, and by the runner of models.

use std::collections::BTreeMap;

use super::builder::After;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{Injected, ProviderAction, code, models, provider};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, EnvironmentSource, Service, ServiceName, Variables};
use crate::state::ModelRunner;

/// What a service's containers are given; `None`: nobody knows yet.
pub(super) fn given(
    p: &Planner,
    name: &ServiceName,
    service: &Service,
) -> BTreeMap<EnvironmentSource, Option<Variables>> {
    let observed = p.request.observed;
    let mut given = BTreeMap::new();
    for (needed, provider) in provider::needed(p, service) {
        let variables = observed.programs.get(&provider.program).and_then(|program| {
            observed.called.get(&provider::call(&p.request.project.name, needed, provider, program, ProviderAction::Up))
        });
        given.insert(EnvironmentSource::Provider(needed.clone()), variables.cloned());
    }
    let used = p.request.project.models.values().filter_map(|model| model.users.get(name));
    let variables: Vec<&String> = used.collect();
    if !variables.is_empty() {
        let endpoint = |runner: &ModelRunner| {
            variables.iter().map(|variable| ((*variable).clone(), runner.endpoint.clone())).collect()
        };
        given.insert(EnvironmentSource::ModelRunner, observed.models.as_ref().map(endpoint));
    }
    given
}

/// The same for a container of this plan, whose step comes after what gives it.
pub(super) fn to_give(
    p: &Planner,
    given: &BTreeMap<EnvironmentSource, Option<Variables>>,
) -> BTreeMap<EnvironmentSource, Injected> {
    let known = |(giver, variables): (&EnvironmentSource, &Option<Variables>)| {
        let given = match (variables, giver) {
            (Some(variables), _) => Injected::Known(variables.clone()),
            (None, EnvironmentSource::Provider(service)) => Injected::Made((*p.provided.get(service)?)?),
            (None, EnvironmentSource::ModelRunner) => return None,
        };
        Some((giver.clone(), given))
    };
    given.iter().filter_map(known).collect()
}

/// What a plan says of a container that is given what nobody knows yet.
pub(super) fn note(p: &Planner, wanted: &Wanted) -> Option<String> {
    let open = to_give(p, &wanted.given).into_iter().filter_map(|(giver, given)| match (giver, given) {
        (EnvironmentSource::Provider(service), Injected::Made(_)) => Some(service.to_string()),
        (EnvironmentSource::Provider(_) | EnvironmentSource::ModelRunner, _) => None,
    });
    let open: Vec<_> = open.collect();
    (!open.is_empty()).then(|| format!("what it is given by {} is known when that is up", open.join(", ")))
}

/// Warns of variables of the file whose values are never seen, since somebody else gives them.
pub(super) fn warn(p: &mut Planner, wanted: &Wanted) {
    let file = &wanted.service.fixed.environment;
    let given = wanted.given.values().flatten().flat_map(Variables::keys);
    let names: Vec<&String> = given.filter(|name| file.contains_key(*name)).collect();
    for name in names {
        let told =
            format!("service.{}: the value of {name} is given to it, and the one of the file is not seen", wanted.name);
        let told = Diagnostic::warning(code::GIVEN, told).help("take it out of `environment`");
        p.tell(told, &Address::Service(wanted.name.clone()), &format!("environment.{name}"), "overridden");
    }
}

/// What programs must have done before a container of this service can be made.
pub(super) fn needs<'a>(p: &mut Planner<'a>, name: &ServiceName, service: &Service) -> After {
    let mut after = After::default();
    let needed: Vec<_> = provider::needed(p, service).map(|(needed, _)| needed).collect();
    for needed in needed {
        after = after.and(provider::up(p, needed, service.depends_on[needed].required));
    }
    let models = &p.request.project.models;
    for (key, model) in models.iter().filter(|(_, model)| model.users.contains_key(name)) {
        after = after.and(After::done(models::settle(p, key, model)));
    }
    after
}

/// Plans what nothing that is made or started has asked for.
pub(super) fn rest(p: &mut Planner) {
    let project = p.request.project;
    let whole = p.request.options.targets.is_empty();
    for (key, model) in &project.models {
        if model.users.keys().any(|user| p.planned.contains_key(user)) {
            models::settle(p, key, model);
        }
    }
    for name in project.providers.keys() {
        let needed = p.planned.values().any(|service| service.depends_on.contains_key(name));
        if whole || needed || p.request.options.targets.contains(name) {
            provider::provide(p, name);
        }
    }
}
