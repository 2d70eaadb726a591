//! The part of a plan that does not hang on what a build gives. A plan cannot know whether a build gives another image,
//! so it says what can happen at most; this part is carried out first, and the rest is planned anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Address;
use crate::plan::vocabulary::{Action, Change, Handle, Hazard, Injected, NodeId, Plan, References, Step, When};

/// A part of a plan, and what it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What does not hang on an image that is yet to come.
    pub plan: Plan,
    /// The resources that are left for later.
    pub left: BTreeSet<Address>,
}

impl Plan {
    /// What is carried out before it is known which images a build gives; `None` if nothing hangs on that.
    pub fn first_part(&self) -> Option<Part> {
        let perhaps = self.changes.iter().filter(|change| change.action == Action::PerhapsReplace);
        let mut left: BTreeSet<Address> = perhaps.map(|change| change.address.clone()).collect();
        if left.is_empty() {
            return None;
        }
        // What belongs together is left together, so this takes turns until nothing more hangs on what is left.
        loop {
            let before = left.len();
            let mut hanging: BTreeSet<NodeId> = BTreeSet::new();
            for node in &self.nodes {
                if left.contains(&node.part_of) || !node.after.is_disjoint(&hanging) {
                    hanging.insert(node.id);
                    left.insert(node.part_of.clone());
                }
            }
            if left.len() == before {
                break;
            }
        }
        let kept: Vec<_> = self.nodes.iter().filter(|node| !left.contains(&node.part_of)).collect();
        let numbers: BTreeMap<NodeId, NodeId> =
            kept.iter().enumerate().map(|(at, node)| (node.id, NodeId(at + 1))).collect();
        let new = |id: NodeId| numbers[&id];
        let nodes = kept.into_iter().map(|node| {
            let mut node = node.clone();
            node.id = new(node.id);
            node.after = node.after.into_iter().map(new).collect();
            when(&mut node.when, &new);
            step(&mut node.step, &new);
            node
        });
        let nodes = nodes.collect();
        let changes = self.changes.iter().filter(|change| !left.contains(&change.address)).cloned().collect();
        Some(Part { plan: Plan { nodes, changes, ..self.clone() }, left })
    }

    /// Whether who agreed to this plan has agreed to another that was made after a part of it: nothing is replaced,
    /// removed or put in danger that was not to be, or perhaps to be.
    pub fn foresees(&self, later: &Plan) -> bool {
        let agreed: BTreeMap<&Address, &Change> = self.changes.iter().map(|change| (&change.address, change)).collect();
        later.changes.iter().all(|change| {
            let ends = matches!(change.action, Action::Replace | Action::PerhapsReplace | Action::Delete);
            let dangers: Vec<&Hazard> = change.hazards.iter().collect();
            let Some(agreed) = agreed.get(&change.address) else { return !ends && dangers.is_empty() };
            let foreseen = match change.action {
                Action::Replace | Action::PerhapsReplace => {
                    matches!(agreed.action, Action::Replace | Action::PerhapsReplace)
                }
                Action::Delete => agreed.action == Action::Delete,
                _ => true,
            };
            foreseen && dangers.into_iter().all(|hazard| agreed.hazards.contains(hazard))
        })
    }
}

fn when(when: &mut When, new: &impl Fn(NodeId) -> NodeId) {
    let all = |ids: &mut BTreeSet<NodeId>| *ids = ids.iter().copied().map(new).collect();
    match when {
        When::Done => {}
        When::Failed(failed) => all(failed),
        When::TakenBack { done, unless, of, failures: _ } => {
            (*done, *unless) = (new(*done), new(*unless));
            all(of);
        }
        When::Tolerant { of, failures: _ } => all(of),
    }
}

/// Renumbers what a step refers to.
fn step(step: &mut Step, new: &impl Fn(NodeId) -> NodeId) {
    let References { containers, networks, injected } = step.references();
    containers.into_iter().for_each(|container| handle(&mut container.handle, new));
    networks.into_iter().for_each(|network| handle(&mut network.handle, new));
    for injected in injected {
        match injected {
            Injected::Made(node) => *node = new(*node),
            Injected::Known(_) => {}
        }
    }
}

fn handle<Id>(handle: &mut Handle<Id>, new: &impl Fn(NodeId) -> NodeId) {
    if let Handle::Made(node) = handle {
        *node = new(*node);
    }
}
