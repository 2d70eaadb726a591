//! Services that change host ports with each other, or take one from a service that waits for them: no order of
//! replacements one after the other can do it, so they are planned [together](super::together).

use std::collections::{BTreeMap, BTreeSet};

use super::handover;
use super::planner::Planner;
use crate::graph::Graph;
use crate::model::{Service, ServiceName};

/// A service with its name.
pub(super) type Named<'a> = (&'a ServiceName, &'a Service);

/// What is planned at once, in the order of the services: one, or several that change ports.
pub(super) fn units<'a>(p: &Planner<'a>, graph: &Graph<'a>, planned: Vec<Named<'a>>) -> Vec<Vec<Named<'a>>> {
    let groups = groups(p);
    let mut left = planned;
    let mut units = Vec::new();
    while !left.is_empty() {
        let (name, service) = left.remove(0);
        let Some(group) = groups.iter().find(|group| group.contains(name)) else {
            units.push(vec![(name, service)]);
            continue;
        };
        let closure = graph.closure(&group.iter().map(|name| (*name).clone()).collect());
        let (members, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(other, _)| group.contains(other));
        let (needed, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|(other, _)| closure.contains(other));
        units.extend(needed.into_iter().map(|needed| vec![needed]));
        units.push([(name, service)].into_iter().chain(members).collect());
        left = others;
    }
    units
}

/// The services that wait for each other in a circle which has a port in it.
fn groups<'a>(p: &Planner<'a>) -> Vec<BTreeSet<&'a ServiceName>> {
    let ports = handover::ports(p);
    if ports.is_empty() {
        return Vec::new();
    }
    let mut next: BTreeMap<&ServiceName, BTreeSet<&'a ServiceName>> = BTreeMap::new();
    for (holder, taker) in &ports {
        next.entry(holder).or_default().insert(taker);
    }
    for (name, service) in &p.planned {
        for needed in service.depends_on.keys() {
            next.entry(needed).or_default().insert(name);
        }
    }
    let reach = |from: &'a ServiceName| {
        let (mut open, mut found) = (vec![from], BTreeSet::new());
        while let Some(at) = open.pop() {
            open.extend(next.get(at).into_iter().flatten().filter(|to| found.insert(**to)));
        }
        found
    };
    let mut groups: Vec<BTreeSet<&'a ServiceName>> = Vec::new();
    for (holder, taker) in ports {
        let ahead = reach(holder);
        if ahead.contains(holder) && !groups.iter().any(|group| group.contains(taker)) {
            groups.push(ahead.into_iter().filter(|name| reach(name).contains(holder)).collect());
        }
    }
    groups
}
