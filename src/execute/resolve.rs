//! Putting ids into handles. What a step acts on may have been made by an earlier step of the same plan, whose answer
//! brought the id.

use std::collections::BTreeMap;

use crate::engine::Done;
use crate::model::Variables;
use crate::plan::{ContainerRef, Handle, NetworkRef, NewContainer, NodeId, Step};
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
            Done::Nothing | Done::Image(_) | Done::Volume(_) | Done::Logs(_) => {}
        }
    }

    /// The step with every handle known. `None` if one of them was never made, which happens to ways back only: a
    /// plan has the maker among what comes before each user.
    pub fn resolve(&self, step: &Step) -> Option<Step> {
        let mut step = step.clone();
        match &mut step {
            Step::Pull { .. }
            | Step::Build { .. }
            | Step::CreateNetwork { .. }
            | Step::CreateVolume { .. }
            | Step::RemoveVolume { .. }
            | Step::WriteFiles { .. }
            | Step::Call { .. }
            | Step::Pause { .. } => {}
            Step::RemoveNetwork { network } => self.network(network)?,
            Step::CreateContainer(new) => {
                let NewContainer { networks, borrowed, .. } = &mut **new;
                networks.iter_mut().try_for_each(|(network, _)| self.network(network))?;
                borrowed.values_mut().try_for_each(|container| self.container(container))?;
                new.settle(|node| self.given.get(&node).cloned());
            }
            Step::Start { container }
            | Step::Stop { container, grace: _ }
            | Step::Unpause { container }
            | Step::Remove { container }
            | Step::Rename { container, to: _ }
            | Step::Update { container, tunable: _ }
            | Step::Wait { container, until: _, limit: _ }
            | Step::Hook { container, hook: _ }
            | Step::CopyIn { container, files: _ }
            | Step::DeleteFiles { container, paths: _ }
            | Step::CollectLogs { container, lines: _ } => self.container(container)?,
            Step::Connect { container, network, attachment: _ } | Step::Disconnect { container, network } => {
                self.container(container)?;
                self.network(network)?;
            }
        }
        Some(step)
    }

    fn container(&self, reference: &mut ContainerRef) -> Option<()> {
        know(&mut reference.handle, &self.containers)
    }

    fn network(&self, reference: &mut NetworkRef) -> Option<()> {
        know(&mut reference.handle, &self.networks)
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

    #[test]
    fn a_made_handle_becomes_the_id_of_what_its_step_made() {
        let step = Step::Connect {
            container: ContainerRef { name: "web".into(), handle: Handle::Made(NodeId(2)) },
            network: NetworkRef { name: "net".into(), handle: Handle::Made(NodeId(1)) },
            attachment: Default::default(),
        };
        let mut made = Made::default();
        made.note(NodeId(1), &Done::Network(NetworkId("n".into())));
        assert_eq!(made.resolve(&step), None);
        made.note(NodeId(2), &Done::Container(ContainerId("c".into())));
        let Some(Step::Connect { container, network, .. }) = made.resolve(&step) else { panic!("it is a connect") };
        assert_eq!(container.handle, Handle::Known(ContainerId("c".into())));
        assert_eq!(network.handle, Handle::Known(NetworkId("n".into())));
    }
}
