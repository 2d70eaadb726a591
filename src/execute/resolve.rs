//! Putting ids into handles. What a step acts on may have been made by an earlier step of the same plan, whose answer
//! brought the id.

use std::collections::BTreeMap;

use crate::engine::Done;
use crate::model::Variables;
use crate::plan::{ContainerStep, Handle, NodeId, References, Step};
use crate::state::{ContainerId, NetworkId};

/// What the steps made so far.
#[derive(Debug, Default)]
pub struct Made {
    containers: BTreeMap<NodeId, ContainerId>,
    networks: BTreeMap<NodeId, NetworkId>,
    given: BTreeMap<NodeId, Variables>,
}

impl Made {
    /// Notes a step's answer.
    pub fn note(&mut self, node: NodeId, done: &Done) {
        match done {
            Done::Container(id) => drop(self.containers.insert(node, id.clone())),
            Done::Network(id) => drop(self.networks.insert(node, id.clone())),
            Done::Given(variables) => drop(self.given.insert(node, variables.clone())),
            Done::Nothing | Done::Image(_) | Done::Volume(_) | Done::Held(_) | Done::Logs(_) => {}
        }
    }

    /// The step with every handle known. `None` if one of them was never made, which happens to ways back only: a
    /// plan has the maker among what comes before each user.
    pub fn resolve(&self, step: &Step) -> Option<Step> {
        let mut step = step.clone();
        if let Step::Container(ContainerStep::Create(new)) = &mut step {
            new.settle(|node| self.given.get(&node).cloned());
        }
        let References { containers, networks, injected: _ } = step.references();
        containers.into_iter().try_for_each(|container| know(&mut container.handle, &self.containers))?;
        networks.into_iter().try_for_each(|network| know(&mut network.handle, &self.networks))?;
        Some(step)
    }
}

fn know<Id: Clone>(handle: &mut Handle<Id>, made: &BTreeMap<NodeId, Id>) -> Option<()> {
    if let Handle::Made(node) = handle {
        *handle = Handle::Known(made.get(node)?.clone());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ContainerRef, NetworkRef};

    #[test]
    fn a_made_handle_becomes_the_id_of_what_its_step_made() {
        let step = ContainerStep::Connect {
            container: ContainerRef { name: "web".into(), handle: Handle::Made(NodeId(2)) },
            network: NetworkRef { name: "net".into(), handle: Handle::Made(NodeId(1)) },
            attachment: Default::default(),
        };
        let step = Step::from(step);
        let mut made = Made::default();
        made.note(NodeId(1), &Done::Network(NetworkId("n".into())));
        assert_eq!(made.resolve(&step), None);
        made.note(NodeId(2), &Done::Container(ContainerId("c".into())));
        let Some(Step::Container(ContainerStep::Connect { container, network, .. })) = made.resolve(&step) else {
            panic!("it is a connect")
        };
        assert_eq!(container.handle, Handle::Known(ContainerId("c".into())));
        assert_eq!(network.handle, Handle::Known(NetworkId("n".into())));
    }
}
