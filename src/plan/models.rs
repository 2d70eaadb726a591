//! Language models: pulled and configured where the runner of this machine does not have them so.

use serde_json::json;

use super::builder::{After, Chain};
use super::planner::Planner;
use super::{Action, CallKind, Change, NodeId, Reason, Step, code};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{Address, Call, LanguageModel, ModelKey};
use crate::state::{ModelConfig, ModelRunner};

/// The plug-in of the Docker CLI for language models.
pub const MODEL: &str = "model";

/// The last step after which a model is there as the file asks, unless it is so already.
pub(super) fn settle<'a>(p: &mut Planner<'a>, key: &'a ModelKey, model: &'a LanguageModel) -> Option<NodeId> {
    if let Some(settled) = p.models.get(key) {
        return *settled;
    }
    let node = bring(p, key, model);
    p.models.insert(key, node);
    node
}

fn bring<'a>(p: &mut Planner<'a>, key: &'a ModelKey, model: &'a LanguageModel) -> Option<NodeId> {
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
        last = Some(chain.then(&mut p.nodes, Step::Call { call: pull, kind: CallKind::PullModel }));
    }
    if let Some((configure, reason)) = configure(p, &address, model, runner) {
        if change.action == Action::Keep {
            change.action = if reason == Reason::Unseen { Action::Run } else { Action::Update };
        }
        change.reasons.push(reason);
        last = Some(chain.then(&mut p.nodes, Step::Call { call: configure, kind: CallKind::ConfigureModel }));
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
    let changes: Vec<_> = changes.into_iter().map(|change| p.placed(address, change)).collect();
    (!changes.is_empty()).then(|| (call, Reason::Changed(changes)))
}
