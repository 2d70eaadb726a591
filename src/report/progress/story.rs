//! The fold: events in, news worth telling out; what runs now can be asked at any time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::HEARTBEAT;
use super::cue::{self, Cue, Need, cues, is_housekeeping, restores};
use crate::event::{Event, Failure, Progress};
use crate::model::Address;
use crate::plan::{Action, NodeId, Plan};

/// What is worth telling.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    Began(NodeId),
    Ended(NodeId, Duration),
    Failed(NodeId, Duration, Failure),
    Logs(NodeId, Vec<String>),
    /// A group has come to its end.
    Group(Address, End, Duration),
    /// How often Ctrl-C was pressed.
    Interrupted(usize),
}

/// How a group ended. A failure has been told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// What became of it, such as `created, healthy`.
    Done(String),
    /// It failed, and what was there before is there again.
    PutBack,
    /// Nothing of it was done.
    Untouched { needs: Address, existed: bool },
    /// Some of it was done.
    CutShort { needs: Address },
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub node: NodeId,
    pub since: Duration,
    pub news: Option<Progress>,
    /// When a sign of life was last given.
    beat: Duration,
}

/// How many groups ended in which way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    pub done: BTreeMap<Action, usize>,
    pub failed: usize,
    pub put_back: usize,
    pub blocked: usize,
    pub all: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Failed,
    Blocked(NodeId),
}

#[derive(Debug)]
struct Group {
    action: Action,
    nodes: Vec<NodeId>,
    begun: Option<Duration>,
    ended: bool,
    put_back: bool,
}

/// All that a report knows of a run.
#[derive(Debug)]
pub struct Story {
    pub cues: Vec<Cue>,
    pub running: Vec<Running>,
    pub score: Score,
    states: Vec<State>,
    groups: BTreeMap<Address, Group>,
    interrupts: usize,
}

impl Story {
    pub fn new(plan: &Plan) -> Self {
        let cues = cues(plan);
        let mut groups: BTreeMap<Address, Group> = BTreeMap::new();
        for node in &plan.nodes {
            let new = || Group {
                action: cue::action(plan, &node.part_of),
                nodes: Vec::new(),
                begun: None,
                ended: false,
                put_back: false,
            };
            groups.entry(node.part_of.clone()).or_insert_with(new).nodes.push(node.id);
        }
        let states = vec![State::Open; cues.len()];
        let all = groups.keys().filter(|address| !is_housekeeping(address)).count();
        let score = Score { all, ..Score::default() };
        Self { cues, running: Vec::new(), score, states, groups, interrupts: 0 }
    }

    pub fn cue(&self, node: NodeId) -> &Cue {
        &self.cues[node.0 - 1]
    }

    /// Groups, in the order of their addresses.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.groups.keys()
    }

    /// Takes one event in and says what it means.
    pub fn tell(&mut self, at: Duration, event: &Event) -> Vec<News> {
        match event {
            Event::Started(node) => {
                self.running.push(Running { node: *node, since: at, news: None, beat: at });
                let address = self.cue(*node).address.clone();
                self.group(&address).begun.get_or_insert(at);
                vec![News::Began(*node)]
            }
            Event::Progress(node, news) => {
                if let Some(running) = self.running.iter_mut().find(|running| running.node == *node) {
                    running.news = Some(news.clone());
                }
                Vec::new()
            }
            Event::Done { node, took } => self.settle(at, *node, State::Done, News::Ended(*node, *took)),
            Event::Failed { node, took, failure } => {
                self.settle(at, *node, State::Failed, News::Failed(*node, *took, failure.clone()))
            }
            Event::Logs(node, lines) if lines.is_empty() && self.never_started(*node) => Vec::new(),
            Event::Logs(node, lines) => vec![News::Logs(*node, lines.clone())],
            Event::Blocked { node, by } => {
                self.states[node.0 - 1] = State::Blocked(*by);
                self.end(at, *node).into_iter().collect()
            }
            Event::Interrupted => {
                self.interrupts += 1;
                vec![News::Interrupted(self.interrupts)]
            }
        }
    }

    /// Whether what a step is about was not even started: then its log says nothing, and that tells nothing.
    fn never_started(&self, node: NodeId) -> bool {
        let address = &self.cue(node).address;
        let mut failed = self.cues.iter().zip(&self.states).filter(|(_, state)| **state == State::Failed);
        failed.any(|(cue, _)| cue.address == *address && matches!(cue.verb, "create" | "start") && cue.back.is_none())
    }

    fn settle(&mut self, at: Duration, node: NodeId, state: State, news: News) -> Vec<News> {
        self.running.retain(|running| running.node != node);
        self.states[node.0 - 1] = state;
        let end = self.end(at, node);
        std::iter::once(news).chain(end).collect()
    }

    /// Steps that have given no sign of life for as long as [`HEARTBEAT`], which now counts as given.
    pub fn overdue(&mut self, at: Duration) -> Vec<Running> {
        let overdue = self.running.iter_mut().filter(|running| at >= running.beat + HEARTBEAT);
        overdue
            .map(|running| {
                running.beat = at;
                running.clone()
            })
            .collect()
    }

    /// What is left to tell when the run is over: ways back some of whose steps turned out not to be needed.
    pub fn close(&mut self, at: Duration) -> Vec<News> {
        let mut news = Vec::new();
        for (address, group) in &mut self.groups {
            let back: Vec<_> = group.nodes.iter().filter(|node| restores(&self.cues[node.0 - 1])).collect();
            let is = |state| back.iter().any(|node| self.states[node.0 - 1] == state);
            if group.ended && !group.put_back && is(State::Done) && !is(State::Failed) {
                group.put_back = true;
                self.score.put_back += 1;
                news.push(News::Group(address.clone(), End::PutBack, at.saturating_sub(group.begun.unwrap_or(at))));
            }
        }
        news
    }

    /// What it means for the step's group that this step has settled.
    fn end(&mut self, at: Duration, node: NodeId) -> Option<News> {
        let address = self.cue(node).address.clone();
        let nodes = self.groups[&address].nodes.clone();
        let (forward, back): (Vec<&NodeId>, Vec<&NodeId>) =
            nodes.iter().partition(|node| self.cue(**node).back.is_none());
        let back: Vec<_> = back.into_iter().filter(|node| self.is_needed(**node)).collect();
        let states = |nodes: &[&NodeId]| nodes.iter().map(|node| self.states[node.0 - 1]).collect::<Vec<_>>();
        let (went, returned) = (states(&forward), states(&back));
        if went.contains(&State::Open) || returned.contains(&State::Open) {
            return None;
        }
        let gate =
            forward.iter().rfind(|node| self.cue(***node).verb == "wait").map(|node| self.cue(**node).done.clone());
        let is_back = !returned.is_empty() && returned.iter().all(|state| *state == State::Done);
        let (score, group) = (&mut self.score, self.groups.get_mut(&address).expect("it was read above"));
        let took = at.saturating_sub(group.begun.unwrap_or(at));
        let first = !std::mem::replace(&mut group.ended, true);
        if is_back && !std::mem::replace(&mut group.put_back, true) {
            score.put_back += 1;
            score.failed += usize::from(first);
            return Some(News::Group(address, End::PutBack, took));
        }
        if !first {
            return None;
        }
        let failed = forward.iter().filter(|node| self.states[node.0 - 1] == State::Failed);
        if failed.clone().any(|node| !self.cues[node.0 - 1].optional) {
            score.failed += 1;
            return None;
        }
        let gate = gate.map(|gate| if failed.count() > 0 { format!("not {gate}") } else { gate });
        let blocker = went.iter().find_map(|state| if let State::Blocked(by) = state { Some(*by) } else { None });
        let end = match blocker {
            None if is_housekeeping(&address) => return None,
            None => {
                *score.done.entry(group.action).or_default() += 1;
                let past = past(group.action);
                End::Done(gate.map_or_else(|| past.to_owned(), |gate| format!("{past}, {gate}")))
            }
            Some(by) => {
                score.blocked += 1;
                let needs = self.cues[by.0 - 1].address.clone();
                if went.contains(&State::Done) {
                    End::CutShort { needs }
                } else {
                    End::Untouched { needs, existed: !is_new(group.action) }
                }
            }
        };
        Some(News::Group(address, end, took))
    }

    /// Whether a step of a way back will run, and puts something back.
    fn is_needed(&self, node: NodeId) -> bool {
        let state = |node: &NodeId| self.states[node.0 - 1];
        let needed = |need: &Need| match need {
            Need::Failed(causes) => causes.iter().any(|cause| state(cause) == State::Failed),
            Need::TakenBack(done, unless) => {
                state(done) == State::Done && matches!(state(unless), State::Failed | State::Blocked(_))
            }
        };
        restores(self.cue(node)) && self.cue(node).back.as_ref().is_some_and(needed)
    }

    fn group(&mut self, address: &Address) -> &mut Group {
        self.groups.get_mut(address).expect("every step's group was made with its plan")
    }
}

fn is_new(action: Action) -> bool {
    matches!(action, Action::Create | Action::Pull | Action::Build)
}

/// What became of a resource.
pub fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace | Action::PerhapsReplace => "replaced",
        Action::Start => "started",
        Action::Delete => "removed",
        Action::Forget => "left",
        Action::Pull => "pulled",
        Action::Build => "built",
        Action::Run => "run",
        Action::Record => "recorded",
        Action::Keep => "done",
    }
}
