//! Small plans in words, for tests: `call a`, `wait a after 1`, `call a after 2 failed 2`.

use std::time::Duration;

use crate::model::{Address, Fixed};
use crate::plan::{
    ContainerRef, ContainerStep, Handle, ImageStep, NewContainer, Node, NodeId, Plan, Step, Until, WaitStep, When,
};
use crate::state::ContainerId;

/// One line a step: `call`, `wait`, `try` (an optional `wait`), `pause`, `pull`, `create`, `logs` or `remove`, then the
/// group, then `after`, `failed`, `tolerant` and `unless` with numbers; the first number behind `tolerant` is how many failures, and behind `unless`
/// the step that is taken back and the one that is done when all is well.
pub fn nodes(text: &str) -> Vec<Node> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(index, line)| node(NodeId(index + 1), line)).collect()
}

/// The same as a plan.
pub fn plan(text: &str) -> Plan {
    Plan { project: "p".into(), changes: Vec::new(), nodes: nodes(text), diagnostics: Vec::new() }
}

fn node(id: NodeId, line: &str) -> Node {
    let mut words = line.split_whitespace().peekable();
    let (verb, group) = (words.next().unwrap(), words.next().unwrap());
    let (mut after, mut failed, mut tolerant, mut unless) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while let Some(keyword) = words.next() {
        let list = match keyword {
            "after" => &mut after,
            "failed" => &mut failed,
            "tolerant" => &mut tolerant,
            "unless" => &mut unless,
            other => panic!("no keyword is called {other}"),
        };
        while let Some(number) = words.next_if(|word| word.parse::<usize>().is_ok()) {
            list.push(NodeId(number.parse().unwrap()));
        }
    }
    let container = ContainerRef { name: group.into(), handle: Handle::Known(ContainerId(group.to_owned())) };
    let step: Step = match verb {
        "call" => ContainerStep::Start { container }.into(),
        "remove" => ContainerStep::Remove { container }.into(),
        "wait" | "try" => WaitStep::Until { container, until: Until::Healthy, limit: Duration::from_secs(60) }.into(),
        "create" => ContainerStep::Create(Box::new(NewContainer {
            name: group.into(),
            service: group.into(),
            replica: 1,
            fixed: Fixed::of("image".into()),
            tunable: Default::default(),
            networks: Vec::new(),
            labels: Default::default(),
            volume_labels: Default::default(),
            carried: Default::default(),
            files: None,
            borrowed: Default::default(),
            injected: Default::default(),
        }))
        .into(),
        "pause" => WaitStep::Pause { duration: Duration::from_secs(1) }.into(),
        "pull" => ImageStep::Pull { image: group.into(), platform: None }.into(),
        "logs" => ContainerStep::CollectLogs { container, lines: 20 }.into(),
        other => panic!("no step is called {other}"),
    };
    let when = match (failed.is_empty(), tolerant.split_first()) {
        (true, None) if unless.len() == 2 => {
            When::TakenBack { done: unless[0], unless: unless[1], of: Default::default(), failures: 0 }
        }
        (true, None) => When::Done,
        (true, Some((failures, of))) => When::Tolerant { of: of.iter().copied().collect(), failures: failures.0 },
        (false, _) => When::Failed(failed.into_iter().collect()),
    };
    let optional = verb == "try";
    Node { id, step, after: after.into_iter().collect(), when, optional, part_of: Address::Service(group.into()) }
}
