//! Services that other programs run, and the language models that services use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::context::Scope;
use super::depends;
use crate::diagnostic::Diagnostic;
use crate::model::{LanguageModel, ModelKey, Provider, Service, ServiceName};
use crate::spec::emit::{self, Audience};
use crate::spec::types::{self, ModelUse};
use crate::spec::{Spec, code};

/// The key of a service, as `x-dsenv.lossy` and `--allow-lossy` name it.
const PROVIDER: &str = "provider";
const MODELS: &str = "models";

/// The program that runs a service.
pub(super) fn provider(
    own: &types::Service,
    provider: &types::Provider,
    present: &BTreeSet<&str>,
    scope: &Scope<'_, '_>,
) -> Provider {
    let types::Provider { kind, options, extensions: _ } = provider;
    let options = options.iter().map(|(name, values)| {
        let values = values.0.iter().map(|value| value.0.clone()).collect();
        (name.clone(), values)
    });
    Provider {
        program: kind.clone().unwrap_or_default(),
        options: options.collect(),
        depends_on: depends::depends_on(own, present),
        lossy: scope.lossy.contains(PROVIDER),
        definition: emit::value(own, Audience::Json).to_string(),
    }
}

/// Warns of keys that only the program itself can heed, if it asks for them.
pub(super) fn warn(own: &types::Service, scope: &mut Scope<'_, '_>) {
    const HEEDED: [&str; 5] = ["provider", "depends_on", "profiles", "x-dsenv", "networks"];
    let Value::Object(keys) = emit::value(own, Audience::Json) else { return };
    for (key, _) in keys.iter().filter(|(key, value)| !value.is_null() && !HEEDED.contains(&key.as_str())) {
        let told =
            format!("`{key}` of service `{}` has no effect: a program runs it, which may ask for it", scope.name);
        scope.report(
            Diagnostic::warning(code::NO_EFFECT, told).help("remove it, unless the program asks"),
            &[key],
            "here",
        );
    }
}

/// What borrows from a service needs a container there.
pub(super) fn refuse_borrowers(service: &Service, scope: &mut Scope<'_, '_>) {
    let spec = scope.context.spec;
    let owners = service.fixed.borrows().into_iter().chain(service.fixed.links.values());
    let run = |owner: &&ServiceName| spec.services.get(owner.as_str()).is_some_and(|owner| owner.provider.is_some());
    for owner in owners.filter(run).collect::<BTreeSet<_>>() {
        let told =
            format!("service `{}` borrows from `{owner}`, which is no container: a provider runs it", scope.name);
        let help = format!("depend on it: `depends_on: [{owner}]` brings the variables that its program gives");
        scope.report(Diagnostic::error(code::UNSUPPORTED, told).help(help), &[], "cannot be done");
    }
}

/// The variables that name a service's models.
pub(super) fn names(own: &types::Service, spec: &Spec) -> BTreeMap<String, Option<String>> {
    let named = own.models.iter().filter_map(|(key, how)| {
        let variable = variable(key, how.as_ref().and_then(|how| how.model_var.as_deref()), "MODEL");
        Some((variable, Some(spec.models.get(key)?.model.clone()?)))
    });
    named.collect()
}

/// The models that services of the project use.
pub(super) fn models(spec: &Spec, services: &BTreeMap<ServiceName, Service>) -> BTreeMap<ModelKey, LanguageModel> {
    let used = spec.models.iter().map(|(key, model)| {
        let types::Model { name: _, model, context_size, runtime_flags, extensions: _ } = model;
        let users: BTreeMap<ServiceName, String> = services
            .keys()
            .filter_map(|name| Some((name.clone(), endpoint(key, spec.services.get(name.as_str())?.models.get(key)?))))
            .collect();
        let lets_go = |name: &&ServiceName| services[*name].lossy.contains(MODELS);
        let model = LanguageModel {
            model: model.clone().unwrap_or_default(),
            context_size: u64::try_from(*context_size).ok().filter(|size| *size > 0),
            runtime_flags: runtime_flags.clone(),
            lossy: users.keys().filter(lets_go).cloned().collect(),
            users,
        };
        (ModelKey::new(key), model)
    });
    used.filter(|(_, model)| !model.users.is_empty()).collect()
}

fn endpoint(key: &str, how: &Option<ModelUse>) -> String {
    variable(key, how.as_ref().and_then(|how| how.endpoint_var.as_deref()), "URL")
}

/// `LLM_URL` for the model `llm`, unless the file names another.
fn variable(key: &str, own: Option<&str>, what: &str) -> String {
    match own.filter(|own| !own.is_empty()) {
        Some(own) => own.to_owned(),
        None => format!("{}_{what}", key.to_uppercase().replace('-', "_")),
    }
}
