//! Services that are replaced together, stop-first: all new containers are made, all old ones stop, then each service has
//! its turn in the order of the dependencies; and if one of the replacements does not hold, all of them go back. What
//! takes a port and is not replaced itself (it is new, or it starts) is scheduled like any other service in its turn, and
//! stops on the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::start::LOG_LINES;
use super::stop_first::{self, Begun, Prepared, Replaced, Replacement};
use super::{remove, service};
use crate::model::{Address, ServiceName};
use crate::plan::compare::desired::effective;
use crate::plan::compare::ignore_changes::left_alone;
use crate::plan::compare::restart_marker;
use crate::plan::decide::decisions::{PortSwap, ReplicaFate, ServiceDecision};
use crate::plan::schedule::builder::{After, Chain, WayBack};
use crate::plan::schedule::state::{ReplicaSteps, Schedule, ServiceSteps};
use crate::plan::schedule::{gates, needs};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, NodeId, WaitStep};

/// By service.
type Of<'a, T> = BTreeMap<&'a ServiceName, T>;

/// How far a replacement has come before the old ones stop.
enum Stage {
    /// The new one is made.
    Made(Begun),
    /// The new one is made in its turn.
    Late(Prepared),
}

impl Stage {
    fn chain(&mut self) -> (&mut Chain, &ContainerRef) {
        match self {
            Self::Made(Begun { chain, old_reference, .. }) | Self::Late(Prepared { chain, old_reference }) => {
                (chain, old_reference)
            }
        }
    }
}

/// Adds the steps for several at once.
pub fn plan<'a>(s: &mut Schedule<'a>, swap: &'a PortSwap<'a>) {
    let decisions = s.decisions;
    let Some((first, _)) = swap.members.first_key_value() else { return };
    let address = Address::Replica((*first).clone(), 1);
    let pause = WaitStep::Pause { duration: Duration::ZERO };

    let outside = outside(s, swap);
    let replacements: Of<Replacement> =
        swap.members.keys().filter_map(|name| Some((*name, replacement(s, decisions.services.get(name)?)?))).collect();
    let mut stages: Of<Stage> = replacements.iter().map(|(name, r)| (*name, begin(s, r, swap.members[name]))).collect();
    let made = stages.values().filter_map(|stage| match stage {
        Stage::Made(begun) => begun.created,
        Stage::Late(_) => None,
    });
    let go = s.nodes.add(&address, After::done(made).and(outside), pause.clone());
    let stopped = stop(s, &replacements, &mut stages, go);

    let first = s.nodes.last();
    let (mut woken, mut all) = (Vec::new(), BTreeMap::new());
    for name in &swap.services {
        match (replacements.get(name), stages.remove(name), decisions.services.get(name)) {
            (Some(r), Some(stage), _) => drop(all.insert(*name, turn(s, r, stage, &stopped))),
            (_, _, Some(decision)) => {
                let starting = unreplaced(decision).filter(|_| swap.takers.contains(name));
                woken.extend(starting.map(|number| (decision, number)));
                service::plan(s, decision);
            }
            (_, _, None) => {}
        }
    }
    let lasts = After::done(all.values().map(|replaced: &Replaced| replaced.last));
    let holds = s.nodes.add(&address, lasts, pause);
    let settled = stopped.into_iter().chain(s.nodes.since(first));
    let mut back = WayBack::taking(&address, go, holds, BTreeSet::new(), 0, settled);
    go_back(s, &mut back, &replacements, &all, &woken);
    for (name, mut replaced) in all {
        replaced.chain.wait_for(After::done([holds]));
        stop_first::commit(s, &mut replaced);
        // For all others it is there when nothing goes back any more.
        let replica = ReplicaSteps { started: Some(holds), ready: Some(holds), ..replaced.replica };
        s.services.entry(name).or_default().0.insert(1, replica);
    }
}

/// The replicas that are no replacements, which have ways back of their own.
fn unreplaced<'a>(service: &'a ServiceDecision<'a>) -> impl Iterator<Item = u32> {
    let replicas = service.replicas.iter().filter(|replica| match replica.fate {
        ReplicaFate::Create { .. } | ReplicaFate::Keep { .. } => true,
        ReplicaFate::Replace { .. } => false,
    });
    replicas.map(|replica| replica.number)
}

/// What all of them need from outside, so that nothing stops in vain.
fn outside<'a>(s: &mut Schedule<'a>, swap: &PortSwap<'a>) -> After {
    let decisions = s.decisions;
    let services = swap.services.iter().filter_map(|name| decisions.services.get(name));
    services.fold(After::default(), |mut after, service| {
        let desired = &service.desired;
        let is_outside = |needed: &ServiceName| !swap.services.contains(&needed);
        if service.starts() {
            after = after.and(gates::gates(s, &desired.service.depends_on, is_outside));
        }
        // What a member needs it waits for itself.
        match &service.needs {
            Some(needed) if !swap.members.contains_key(desired.name) => after.and(needs::needs(s, desired, needed)),
            Some(_) | None => after,
        }
    })
}

fn replacement<'a>(s: &mut Schedule<'a>, service: &'a ServiceDecision<'a>) -> Option<Replacement<'a>> {
    let replica = service.replicas.first()?;
    let ReplicaFate::Replace { old, next, order: _ } = &replica.fate else { return None };
    let mut after = service.needs.as_ref().map(|needed| needs::needs(s, &service.desired, needed)).unwrap_or_default();
    if let Some(leftover) = replica.leftover {
        after = after.and(After::done([remove::container(s, leftover)]));
    }
    let next = next.as_ref().map(|(next, difference)| (*next, &**difference));
    Some(Replacement { service, number: replica.number, old, next, after })
}

fn begin<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>, late: bool) -> Stage {
    let prepared = stop_first::prepare(s, r);
    if late { Stage::Late(prepared) } else { Stage::Made(stop_first::make(s, r, prepared)) }
}

/// Stops all old ones, whose ports are free then.
fn stop<'a>(
    s: &mut Schedule<'a>,
    replacements: &Of<'a, Replacement<'a>>,
    stages: &mut Of<'a, Stage>,
    go: NodeId,
) -> BTreeSet<NodeId> {
    let mut stopped = BTreeSet::new();
    for (name, stage) in stages {
        let r = &replacements[name];
        let (chain, old_reference) = stage.chain();
        chain.wait_for(After::done([go]));
        let stop = stop_first::stop(s, chain, &r.service.desired, r.old, old_reference).unwrap_or(go);
        s.released.insert(&r.old.id, stop);
        stopped.insert(stop);
    }
    stopped
}

/// The new one starts, when what it depends on is there and who has its ports has given them up.
fn turn<'a>(s: &mut Schedule<'a>, r: &Replacement<'a>, stage: Stage, stopped: &BTreeSet<NodeId>) -> Replaced<'a> {
    let desired = &r.service.desired;
    let mut begun = match stage {
        Stage::Made(begun) => begun,
        Stage::Late(mut prepared) => {
            let needed = r.service.needs.as_ref();
            prepared.chain.wait_for(needed.map(|needed| needs::needs(s, desired, needed)).unwrap_or_default());
            stop_first::make(s, r, prepared)
        }
    };
    let takes = r.service.replicas.iter().find(|replica| replica.number == r.number).map(|replica| &replica.takes);
    let freed = takes.map(|takes| s.after_handover(takes)).unwrap_or_default();
    let gates = gates::gates(s, &desired.service.depends_on, |_| true);
    begun.chain.wait_for(freed.and(gates).and(After::done(stopped.iter().copied())));
    let replaced = stop_first::finish(s, r, begun);
    let mut steps = ServiceSteps::default();
    steps.0.insert(r.number, replaced.replica.clone());
    s.services.insert(desired.name, steps);
    replaced
}

/// All that has a port stops before the first old one starts again, since the ports are theirs.
fn go_back(
    s: &mut Schedule,
    back: &mut WayBack,
    replacements: &BTreeMap<&ServiceName, Replacement>,
    all: &BTreeMap<&ServiceName, Replaced>,
    woken: &[(&ServiceDecision, u32)],
) {
    for replaced in all.values() {
        back.go_on(replaced.chain.part_of());
        back.then(&mut s.nodes, ContainerStep::CollectLogs { container: replaced.new.clone(), lines: LOG_LINES });
        back.then(&mut s.nodes, ContainerStep::Stop { container: replaced.new.clone(), grace: None });
    }
    for (service, number) in woken {
        let desired = &service.desired;
        let steps = s.services.get(desired.name).and_then(|steps| steps.0.get(number));
        let Some(ReplicaSteps { container, live, .. }) = steps.filter(|steps| steps.started.is_some()).cloned() else {
            continue;
        };
        let tunable = effective(&desired.service.tunable);
        let tunable = live.map_or(tunable.clone(), |live| left_alone(desired.service, &tunable, &live.tunable));
        back.go_on(&desired.address(*number));
        if let Some(tunable) = restart_marker::of(desired.service, &tunable) {
            back.then(&mut s.nodes, ContainerStep::Update { container: container.clone(), tunable });
        }
        back.then(&mut s.nodes, ContainerStep::Stop { container, grace: None });
    }
    for (name, replaced) in all {
        let desired = &replacements[name].service.desired;
        back.go_on(replaced.chain.part_of());
        stop_first::revive(s, back, desired, replaced.old, &replaced.old_reference);
        if replaced.old.state.is_up() {
            stop_first::rejoin(s, back, name);
        }
        stop_first::give_up(s, back, desired, &replaced.new);
    }
}
