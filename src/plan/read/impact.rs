//! What a change costs those who use the lab, read from the plan's own steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::model::{Address, Fixed, Healthcheck};
use crate::plan::vocabulary::{
    Action, Change, ContainerStep, Hazard, Node, NodeId, Plan, Reason, Step, Until, WaitStep, When,
};

/// The engine's own interval between two probes.
const PROBE: Duration = Duration::from_secs(30);

/// How long what stops is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downtime {
    /// Nothing stops.
    None,
    /// About so long, at a guess: processes that heed their signal, a first probe that passes.
    About(Duration),
    /// It does not come back.
    ForGood,
}

/// What the changes of a plan cost, one by one.
#[derive(Debug)]
pub struct Impact<'a> {
    steps: BTreeMap<&'a Address, Vec<&'a Node>>,
}

impl<'a> Impact<'a> {
    /// Sorts a plan's steps once, for all its changes.
    pub fn of(plan: &'a Plan) -> Self {
        let mut steps: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for node in plan.nodes.iter().filter(|node| !matches!(node.when, When::Failed(_))) {
            steps.entry(&node.part_of).or_default().push(node);
        }
        Self { steps }
    }

    /// How long the services that a change stops are away.
    pub fn downtime(&self, change: &Change) -> Downtime {
        let stops = change.hazards.iter().any(|hazard| matches!(hazard, Hazard::Downtime { .. }));
        match (stops, change.action) {
            (false, _) => Downtime::None,
            (true, Action::Delete | Action::Forget) => Downtime::ForGood,
            (true, _) => Downtime::About(guess(&self.steps_of(change))),
        }
    }

    /// The ports that move with a change. A removed container's are not among them: nobody asks for them any more.
    pub fn ports(&self, change: &Change) -> Ports {
        if change.action == Action::Create {
            let ports = created(self.steps(&change.address)).into_iter().flat_map(|fixed| &fixed.ports);
            let opened = ports.map(|port| serde_json::to_value(port).expect("a model of plain data has a JSON form"));
            return Ports { opened: opened.collect(), closed: Vec::new() };
        }
        moved_ports(change)
    }

    /// The steps of a resource in their order, without the ways back.
    pub fn steps(&self, address: &Address) -> &[&'a Node] {
        self.steps.get(address).map_or(&[], Vec::as_slice)
    }

    fn steps_of(&self, change: &Change) -> Vec<&'a Node> {
        let Address::Volume(_) = &change.address else { return self.steps(&change.address).to_vec() };
        // A volume that is made anew stops its users by their own steps.
        let down = |service| {
            change.hazards.iter().any(|hazard| matches!(hazard, Hazard::Downtime { service: down } if down == service))
        };
        let users = self.steps.iter().filter(|(address, _)| address.service().is_some_and(down));
        let mut steps: Vec<_> = users.flat_map(|(_, steps)| steps.iter().copied()).collect();
        steps.sort_by_key(|node| node.id);
        steps
    }
}

/// The longest way through the steps, from the first that stops something.
fn guess(steps: &[&Node]) -> Duration {
    let created = created(steps);
    let pauses: BTreeSet<_> = steps
        .iter()
        .filter(|node| matches!(node.step, Step::Wait(WaitStep::Pause { .. })))
        .map(|node| node.id)
        .collect();
    let mut ends: BTreeMap<NodeId, Duration> = BTreeMap::new();
    for node in steps {
        let begin = node.after.iter().filter_map(|id| ends.get(id)).max().copied();
        let stops = matches!(node.step, Step::Container(ContainerStep::Stop { .. } | ContainerStep::Disconnect { .. }));
        if let Some(begin) = begin.or_else(|| stops.then_some(Duration::ZERO)) {
            // What is waited for after a pause is up already.
            let cost = if node.after.is_disjoint(&pauses) { cost(&node.step, created) } else { Duration::ZERO };
            ends.insert(node.id, begin + cost);
        }
    }
    ends.into_values().max().unwrap_or_default()
}

fn created<'a>(steps: &[&'a Node]) -> Option<&'a Fixed> {
    steps.iter().find_map(|node| match &node.step {
        Step::Container(ContainerStep::Create(new)) => Some(&new.fixed),
        _ => None,
    })
}

/// What a step adds to the time without the service. What is done while the service is up, or is up again, adds nothing.
fn cost(step: &Step, created: Option<&Fixed>) -> Duration {
    match step {
        Step::Wait(WaitStep::Until { until, .. }) => wait(*until, created),
        Step::Wait(WaitStep::Pause { .. })
        | Step::Container(
            ContainerStep::Remove { .. } | ContainerStep::Rename { .. } | ContainerStep::CollectLogs { .. },
        ) => Duration::ZERO,
        step => step.facts().takes,
    }
}

fn wait(until: Until, created: Option<&Fixed>) -> Duration {
    let nanoseconds = |time: i64| Duration::from_nanos(u64::try_from(time).unwrap_or_default());
    match (until, created.and_then(|fixed| fixed.healthcheck.as_ref())) {
        (Until::Ready { .. } | Until::Healthy, Some(Healthcheck::Probe(probe))) => {
            probe.start_interval.or(probe.interval).map_or(PROBE, nanoseconds)
        }
        (Until::Ready { settle }, _) => settle,
        (Until::Healthy, _) => PROBE,
        (Until::Completed, _) => Duration::ZERO,
    }
}

/// Ports of the host that a change opens and closes, as the model has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ports {
    /// Those that were not open before.
    pub opened: Vec<Value>,
    /// Those that are not open any more.
    pub closed: Vec<Value>,
}

fn moved_ports(change: &Change) -> Ports {
    let changed = change.reasons.iter().filter_map(|reason| match reason {
        Reason::Changed(fields) => Some(fields),
        _ => None,
    });
    let Some(field) = changed.flatten().find(|field| field.change.path == "ports") else { return Ports::default() };
    let list = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (list(&field.change.before), list(&field.change.after));
    Ports {
        opened: after.iter().filter(|port| !before.contains(port)).cloned().collect(),
        closed: before.iter().filter(|port| !after.contains(port)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Probe;
    use crate::plan::tests::lab::{env, lab, mount, publish};

    fn change(plan: &Plan) -> &Change {
        plan.changes.iter().find(|change| change.address == Address::Replica("web".into(), 1)).expect("it is there")
    }

    #[test]
    fn a_replacement_stops_for_a_stop_a_start_and_the_gate() {
        let old = lab().service("web", |web| publish(web, "8080", 80));
        let new = old.clone().service("web", |web| env(web, "A", "1"));
        let plan = new.plan(&old.applied());
        assert_eq!(Impact::of(&plan).downtime(change(&plan)), Downtime::About(Duration::from_millis(2200)));
        let slow = new.service("web", |web| {
            let probe = Probe { test: vec!["CMD".into()], interval: Some(5_000_000_000), ..Probe::default() };
            web.fixed.healthcheck = Some(Healthcheck::Probe(probe));
        });
        let plan = slow.plan(&old.applied());
        assert_eq!(Impact::of(&plan).downtime(change(&plan)), Downtime::About(Duration::from_millis(6200)));
    }

    #[test]
    fn a_volume_that_is_made_anew_stops_its_users_for_as_long_as_they_take() {
        let old = lab().service("web", |web| mount(web, "lab_data", "/data"));
        let new = old.clone().volume("data", |data| data.driver = Some("other".into()));
        let new = new.options(|options| options.destroy_data = ["lab_data".into()].into());
        let plan = new.plan(&old.applied());
        let volume = plan.changes.iter().find(|change| change.name == "lab_data").expect("it is there");
        let Downtime::About(time) = Impact::of(&plan).downtime(volume) else { panic!("{volume:?}") };
        assert!(time > Duration::from_secs(1), "{time:?}");
    }

    #[test]
    fn what_is_only_made_stops_nothing_and_what_is_only_removed_does_not_come_back() {
        let plan = lab().service("web", |_| {}).plan(&Default::default());
        assert_eq!(Impact::of(&plan).downtime(change(&plan)), Downtime::None);
        let world = lab().service("web", |web| web.scale = 2).applied();
        let plan = lab().service("web", |_| {}).plan(&world);
        let gone = plan.changes.iter().find(|change| change.action == Action::Delete).expect("one goes");
        assert_eq!(Impact::of(&plan).downtime(gone), Downtime::ForGood);
    }

    #[test]
    fn a_port_moves_where_its_list_changes() {
        let old = lab().service("web", |web| publish(web, "8080", 80));
        let new = lab().service("web", |web| publish(web, "9090", 80));
        let plan = new.plan(&old.applied());
        let Ports { opened, closed } = Impact::of(&plan).ports(change(&plan));
        assert_eq!((opened[0]["published"].as_str(), closed[0]["published"].as_str()), (Some("9090"), Some("8080")));
        let plan = old.plan(&Default::default());
        assert_eq!(Impact::of(&plan).ports(change(&plan)).opened.len(), 1);
    }
}
