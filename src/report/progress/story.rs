//! The fold: events in, news worth telling out; what runs now can be asked at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::HEARTBEAT;
use super::cue::{self, Cue, cues, is_housekeeping};
use crate::event::{End, Event, Failure, Progress};
use crate::model::Address;
use crate::plan::{Action, NodeId, Plan};

/// What is worth telling.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    Began(NodeId),
    Ended(NodeId, Duration),
    Failed(NodeId, Duration, Failure),
    Logs(NodeId, Vec<String>),
    /// A group has come to its end; what became of it in words, such as `created, healthy`.
    Group(Address, End, String, Duration),
    /// How often Ctrl-C was pressed.
    Interrupted(usize),
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

#[derive(Debug)]
struct Group {
    action: Action,
    nodes: Vec<NodeId>,
    begun: Option<Duration>,
    end: Option<End>,
}

/// All that a report knows of a run.
#[derive(Debug)]
pub struct Story {
    pub cues: Vec<Cue>,
    pub running: Vec<Running>,
    failed: BTreeSet<NodeId>,
    groups: BTreeMap<Address, Group>,
    interrupts: usize,
}

impl Story {
    pub fn new(plan: &Plan) -> Self {
        let cues = cues(plan);
        let mut groups: BTreeMap<Address, Group> = BTreeMap::new();
        for node in &plan.nodes {
            let new = || Group { action: cue::action(plan, &node.part_of), nodes: Vec::new(), begun: None, end: None };
            groups.entry(node.part_of.clone()).or_insert_with(new).nodes.push(node.id);
        }
        Self { cues, running: Vec::new(), failed: BTreeSet::new(), groups, interrupts: 0 }
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
            Event::Done { node, took } => {
                self.running.retain(|running| running.node != *node);
                vec![News::Ended(*node, *took)]
            }
            Event::Failed { node, took, failure } => {
                self.running.retain(|running| running.node != *node);
                self.failed.insert(*node);
                vec![News::Failed(*node, *took, failure.clone())]
            }
            Event::Logs(node, lines) if lines.is_empty() && self.never_started(*node) => Vec::new(),
            Event::Logs(node, lines) => vec![News::Logs(*node, lines.clone())],
            // What it means for its resource is told when that has come to its end.
            Event::Blocked { .. } => Vec::new(),
            Event::Ended { address, end } => self.ended(at, address, *end).into_iter().collect(),
            Event::Interrupted => {
                self.interrupts += 1;
                vec![News::Interrupted(self.interrupts)]
            }
        }
    }

    /// Whether what a step is about was not even started: then its log says nothing, and that tells nothing.
    fn never_started(&self, node: NodeId) -> bool {
        let address = &self.cue(node).address;
        let mut failed = self.failed.iter().map(|node| self.cue(*node));
        failed.any(|cue| cue.address == *address && matches!(cue.verb, "create" | "start") && !cue.is_back)
    }

    /// What is told of a group's end. Of a failure that left nothing to put back its step has told.
    fn ended(&mut self, at: Duration, address: &Address, end: End) -> Option<News> {
        let group = self.group(address);
        group.end = Some(end);
        let (action, took) = (group.action, at.saturating_sub(group.begun.unwrap_or(at)));
        let needs = |by: NodeId| self.cue(by).address.to_string();
        let words = match end {
            End::Failed => return None,
            End::Done if is_housekeeping(address) => return None,
            End::Done => match self.gate(address) {
                Some(gate) => format!("{}, {gate}", past(action)),
                None => past(action).to_owned(),
            },
            End::PutBack => "put back as it was".to_owned(),
            End::Kept => "put back; the new container is kept, stopped".to_owned(),
            End::Untouched { by } if is_new(action) => format!("not made: needs {}, which failed", needs(by)),
            End::Untouched { by } => format!("left as it was: needs {}, which failed", needs(by)),
            End::CutShort { by } => format!("not finished: needs {}, which failed", needs(by)),
        };
        Some(News::Group(address.clone(), end, words, took))
    }

    /// What a group waited for last, and that it was not reached where that was let go.
    fn gate(&self, address: &Address) -> Option<String> {
        let forward = self.groups[address].nodes.iter().filter(|node| !self.cue(**node).is_back);
        let gate = forward.clone().rfind(|node| self.cue(**node).verb == "wait").map(|node| &self.cue(*node).done)?;
        let is_missed = forward.clone().any(|node| self.failed.contains(node));
        Some(if is_missed { format!("not {gate}") } else { gate.clone() })
    }

    /// How many groups ended in which way so far.
    pub fn score(&self) -> Score {
        let all = self.groups.keys().filter(|address| !is_housekeeping(address)).count();
        let mut score = Score { all, ..Score::default() };
        for (address, group) in &self.groups {
            match group.end {
                Some(End::Done) if is_housekeeping(address) => {}
                Some(End::Done) => *score.done.entry(group.action).or_default() += 1,
                Some(End::Failed | End::Kept) => score.failed += 1,
                Some(End::PutBack) => (score.failed, score.put_back) = (score.failed + 1, score.put_back + 1),
                Some(End::Untouched { .. } | End::CutShort { .. }) => score.blocked += 1,
                None => {}
            }
        }
        score
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
