//! Language models: pulled and configured where the runner of this machine does not have them so.

use super::decisions::ModelFate;
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, LanguageModel, ModelKey, ServiceName};
use crate::plan::compare::model::{self, MODEL};
use crate::plan::vocabulary::{Action, Change, Reason, code};

/// Decides about the models that a service uses.
pub fn used_by(draft: &mut Draft, name: &ServiceName) {
    for (key, model) in &draft.sides.request.project.models {
        if model.users.contains_key(name) {
            decide(draft, key, model);
        }
    }
}

/// Decides about those that nothing which is made has asked for.
pub fn rest(draft: &mut Draft) {
    for (key, model) in &draft.sides.request.project.models {
        if model.users.keys().any(|user| draft.scope.planned.contains_key(user)) {
            decide(draft, key, model);
        }
    }
}

fn decide<'a>(draft: &mut Draft<'a>, key: &'a ModelKey, model: &'a LanguageModel) {
    if !draft.decided.models.contains_key(key) {
        let fate = fate(draft, key, model);
        draft.decided.models.insert(key, fate);
    }
}

fn fate(draft: &mut Draft, key: &ModelKey, model: &LanguageModel) -> ModelFate {
    let sides = draft.sides;
    let address = Address::Model(key.clone());
    let Some(runner) = &sides.request.observed.models else {
        let told =
            format!("{address}: the plug-in of the Docker CLI for models, `docker-{MODEL}`, is not on this machine");
        let told = if model.users.keys().all(|user| model.lossy.contains(user)) {
            Diagnostic::warning(code::LACKING, format!("{told}; it goes on without it"))
        } else {
            Diagnostic::error(code::LACKING, told)
                .help("install Docker Model Runner, or pass `--allow-lossy models` to go on without it")
        };
        draft.tell(told, &address, "", "nobody runs it");
        return ModelFate::default();
    };
    let place = sides.place(&address, "");
    let mut change = Change { place, ..Change::new(address.clone(), &model.model, Action::Keep) };
    let pull = model::pull(sides, model, runner);
    if pull.is_some() {
        change.action = Action::Pull;
        change.reasons.push(Reason::Missing);
    }
    let configure = model::configure(sides, &address, model, runner).map(|(configure, reason)| {
        if change.action == Action::Keep {
            change.action = if reason == Reason::Unseen { Action::Run } else { Action::Update };
        }
        change.reasons.push(reason);
        configure
    });
    draft.decided.changes.push(change);
    ModelFate { pull, configure }
}
