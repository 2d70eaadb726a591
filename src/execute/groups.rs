//! What becomes of each resource of a plan: the one judge that reports, events and the exit code listen to. Pure: the
//! states of the steps go in, ends come out.

use std::collections::BTreeMap;

use super::queue::{Blocked, State};
use crate::event::End;
use crate::model::Address;
use crate::plan::{ContainerStep, Node, NodeId, Step, WaitStep, When};
use crate::state::own;

/// The steps of a plan by the resource that they are done for, and what was told of each.
#[derive(Debug)]
pub struct Groups<'p>(BTreeMap<&'p Address, Group<'p>>);

#[derive(Debug, Default)]
struct Group<'p> {
    forward: Vec<&'p Node>,
    /// The steps of its ways back that put something back.
    back: Vec<&'p Node>,
    told: Option<End>,
}

impl<'p> Groups<'p> {
    /// Of a plan's nodes.
    pub fn new(nodes: &'p [Node]) -> Self {
        let mut groups: BTreeMap<&Address, Group<'_>> = BTreeMap::new();
        for node in nodes {
            let group = groups.entry(&node.part_of).or_default();
            match node.when {
                When::Done | When::Tolerant { .. } => group.forward.push(node),
                When::Failed(_) | When::TakenBack { .. } if restores(&node.step) => group.back.push(node),
                When::Failed(_) | When::TakenBack { .. } => {}
            }
        }
        Self(groups)
    }

    /// The end that the group of an address has come to, if that is news: a group that was done may be taken back later.
    pub fn news(&mut self, address: &Address, state: impl Fn(NodeId) -> State) -> Option<End> {
        let group = self.0.get_mut(address)?;
        let end = group.end(state)?;
        (group.told.replace(end) != Some(end)).then_some(end)
    }

    /// The groups that came to an end.
    pub fn ends(&self) -> impl Iterator<Item = (&'p Address, End)> {
        self.0.iter().filter_map(|(address, group)| Some((*address, group.told?)))
    }
}

impl Group<'_> {
    /// `None` while something is still to come, and where an interruption kept it from beginning.
    fn end(&self, state: impl Fn(NodeId) -> State) -> Option<End> {
        let went = self.forward.iter().map(|node| (node, state(node.id)));
        let is_over =
            |state: State| !matches!(state, State::Waiting | State::Running | State::Blocked(Blocked::Interrupted));
        if !went.clone().all(|(_, state)| is_over(state)) {
            return None;
        }
        let back: Vec<_> = self.back.iter().filter(|node| is_needed(node, &state)).map(|node| state(node.id)).collect();
        if back.iter().any(|state| matches!(state, State::Waiting | State::Running)) {
            return None;
        }
        if !back.is_empty() && back.iter().all(|state| *state == State::Done) {
            let is_done = |node: &&&Node| state(node.id) == State::Done;
            let made = self
                .forward
                .iter()
                .filter(is_done)
                .filter(|node| matches!(node.step, Step::Container(ContainerStep::Create(_))));
            let removed = self
                .back
                .iter()
                .filter(is_done)
                .filter(|node| matches!(node.step, Step::Container(ContainerStep::Remove { .. })));
            return Some(if removed.count() < made.count() { End::Kept } else { End::PutBack });
        }
        if went.clone().any(|(node, state)| state == State::Failed && !node.optional) {
            return Some(End::Failed);
        }
        let by = went.clone().find_map(|(_, state)| match state {
            State::Blocked(Blocked::By(by)) => Some(by),
            _ => None,
        });
        Some(match by {
            None => End::Done,
            Some(by) if went.into_iter().any(|(_, state)| state == State::Done) => End::CutShort { by },
            Some(by) => End::Untouched { by },
        })
    }
}

/// Whether a step of a way back runs, has run, or could not run any more.
fn is_needed(node: &Node, state: impl Fn(NodeId) -> State) -> bool {
    match (state(node.id), &node.when) {
        (State::NotNeeded, _) => false,
        (State::Waiting, When::Failed(causes)) => causes.iter().any(|cause| state(*cause) == State::Failed),
        (State::Waiting, When::TakenBack { done, unless, .. }) => {
            state(*done) == State::Done && matches!(state(*unless), State::Failed | State::Blocked(_))
        }
        (State::Waiting | State::Running | State::Done | State::Failed | State::Blocked(_), _) => true,
    }
}

/// Whether a step of a way back puts something back; the others only tell of the failure. The container of a hook was
/// there before for nobody.
fn restores(step: &Step) -> bool {
    !matches!(step, Step::Container(ContainerStep::CollectLogs { .. }) | Step::Wait(WaitStep::Pause { .. }))
        && own::pre_start_number(&step.object()).is_none()
}
