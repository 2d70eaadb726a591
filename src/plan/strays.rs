//! What carries our labels and is in no spec: always told, removed only when the user asks, and volumes only by name.

use std::collections::BTreeSet;

use super::builder::After;
use super::networks::known;
use super::planner::Planner;
use super::{Action, Change, Hazard, NodeId, Reason, Step, code, provider, remove};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, NetworkName, ServiceName, VolumeName};
use crate::state::{Container, Observed, RunState};

/// Containers of services that are gone, of replicas too many, and of services whose profile is not active.
pub(super) fn containers(p: &mut Planner) {
    let services: Vec<&ServiceName> = p.index.services().map(|(name, _)| name).collect();
    for name in services {
        let numbers = p.planned.get(name).map(|service| p.index.numbers(name, service.scale));
        let active = p.request.project.services.contains_key(name);
        let idle = p.request.project.idle.get(name);
        let slots: Vec<(u32, Vec<&Container>, Option<&Container>)> =
            p.index.service(name).map(|(number, slot)| (number, slot.all().collect(), slot.main)).collect();
        for (number, containers, main) in slots {
            for container in containers {
                let is_main = main.is_some_and(|main| main.id == container.id);
                match (&numbers, idle) {
                    (Some(numbers), _) if !numbers.contains(&number) => scaled_down(p, container),
                    (Some(_), _) if is_main || is_next(p, name, number, container) => {}
                    (Some(_), _) => stray(p, container),
                    (None, Some(idle)) if idle.profiles.is_empty() && p.is_partial() => {}
                    (None, Some(idle)) if is_main => {
                        let profiles = idle.profiles.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                        let address = Address::Replica(name.clone(), number);
                        let mut change = Change::new(address, &container.name, Action::Keep);
                        change.notes.push(format!("left {}: its profile ({profiles}) is not active", container.state));
                        p.changes.push(change);
                    }
                    (None, _) if active => {}
                    (None, _) => stray(p, container),
                }
            }
        }
    }
}

/// One-offs stand beside the services that they were made from. One that is up is somebody's work: nothing removes it
/// unasked. One that has ended is a stray.
pub(super) fn one_offs(p: &mut Planner) {
    if p.is_partial() {
        return;
    }
    for container in p.request.observed.containers.iter().filter(|container| container.oneoff) {
        if container.state.is_up() {
            let mut change = Change::new(container.address(), &container.name, Action::Keep);
            change.notes.push(format!("{}; it is left alone", one_off(container)));
            p.changes.push(change);
        } else {
            stray(p, container);
        }
    }
}

/// What a one-off is, in words.
pub(super) fn one_off(container: &Container) -> String {
    format!("one-off of service {} (`run`), {}", container.service, container.state)
}

fn is_next(p: &Planner, name: &ServiceName, number: u32, container: &Container) -> bool {
    p.index.slot(name, number).and_then(|slot| slot.next).is_some_and(|next| next.id == container.id)
}

fn scaled_down<'a>(p: &mut Planner<'a>, container: &'a Container) {
    remove::container(p, container, After::default());
    let address = Address::Replica(container.service.clone(), container.replica);
    let mut change = Change::new(address, &container.name, Action::Delete);
    change.reasons.push(Reason::ScaledDown);
    if container.state == RunState::Running {
        change.hazards.push(Hazard::Downtime { service: container.service.clone() });
    }
    p.changes.push(change);
}

fn stray<'a>(p: &mut Planner<'a>, container: &'a Container) {
    if p.is_partial() {
        return;
    }
    let address = Address::Stray(container.name.to_string());
    let action = if p.request.options.prune { Action::Delete } else { Action::Forget };
    let mut change = Change::new(address, &container.name, action);
    change.reasons.push(Reason::Stray);
    if p.request.options.prune {
        remove::container(p, container, After::default());
        if container.state.is_up() {
            change.hazards.push(Hazard::Downtime { service: container.service.clone() });
        }
    } else if container.oneoff {
        change.notes.push(one_off(container));
    } else {
        change.notes.push(format!("container of service {}, {}", container.service, container.state));
    }
    p.changes.push(change);
}

/// Networks that the spec does not name any more, and second ones of a name.
pub(super) fn networks(p: &mut Planner) {
    if p.is_partial() {
        return;
    }
    let kept: BTreeSet<_> = p.networks.values().filter_map(|link| link.id.or(link.replaced).cloned()).collect();
    // A service with no replica uses no network of this plan, and still means it.
    let meant: BTreeSet<&NetworkName> = p.request.project.networks.values().map(|network| &network.name).collect();
    for network in &p.request.observed.networks {
        let settled = p.networks.values().any(|link| link.reference.name == network.name);
        if network.key.is_none()
            || kept.contains(&network.id)
            || p.twins.contains(&network.id)
            || (meant.contains(&network.name) && !settled)
        {
            continue;
        }
        let address = Address::Stray(network.name.to_string());
        let mut change = Change::new(address.clone(), &network.name, Action::Forget);
        // A second one of a name that the spec means is left by a crash, and nothing works until it is gone.
        let twin = p
            .networks
            .iter()
            .any(|(key, link)| link.reference.name == network.name && network.key.as_ref() == Some(*key));
        change.reasons.push(if twin { Reason::Repair } else { Reason::Stray });
        let users = p.index.attached(&network.id);
        let leaving: Vec<Option<NodeId>> = users
            .iter()
            .map(|user| p.left.get(&(&user.id, &network.id)).or_else(|| p.gone.get(&user.id)).copied())
            .collect();
        let staying = users.iter().zip(&leaving).find(|(_, left)| left.is_none()).map(|(user, _)| &user.name);
        let guest = p.request.observed.guests_on(&network.id).map(|guest| &guest.name).next();
        match staying.or(guest) {
            Some(user) => change.notes.push(format!("network, in use by {user}")),
            None if p.request.options.prune || twin => {
                let step = Step::RemoveNetwork { network: known(network) };
                p.nodes.add(
                    &address,
                    After::done(leaving.into_iter().flatten().chain(p.cleared.iter().copied())),
                    step,
                );
                change.action = Action::Delete;
            }
            None => change.notes.push("network".to_owned()),
        }
        p.changes.push(change);
    }
}

/// Volumes that the spec does not name any more, renamed ones included, and volumes without a name that no container
/// mounts any more.
pub(super) fn volumes(p: &mut Planner) {
    let meant: BTreeSet<&VolumeName> = p.request.project.volumes.values().map(|volume| &volume.name).collect();
    let released: BTreeSet<_> =
        provider::recorded(p.request.observed).into_keys().map(|name| name.to_string()).collect();
    let mut diagnostics = Vec::new();
    for named in &p.request.options.destroy_data {
        let candidates = p.candidates();
        let meant = candidates.meant(named);
        if meant.len() > 1 {
            diagnostics.push(candidates.ambiguous(named, &meant));
        } else if let Some(name) = meant.first() {
            if let Some((key, _)) = p.request.project.volumes.iter().find(|(_, volume)| volume.name == **name)
                && !p.volumes.contains_key(name)
            {
                let address = Address::Volume(key.clone());
                let noted = p.changes.iter().find(|change| change.address == address);
                let told = match noted.is_some_and(|change| change.notes.iter().any(|note| note.starts_with("labels.")))
                {
                    false => format!("volume {key}: {name} is as the file asks, so nothing of it is destroyed"),
                    true => {
                        format!("volume {key}: only labels of {name} differ, and its data is not destroyed for that")
                    }
                };
                diagnostics.push(Diagnostic::warning(code::IN_USE, told));
            }
        } else if !released.contains(named.as_str()) {
            let told = format!("there is no volume {named} in this project, so its data cannot be destroyed");
            diagnostics.push(Diagnostic::error(code::UNKNOWN_DATA, told));
        }
    }
    p.diagnostics.extend(diagnostics);
    for volume in &p.request.observed.volumes {
        let users = p.index.mounting(&volume.name);
        let asked = p.may_destroy(&volume.name);
        if !volume.ours || meant.contains(&volume.name) || (volume.anonymous && !users.is_empty() && !asked) {
            continue;
        }
        if p.is_partial() && !asked {
            continue;
        }
        let address = Address::Stray(volume.name.to_string());
        let mut change = Change::new(address.clone(), &volume.name, Action::Forget);
        change.reasons.push(Reason::Stray);
        let gone: Vec<Option<NodeId>> = users.iter().map(|user| p.gone.get(&user.id).copied()).collect();
        let staying = users.iter().zip(&gone).find(|(_, gone)| gone.is_none()).map(|(user, _)| user.name.clone());
        let mut guests = p.request.observed.guests.iter().filter(|guest| guest.volumes.contains(&volume.name));
        let staying = staying.or_else(|| guests.next().map(|guest| guest.name.clone()));
        match (asked, staying) {
            (true, None) => {
                let step = Step::RemoveVolume { name: volume.name.clone() };
                p.nodes.add(&address, After::done(gone.into_iter().flatten().chain(p.cleared.iter().copied())), step);
                change.action = Action::Delete;
                change.hazards.push(Hazard::DataLoss { volume: volume.name.clone() });
            }
            (true, Some(user)) => {
                let told = format!("volume {} cannot be removed, since container {user} mounts it", volume.name);
                let help = match volume.anonymous {
                    true => "give its service a new one first, with --renew",
                    false => "remove that container first, or pass --prune if it is a stray",
                };
                p.diagnostics.push(Diagnostic::error(code::HELD_VOLUME, told).help(help));
            }
            (false, _) if volume.anonymous => change.notes.push("volume without a name".to_owned()),
            (false, _) => change.notes.push("volume".to_owned()),
        }
        p.changes.push(change);
    }
}

/// Says of what has a name of dsenv's own and is not its own.
pub(super) fn taken(observed: &Observed) -> impl Iterator<Item = Diagnostic> {
    observed.taken.iter().map(|name| {
        let told = format!("the volume {name} has a name of dsenv's own and not its labels, so it is left as it is");
        let help = format!("if nobody needs what is in it, remove it: `docker volume rm {name}`");
        Diagnostic::warning(code::TAKEN, told).help(help)
    })
}
