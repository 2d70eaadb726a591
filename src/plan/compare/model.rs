//! Language models: what the runner of this machine lacks of what the file asks for.

use serde_json::json;

use super::sides::Sides;
use crate::diff;
use crate::model::{Address, Call, LanguageModel};
use crate::plan::vocabulary::Reason;
use crate::state::{ModelConfig, ModelRunner};

/// The plug-in of the Docker CLI for language models.
pub const MODEL: &str = "model";

/// The call that brings a model to the runner, if it is not there.
pub fn pull(sides: &Sides, model: &LanguageModel, runner: &ModelRunner) -> Option<Call> {
    let pull = Call { program: MODEL.to_owned(), arguments: vec!["pull".to_owned(), model.model.clone()] };
    (!runner.has(&model.model) && !sides.request.observed.called.contains_key(&pull)).then_some(pull)
}

/// How a model gets the settings that the file asks for, if it has others. A runner serves the whole machine, so what
/// the file does not ask for is left alone.
pub fn configure(
    sides: &Sides,
    address: &Address,
    model: &LanguageModel,
    runner: &ModelRunner,
) -> Option<(Call, Reason)> {
    let LanguageModel { model: name, context_size, runtime_flags, users: _, lossy: _ } = model;
    if context_size.is_none() && runtime_flags.is_empty() {
        return None;
    }
    let size = context_size.iter().flat_map(|size| ["--context-size".to_owned(), size.to_string()]);
    let flags = (!runtime_flags.is_empty()).then(|| "--".to_owned()).into_iter().chain(runtime_flags.iter().cloned());
    let arguments = ["configure".to_owned()].into_iter().chain(size).chain([name.clone()]).chain(flags).collect();
    let call = Call { program: MODEL.to_owned(), arguments };
    // Whatever the runner tells of it: to say it again would change nothing.
    if sides.request.observed.called.contains_key(&call) {
        return None;
    }
    let Some(ModelConfig { context_size: live_size, runtime_flags: live_flags }) = runner.config(name) else {
        return Some((call, Reason::Unseen));
    };
    let asked = json!({"context_size": context_size, "runtime_flags": runtime_flags});
    let live_size = context_size.and(live_size);
    let live_flags = if runtime_flags.is_empty() { Vec::new() } else { live_flags };
    let changes = diff::fields(&json!({"context_size": live_size, "runtime_flags": live_flags}), &asked);
    let changes: Vec<_> = changes.into_iter().map(|change| sides.placed(address, change)).collect();
    (!changes.is_empty()).then(|| (call, Reason::Changed(changes)))
}
