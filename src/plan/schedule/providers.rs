//! Services that programs of this machine run: each is brought up once.

use super::builder::After;
use super::gates;
use super::state::Schedule;
use crate::model::{Address, Call, Provider, ServiceName};
use crate::plan::decide::decisions::ProviderFate;
use crate::plan::vocabulary::{CallKind, NodeId, ProviderAction, Step};

/// What comes after a service is up.
pub fn up(s: &mut Schedule, name: &ServiceName, required: bool) -> After {
    let node = provide(s, name);
    if required { After::done(node) } else { After::settled(node) }
}

/// Brings up those that nothing which is made or started has asked for.
pub fn rest(s: &mut Schedule) {
    for name in s.decisions.providers.keys() {
        provide(s, name);
    }
}

fn provide(s: &mut Schedule, name: &ServiceName) -> Option<NodeId> {
    if let Some(settled) = s.providers.get(name) {
        return *settled;
    }
    let (name, fate) = s.decisions.providers.get_key_value(name)?;
    let node = match fate {
        ProviderFate::Keep => None,
        ProviderFate::BringUp { call, release } => {
            let address = Address::Service((*name).clone());
            let provider = &s.project().providers[*name];
            let mut after = gates::gates(s, &provider.depends_on, |_| true);
            if let Some((old, call)) = release {
                let step = step(name, old, call, ProviderAction::Down);
                after = after.and(After::done([s.nodes.add(&address, After::default(), step)]));
            }
            Some(s.nodes.add(&address, after, step(name, provider, call, ProviderAction::Up)))
        }
    };
    s.providers.insert(name, node);
    node
}

/// The step of a call.
pub fn step(service: &ServiceName, provider: &Provider, call: &Call, action: ProviderAction) -> Step {
    let definition = provider.definition.clone();
    let kind = CallKind::Service { service: service.clone(), action, definition };
    Step::Host { call: call.clone(), kind }
}
