//! Nodes get their numbers here, and their edges: only to nodes that are there already, so no plan has a cycle.

use std::collections::BTreeSet;

use crate::model::Address;
use crate::plan::vocabulary::{Node, NodeId, Step, When};

/// What a step comes after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct After {
    /// These must be done.
    done: BTreeSet<NodeId>,
    /// These must have settled, in whatever way.
    settled: BTreeSet<NodeId>,
}

impl After {
    /// These must be done.
    pub fn done(ids: impl IntoIterator<Item = NodeId>) -> Self {
        Self { done: ids.into_iter().collect(), settled: BTreeSet::new() }
    }

    /// These must have settled, in whatever way.
    pub fn settled(ids: impl IntoIterator<Item = NodeId>) -> Self {
        Self { done: BTreeSet::new(), settled: ids.into_iter().collect() }
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.done.extend(other.done);
        self.settled.extend(other.settled);
        self
    }
}

/// A plan's nodes as they come to be.
#[derive(Debug, Default)]
pub struct Builder(Vec<Node>);

impl Builder {
    /// A step of the way forward.
    pub fn add(&mut self, part_of: &Address, after: After, step: impl Into<Step>) -> NodeId {
        let After { done, mut settled } = after;
        settled.retain(|id| !done.contains(id));
        let when = match settled.len() {
            0 => When::Done,
            failures => When::Tolerant { of: settled.clone(), failures },
        };
        self.push(part_of, done.into_iter().chain(settled).collect(), when, step)
    }

    /// A step that runs when all of these have settled and at most so many of them failed.
    pub fn tolerate(
        &mut self,
        part_of: &Address,
        of: BTreeSet<NodeId>,
        failures: usize,
        step: impl Into<Step>,
    ) -> NodeId {
        let when = if failures == 0 { When::Done } else { When::Tolerant { of: of.clone(), failures } };
        self.push(part_of, of, when, step)
    }

    fn push(&mut self, part_of: &Address, after: BTreeSet<NodeId>, when: When, step: impl Into<Step>) -> NodeId {
        let id = NodeId(self.0.len() + 1);
        self.0.push(Node { id, step: step.into(), after, when, optional: false, part_of: part_of.clone() });
        id
    }

    /// Its failure will be told and be no failure of the run.
    pub fn excuse(&mut self, id: NodeId) {
        self.0.iter_mut().filter(|node| node.id == id).for_each(|node| node.optional = true);
    }

    /// The last node so far.
    pub fn last(&self) -> Option<NodeId> {
        self.0.last().map(|node| node.id)
    }

    /// The nodes that were added after this one.
    pub fn since(&self, earlier: Option<NodeId>) -> impl Iterator<Item = NodeId> {
        self.0.iter().map(|node| node.id).skip(earlier.map_or(0, |id| id.0))
    }

    /// The nodes, in the order of their numbers.
    pub fn finish(self) -> Vec<Node> {
        self.0
    }
}

/// Steps of one resource, each after the one before.
#[derive(Debug)]
pub struct Chain {
    part_of: Address,
    next: After,
    begun: BTreeSet<NodeId>,
}

impl Chain {
    /// A chain whose first step comes after these.
    pub fn new(part_of: &Address, after: After) -> Self {
        Self { part_of: part_of.clone(), next: after, begun: BTreeSet::new() }
    }

    /// Adds a step.
    pub fn then(&mut self, nodes: &mut Builder, step: impl Into<Step>) -> NodeId {
        let id = nodes.add(&self.part_of, std::mem::take(&mut self.next), step);
        self.next = After::done([id]);
        self.begun.insert(id);
        id
    }

    /// The next step comes after these too.
    pub fn wait_for(&mut self, after: After) {
        self.next = std::mem::take(&mut self.next).and(after);
    }

    /// The resource.
    pub fn part_of(&self) -> &Address {
        &self.part_of
    }

    /// Starts to count the steps for a way back anew.
    pub fn mark(&mut self) {
        self.begun.clear();
    }

    /// A way back for when one of the steps since the last mark fails.
    pub fn way_back(&self) -> WayBack {
        WayBack::from(&self.part_of, self.begun.iter().copied())
    }
}

/// Steps that are done in turn when something failed; each is tried whether the one before held or not.
#[derive(Debug)]
pub struct WayBack {
    part_of: Address,
    when: When,
    after: BTreeSet<NodeId>,
    last: Option<NodeId>,
}

impl WayBack {
    /// A way back for when one of these failed.
    pub fn from(part_of: &Address, failed: impl IntoIterator<Item = NodeId>) -> Self {
        let after: BTreeSet<_> = failed.into_iter().collect();
        Self { part_of: part_of.clone(), when: When::Failed(after.clone()), after, last: None }
    }

    /// A way back for what one step did, for when another is not done; after these, of which so many may fail.
    pub fn taking(
        part_of: &Address,
        done: NodeId,
        unless: NodeId,
        of: BTreeSet<NodeId>,
        failures: usize,
        after: impl IntoIterator<Item = NodeId>,
    ) -> Self {
        let after = [done, unless].into_iter().chain(of.iter().copied()).chain(after).collect();
        let when = When::TakenBack { done, unless, of, failures };
        Self { part_of: part_of.clone(), when, after, last: None }
    }

    /// Adds a step.
    pub fn then(&mut self, nodes: &mut Builder, step: impl Into<Step>) -> NodeId {
        let mut after = self.after.clone();
        after.extend(self.last);
        let id = nodes.push(&self.part_of, after, self.when.clone(), step);
        self.last = Some(id);
        id
    }

    /// The next steps are of another resource.
    pub fn go_on(&mut self, part_of: &Address) {
        self.part_of = part_of.clone();
    }

    /// The last of its steps.
    pub fn last(&self) -> Option<NodeId> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::vocabulary::WaitStep;

    fn pause() -> WaitStep {
        WaitStep::Pause { duration: Duration::ZERO }
    }

    #[test]
    fn what_must_be_done_is_not_tolerated_as_well() {
        let mut nodes = Builder::default();
        let first = nodes.add(&Address::Project, After::default(), pause());
        let second = nodes.add(&Address::Project, After::default(), pause());
        nodes.add(&Address::Project, After::done([first]).and(After::settled([first, second])), pause());
        let nodes = nodes.finish();
        assert_eq!(nodes[2].after, [first, second].into());
        assert_eq!(nodes[2].when, When::Tolerant { of: [second].into(), failures: 1 });
    }

    #[test]
    fn a_way_back_is_from_the_steps_since_the_mark() {
        let mut nodes = Builder::default();
        let mut chain = Chain::new(&Address::Project, After::default());
        chain.then(&mut nodes, pause());
        chain.mark();
        let risky = chain.then(&mut nodes, pause());
        let mut back = chain.way_back();
        let first = back.then(&mut nodes, pause());
        back.then(&mut nodes, pause());
        let nodes = nodes.finish();
        assert_eq!(nodes[2].when, When::Failed([risky].into()));
        assert_eq!(nodes[3].after, [risky, first].into());
    }
}
