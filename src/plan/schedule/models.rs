//! Language models: each is pulled and configured once.

use super::builder::{After, Chain};
use super::state::Schedule;
use crate::model::{Address, ModelKey, ServiceName};
use crate::plan::decide::decisions::ModelFate;
use crate::plan::vocabulary::{CallKind, NodeId, Step};

/// What comes after the models that a service uses are there.
pub fn used_by(s: &mut Schedule, name: &ServiceName) -> After {
    let models = s.project().models.iter().filter(|(_, model)| model.users.contains_key(name));
    After::done(models.filter_map(|(key, _)| bring(s, key)).collect::<Vec<_>>())
}

/// Brings those that nothing which is made has asked for.
pub fn rest(s: &mut Schedule) {
    for key in s.decisions.models.keys() {
        bring(s, key);
    }
}

fn bring(s: &mut Schedule, key: &ModelKey) -> Option<NodeId> {
    if let Some(settled) = s.models.get(key) {
        return *settled;
    }
    let (key, ModelFate { pull, configure }) = s.decisions.models.get_key_value(key)?;
    let mut chain = Chain::new(&Address::Model((*key).clone()), After::default());
    let calls = [(pull, CallKind::PullModel), (configure, CallKind::ConfigureModel)];
    let mut last = None;
    for (call, kind) in calls {
        if let Some(call) = call {
            last = Some(chain.then(&mut s.nodes, Step::Host { call: call.clone(), kind }));
        }
    }
    s.models.insert(key, last);
    last
}
