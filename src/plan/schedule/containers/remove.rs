//! A container goes: its hooks, its stop, its removal. Never its volumes.

use crate::plan::schedule::builder::Chain;
use crate::plan::schedule::state::{Schedule, reference};
use crate::plan::vocabulary::{ContainerStep, NodeId};
use crate::state::{Container, RunState};

/// Adds the steps, once for each container, and gives the one after which it is gone.
pub fn container<'a>(s: &mut Schedule<'a>, container: &'a Container) -> NodeId {
    if let Some(node) = s.gone.get(&container.id) {
        return *node;
    }
    let address = container.address();
    let mut chain = Chain::new(&address, s.after_busy(container));
    let named = reference(container);
    if container.state == RunState::Running
        && !container.oneoff
        && let Some(service) = s.project().services.get(&container.service)
    {
        for hook in &service.hooks.pre_stop {
            chain.then(&mut s.nodes, ContainerStep::Hook { container: named.clone(), hook: hook.clone() });
        }
    }
    if container.state.is_up() {
        chain.then(&mut s.nodes, ContainerStep::Stop { container: named.clone(), grace: None });
    }
    let node = chain.then(&mut s.nodes, ContainerStep::Remove { container: named });
    s.gone.insert(&container.id, node);
    node
}
