//! A container goes: its hooks, its stop, its removal. Never its volumes.

use super::builder::{After, Chain};
use super::planner::Planner;
use super::{NodeId, Step};
use crate::state::{Container, RunState};

/// Adds the steps, once for each container, and gives the one after which it is gone.
pub(super) fn container<'a>(p: &mut Planner<'a>, container: &'a Container, after: After) -> NodeId {
    if let Some(node) = p.gone.get(&container.id) {
        return *node;
    }
    let address = container.address();
    let mut chain = Chain::new(&address, after.and(p.after_busy(container)));
    let reference = p.reference(container);
    if container.state == RunState::Running
        && !container.oneoff
        && let Some(service) = p.request.project.services.get(&container.service)
    {
        for hook in &service.hooks.pre_stop {
            chain.then(&mut p.nodes, Step::Hook { container: reference.clone(), hook: hook.clone() });
        }
    }
    if container.state.is_up() {
        chain.then(&mut p.nodes, Step::Stop { container: reference.clone(), grace: None });
    }
    let node = chain.then(&mut p.nodes, Step::Remove { container: reference });
    p.gone.insert(&container.id, node);
    node
}
