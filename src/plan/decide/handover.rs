//! Ports and names change hands: who takes one waits until who had it has given it up. Who keeps it is told of.

use super::decisions::Handover;
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Port, ServiceName};
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::names;
use crate::plan::vocabulary::{Hazard, code};
use crate::state::Container;

/// Which service should come before which, so that what the first gives up is there for the second.
pub fn wishes<'a>(draft: &Draft<'a>) -> Vec<(&'a ServiceName, &'a ServiceName)> {
    let (index, project) = (&draft.sides.index, draft.sides.request.project);
    let mut wishes = Vec::new();
    for (&taker, service) in &draft.scope.planned {
        let from_ports = service.fixed.ports.iter().flat_map(|port| index.publishing(port)).map(|(_, holder)| holder);
        let numbers = index.numbers(taker, service.scale).into_iter();
        let named =
            numbers.filter_map(|number| index.named(&names::container(&project.name, taker, Some(service), number)));
        for holder in from_ports.chain(named) {
            if holder.service != *taker && draft.scope.planned.contains_key(&holder.service) {
                wishes.push((&holder.service, taker));
            }
        }
    }
    wishes
}

/// Who gives up a host port, and who takes it.
pub fn ports<'a>(draft: &Draft<'a>) -> Vec<(&'a ServiceName, &'a ServiceName)> {
    let planned = &draft.scope.planned;
    let mut pairs = Vec::new();
    for (&taker, service) in planned {
        for port in &service.fixed.ports {
            for (_, holder) in draft.sides.index.publishing(port) {
                let giver = planned.get_key_value(&holder.service).map(|(name, _)| *name);
                let gives = !holder.oneoff && holder.service != *taker && gives_up(draft, holder, port);
                pairs.extend(giver.filter(|_| gives).map(|giver| (giver, taker)));
            }
        }
    }
    pairs
}

/// Who gives up what one replica takes, and what stands in its way.
pub fn decide<'a>(draft: &mut Draft<'a>, desired: &DesiredService, number: u32) -> (Handover<'a>, Vec<Hazard>) {
    let sides = draft.sides;
    let (mut takes, mut hazards) = (Handover::default(), Vec::new());
    for port in &desired.service.fixed.ports {
        for (published, holder) in sides.index.publishing(port) {
            if is_own(holder, desired.name, number) {
                continue;
            }
            if draft.gone.contains(&holder.id) || draft.released.contains(&holder.id) {
                takes.ports.push(&holder.id);
            } else if !gives_up(draft, holder, port) {
                hazards.push(Hazard::PortTaken { port: published, by: holder.name.to_string() });
            }
        }
    }
    if let Some(holder) = sides.index.named(&desired.container_name(number))
        && !is_own(holder, desired.name, number)
    {
        if draft.gone.contains(&holder.id) || draft.renamed.contains(&holder.id) {
            takes.name = Some(&holder.id);
        } else {
            taken(draft, desired, number, holder);
        }
    }
    (takes, hazards)
}

fn is_own(holder: &Container, service: &ServiceName, number: u32) -> bool {
    holder.service == *service && holder.replica == number && !holder.oneoff
}

/// Whether its service does not ask for the port any more: it is replaced too, though later.
fn gives_up(draft: &Draft, holder: &Container, port: &Port) -> bool {
    let service = draft.scope.planned.get(&holder.service).filter(|_| !holder.oneoff);
    service.is_some_and(|service| !service.fixed.ports.iter().any(|other| other.published == port.published))
}

fn taken(draft: &mut Draft, desired: &DesiredService, number: u32, holder: &Container) {
    let name = &holder.name;
    let told = format!(
        "service {}: container name {name} is taken by a container of service {}",
        desired.name, holder.service
    );
    let help = if draft.scope.planned.contains_key(&holder.service) {
        format!("give up the name {name} in one apply and take it in the next")
    } else {
        format!("rename or remove container {name}, or pass --prune if it is a stray")
    };
    let told = Diagnostic::error(code::NAME_TAKEN, told).help(help);
    draft.tell(told, &desired.address(number), "container_name", "taken");
}
