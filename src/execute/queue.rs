//! The ready-queue: which step may begin now. Pure: no clock, no engine; the loop in `super::run` drives it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use super::caps::Caps;
use crate::model::Address;
use crate::plan::{Node, NodeId, Step, StepClass, WaitStep, When};

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Something that it comes after has not settled, or no slot is free.
    Waiting,
    /// It was handed out.
    Running,
    /// It was done.
    Done,
    /// It was tried and failed, or an interruption took it.
    Failed,
    /// It cannot run any more.
    Blocked(Blocked),
    /// A way back that nobody had to take.
    NotNeeded,
}

/// Why a step cannot run any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// That step failed.
    By(NodeId),
    /// Its group had not begun when the run was interrupted.
    Interrupted,
}

impl State {
    fn is_settled(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Done | Self::Failed | Self::Blocked(_) | Self::NotNeeded => true,
        }
    }
}

/// The steps of a plan and where each stands. Of those that are ready, the one with the longest path behind it is
/// handed out first.
#[derive(Debug)]
pub struct Queue<'p> {
    nodes: &'p [Node],
    caps: Caps,
    states: Vec<State>,
    /// How many of `after` have not settled.
    pending: Vec<usize>,
    dependents: Vec<Vec<NodeId>>,
    /// The estimated length of the longest path that begins with the step.
    remaining: Vec<Duration>,
    ready: BTreeMap<StepClass, BinaryHeap<(Duration, Reverse<NodeId>)>>,
    running: BTreeMap<StepClass, usize>,
    /// How many have not settled.
    open: usize,
    /// Steps that have settled since they were last taken.
    settled: Vec<NodeId>,
}

impl<'p> Queue<'p> {
    /// Of a plan's nodes, which are numbered from 1 and stand in an order where every `after` is before its node.
    pub fn new(nodes: &'p [Node], caps: Caps) -> Self {
        let mut dependents = vec![Vec::new(); nodes.len()];
        let mut remaining = vec![Duration::ZERO; nodes.len()];
        for node in nodes {
            for earlier in &node.after {
                dependents[earlier.0 - 1].push(node.id);
            }
        }
        for node in nodes.iter().rev() {
            let behind = dependents[node.id.0 - 1]
                .iter()
                .filter(|id| !nodes[id.0 - 1].when.is_back())
                .map(|id| remaining[id.0 - 1])
                .max();
            remaining[node.id.0 - 1] = node.step.facts().takes.saturating_add(behind.unwrap_or_default());
        }
        let mut queue = Self {
            nodes,
            caps,
            states: vec![State::Waiting; nodes.len()],
            pending: nodes.iter().map(|node| node.after.len()).collect(),
            dependents,
            remaining,
            ready: StepClass::ALL.map(|class| (class, BinaryHeap::new())).into(),
            running: StepClass::ALL.map(|class| (class, 0)).into(),
            open: nodes.len(),
            settled: Vec::new(),
        };
        for node in nodes.iter().filter(|node| node.after.is_empty()) {
            match node.when {
                When::Done | When::Tolerant { .. } => queue.make_ready(node.id),
                When::Failed(_) | When::TakenBack { .. } => queue.settle(node.id, State::NotNeeded),
            }
        }
        queue
    }

    /// Hands out the next step, if one is ready and its class has room.
    pub fn take_ready(&mut self) -> Option<&'p Node> {
        let class = StepClass::ALL
            .into_iter()
            .filter(|class| self.has_room(*class))
            .filter_map(|class| Some((self.ready[&class].peek()?, class)))
            .max()
            .map(|(_, class)| class)?;
        let (_, Reverse(id)) = self.ready.get_mut(&class)?.pop()?;
        *self.running.entry(class).or_default() += 1;
        self.states[id.0 - 1] = State::Running;
        Some(self.node(id))
    }

    /// Notes that a step which was handed out is done.
    pub fn done(&mut self, id: NodeId) {
        self.free(id);
        self.settle(id, State::Done);
    }

    /// Notes that a step which was handed out failed: its dependents are blocked, its ways back become ready.
    pub fn failed(&mut self, id: NodeId) {
        self.free(id);
        self.settle(id, State::Failed);
    }

    /// Notes that a step which was handed out has nothing to act on: what it would undo was never made.
    pub fn not_needed(&mut self, id: NodeId) {
        self.free(id);
        self.settle(id, State::NotNeeded);
    }

    /// The steps that have settled since this was last asked, in that order.
    pub fn take_settled(&mut self) -> Vec<&'p Node> {
        std::mem::take(&mut self.settled).into_iter().map(|id| self.node(id)).collect()
    }

    /// Whether every step has settled.
    pub fn is_settled(&self) -> bool {
        self.open == 0
    }

    /// Where a step stands.
    pub fn state(&self, id: NodeId) -> State {
        self.states[id.0 - 1]
    }

    /// The steps in order, each with where it stands.
    pub fn states(&self) -> impl Iterator<Item = (&'p Node, State)> {
        self.nodes.iter().zip(self.states.iter().copied())
    }

    /// Ends the run as soon as nothing is left half done, and answers with the running steps that should be cancelled
    /// and then reported as [`Self::failed`].
    ///
    /// No group begins any more. One that has begun finishes, if no transfer and no gate is still ahead of it and
    /// nothing that it needs is held up; else the step that it stands before counts as failed, which sends it back.
    /// Ways back are never held up.
    pub fn interrupt(&mut self) -> Vec<NodeId> {
        let fates = self.fates();
        let (mut cancel, mut fail, mut block) = (Vec::new(), Vec::new(), Vec::new());
        for (node, state) in self.states().filter(|(node, _)| !node.when.is_back()) {
            match (state, fates[&node.part_of]) {
                (State::Running, Fate::Back) if may_be_cancelled(&node.step) => cancel.push(node.id),
                (State::Waiting, Fate::Back) if !self.is_behind_its_own(node) => fail.push(node.id),
                (State::Waiting, Fate::Never) => block.push(node.id),
                _ => {}
            }
        }
        // First those that go back: blocked by another group they would only stop where they are.
        for id in fail {
            self.withdraw(id);
            self.settle(id, State::Failed);
        }
        for id in block {
            self.withdraw(id);
            self.settle(id, State::Blocked(Blocked::Interrupted));
        }
        cancel
    }

    /// Whether a step of the same group stands before this one that will not be done.
    fn is_behind_its_own(&self, node: &Node) -> bool {
        node.after.iter().map(|id| self.node(*id)).any(|earlier| {
            earlier.part_of == node.part_of
                && match self.state(earlier.id) {
                    State::Waiting => true,
                    State::Running => may_be_cancelled(&earlier.step),
                    State::Done | State::Failed | State::Blocked(_) | State::NotNeeded => false,
                }
        })
    }

    /// What becomes of each group on an interruption.
    fn fates(&self) -> BTreeMap<&'p Address, Fate> {
        let mut fates: BTreeMap<&Address, Fate> = self.nodes.iter().map(|node| (&node.part_of, Fate::Never)).collect();
        for (node, state) in self.states() {
            if matches!(state, State::Running | State::Done | State::Failed) {
                fates.insert(&node.part_of, Fate::On);
            }
        }
        let ahead: Vec<_> = self
            .states()
            .filter(|(node, state)| !state.is_settled() && !node.when.is_back())
            .map(|(node, _)| node)
            .collect();
        // A group that has nothing left but to wait between two batches is over.
        let busy: BTreeSet<_> = ahead.iter().filter(|node| !is_pause(&node.step)).map(|node| &node.part_of).collect();
        for node in ahead.iter().filter(|node| is_pause(&node.step) && !busy.contains(&node.part_of)) {
            fates.insert(&node.part_of, Fate::Back);
        }
        // A group that is sent back may take along another that needs it, so until nothing moves.
        loop {
            let stuck: BTreeSet<_> = ahead
                .iter()
                .filter(|node| fates[&node.part_of] == Fate::On)
                .filter(|node| is_gate(&node.step) || node.after.iter().any(|id| self.is_held_up(*id, &fates)))
                .map(|node| &node.part_of)
                .collect();
            if stuck.is_empty() {
                return fates;
            }
            fates.extend(stuck.into_iter().map(|group| (group, Fate::Back)));
        }
    }

    fn is_held_up(&self, id: NodeId, fates: &BTreeMap<&'p Address, Fate>) -> bool {
        !self.state(id).is_settled() && fates[&self.node(id).part_of] != Fate::On
    }

    fn node(&self, id: NodeId) -> &'p Node {
        &self.nodes[id.0 - 1]
    }

    fn has_room(&self, class: StepClass) -> bool {
        let transfers = self.running[&StepClass::Transfer];
        let busy = self.running[&StepClass::Call] + transfers < self.caps.jobs;
        match class {
            StepClass::Call => busy,
            StepClass::Transfer => busy && transfers < self.caps.transfers,
            StepClass::Idle => true,
        }
    }

    fn free(&mut self, id: NodeId) {
        let running = self.running.entry(self.node(id).step.class()).or_default();
        *running = running.checked_sub(1).expect("only a step that was handed out settles from outside");
    }

    /// Takes a waiting step out of the ready ones, if it is among them.
    fn withdraw(&mut self, id: NodeId) {
        if self.pending[id.0 - 1] == 0 {
            self.ready.entry(self.node(id).step.class()).or_default().retain(|(_, ready)| ready.0 != id);
        }
    }

    /// Settles a step and whatever follows from that.
    fn settle(&mut self, id: NodeId, state: State) {
        let mut settled = vec![(id, state)];
        while let Some((id, state)) = settled.pop() {
            if self.state(id).is_settled() {
                continue;
            }
            self.states[id.0 - 1] = state;
            self.open -= 1;
            self.settled.push(id);
            for later in self.dependents[id.0 - 1].clone() {
                self.pending[later.0 - 1] -= 1;
                if self.state(later) != State::Waiting {
                    continue;
                }
                match self.verdict(later, id) {
                    Verdict::Wait => {}
                    Verdict::Go => self.make_ready(later),
                    Verdict::Settle(state) => settled.push((later, state)),
                }
            }
        }
    }

    /// What follows for a waiting step from another's having settled.
    fn verdict(&self, id: NodeId, settled: NodeId) -> Verdict {
        let node = self.node(id);
        let lost = |id: &NodeId| matches!(self.state(*id), State::Failed | State::Blocked(_));
        let blocked = |by: NodeId| match self.state(by) {
            State::Blocked(why) => Verdict::Settle(State::Blocked(why)),
            _ => Verdict::Settle(State::Blocked(Blocked::By(by))),
        };
        match &node.when {
            When::Done if lost(&settled) => blocked(settled),
            When::Tolerant { of, failures: _ } if lost(&settled) && !of.contains(&settled) => blocked(settled),
            When::Done | When::Failed(_) | When::TakenBack { .. } | When::Tolerant { .. }
                if self.pending[id.0 - 1] > 0 =>
            {
                Verdict::Wait
            }
            When::Tolerant { of, failures } => match of.iter().filter(|id| lost(id)).nth(*failures) {
                Some(one_too_many) => blocked(*one_too_many),
                None => Verdict::Go,
            },
            When::Failed(set) if !set.iter().any(|id| self.state(*id) == State::Failed) => {
                Verdict::Settle(State::NotNeeded)
            }
            When::TakenBack { done, unless, .. }
                if self.state(*done) != State::Done || self.state(*unless) == State::Done =>
            {
                Verdict::Settle(State::NotNeeded)
            }
            When::TakenBack { of, failures, .. } => match of.iter().filter(|id| lost(id)).nth(*failures) {
                Some(one_too_many) => blocked(*one_too_many),
                None => Verdict::Go,
            },
            When::Done | When::Failed(_) => Verdict::Go,
        }
    }

    fn make_ready(&mut self, id: NodeId) {
        let class = self.node(id).step.class();
        self.ready.entry(class).or_default().push((self.remaining[id.0 - 1], Reverse(id)));
    }
}

/// Whether what comes after the step stands or falls with something that may take long.
fn is_gate(step: &Step) -> bool {
    matches!(step, Step::Wait(WaitStep::Until { .. })) || step.class() == StepClass::Transfer
}

fn is_pause(step: &Step) -> bool {
    matches!(step, Step::Wait(WaitStep::Pause { .. }))
}

/// Whether giving a step up leaves nothing half done.
fn may_be_cancelled(step: &Step) -> bool {
    match step.class() {
        StepClass::Transfer | StepClass::Idle => true,
        StepClass::Call => false,
    }
}

/// What follows for a waiting step.
enum Verdict {
    Wait,
    Go,
    Settle(State),
}

/// What becomes of a group on an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It has not begun and will not.
    Never,
    /// It finishes.
    On,
    /// It goes back.
    Back,
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
