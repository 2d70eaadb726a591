//! Ports and names change hands: who takes one waits until who had it has given it up. Who keeps it is told of.

use super::builder::After;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{Hazard, NodeId, code, names};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Port, ServiceName};
use crate::state::Container;

/// Which service should come before which, so that what the first gives up is there for the second.
pub(super) fn wishes<'a>(p: &Planner<'a>) -> Vec<(&'a ServiceName, &'a ServiceName)> {
    let mut wishes = Vec::new();
    for (&taker, service) in &p.planned {
        let from_ports = service.fixed.ports.iter().flat_map(|port| p.index.publishing(port)).map(|(_, holder)| holder);
        let numbers = p.index.numbers(taker, service.scale).into_iter();
        let named = numbers.filter_map(|number| {
            p.index.named(&names::container(&p.request.project.name, taker, Some(service), number))
        });
        for holder in from_ports.chain(named) {
            if holder.service != *taker && p.planned.contains_key(&holder.service) {
                wishes.push((&holder.service, taker));
            }
        }
    }
    wishes
}

/// Who gives up a host port, and who takes it.
pub(super) fn ports<'a>(p: &Planner<'a>) -> Vec<(&'a ServiceName, &'a ServiceName)> {
    let mut pairs = Vec::new();
    for (&taker, service) in &p.planned {
        for port in &service.fixed.ports {
            for (_, holder) in p.index.publishing(port) {
                let giver = p.planned.get_key_value(&holder.service).map(|(name, _)| *name);
                let gives = !holder.oneoff && holder.service != *taker && gives_up(p, holder, port);
                pairs.extend(giver.filter(|_| gives).map(|giver| (giver, taker)));
            }
        }
    }
    pairs
}

/// What one replica comes after, and what stands in its way.
pub(super) fn wait<'a>(p: &mut Planner<'a>, wanted: &Wanted<'a>, number: u32) -> (After, Vec<Hazard>) {
    let (mut after, mut hazards) = (Vec::new(), Vec::new());
    for port in &wanted.service.fixed.ports {
        for (published, holder) in p.index.publishing(port) {
            if is_own(holder, wanted.name, number) {
                continue;
            }
            match p.gone.get(&holder.id).or_else(|| p.released.get(&holder.id)) {
                Some(node) => after.push(*node),
                None if gives_up(p, holder, port) => {}
                None => hazards.push(Hazard::PortTaken { port: published, by: holder.name.to_string() }),
            }
        }
    }
    let name = wanted.container_name(p, number);
    if let Some(holder) = p.index.named(&name)
        && !is_own(holder, wanted.name, number)
    {
        match freed(p, holder) {
            Some(node) => after.push(node),
            None => taken(p, wanted, number, holder),
        }
    }
    (After::done(after), hazards)
}

fn is_own(holder: &Container, service: &ServiceName, number: u32) -> bool {
    holder.service == *service && holder.replica == number && !holder.oneoff
}

/// The step after which a container does not have its name any more.
fn freed(p: &Planner, holder: &Container) -> Option<NodeId> {
    p.gone.get(&holder.id).or_else(|| p.renamed.get(&holder.id)).copied()
}

/// Whether its service does not ask for the port any more: it is replaced too, though later.
fn gives_up(p: &Planner, holder: &Container, port: &Port) -> bool {
    let service = p.planned.get(&holder.service).filter(|_| !holder.oneoff);
    service.is_some_and(|service| !service.fixed.ports.iter().any(|other| other.published == port.published))
}

fn taken(p: &mut Planner, wanted: &Wanted, number: u32, holder: &Container) {
    let name = &holder.name;
    let told =
        format!("service {}: container name {name} is taken by a container of service {}", wanted.name, holder.service);
    let help = if p.planned.contains_key(&holder.service) {
        format!("give up the name {name} in one apply and take it in the next")
    } else {
        format!("rename or remove container {name}, or pass --prune if it is a stray")
    };
    let address = Address::Replica(wanted.name.clone(), number);
    p.tell(Diagnostic::error(code::NAME_TAKEN, told).help(help), &address, "container_name", "taken");
}
