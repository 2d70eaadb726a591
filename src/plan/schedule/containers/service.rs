//! One service: what is new or mended at once, what is replaced in batches.

use super::stop_first::Replacement;
use super::{batches, create_replica, in_place, remove};
use crate::plan::decide::decisions::{ReplicaFate, ServiceDecision};
use crate::plan::schedule::builder::After;
use crate::plan::schedule::state::{Schedule, ServiceSteps};
use crate::plan::schedule::{gates, needs};

/// Adds the steps.
pub fn plan<'a>(s: &mut Schedule<'a>, service: &'a ServiceDecision<'a>) {
    let desired = &service.desired;
    let gates =
        if service.starts() { gates::gates(s, &desired.service.depends_on, |_| true) } else { After::default() };
    let needs = service.needs.as_ref().map(|needed| needs::needs(s, desired, needed)).unwrap_or_default();
    let mut steps = ServiceSteps::default();
    let mut replacements = Vec::new();
    for replica in &service.replicas {
        let number = replica.number;
        let leftover = replica.leftover.map(|leftover| remove::container(s, leftover));
        let after = After::done(leftover).and(s.after_handover(&replica.takes));
        match &replica.fate {
            ReplicaFate::Create { before } => {
                let after = needs.clone().and(after).and(s.after_gone(before));
                steps.0.insert(number, create_replica::create(s, service, number, after, gates.clone()));
            }
            ReplicaFate::Keep { live, difference } => {
                let kept = in_place::mend(s, service, number, live, difference, after, gates.clone());
                steps.0.insert(number, kept);
            }
            ReplicaFate::Replace { old, next, order } => {
                let after = after.and(needs.clone()).and(gates.clone());
                let next = next.as_ref().map(|(next, difference)| (*next, &**difference));
                replacements.push((Replacement { service, number, old, next, after }, *order));
            }
        }
    }
    batches::replace(s, service, replacements, &mut steps);
    s.services.insert(desired.name, steps);
}
