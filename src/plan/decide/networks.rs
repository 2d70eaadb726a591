//! Networks of the spec: what is missing, what is made anew, what a crash left twice.

use super::decisions::{NetworkDecision, NetworkFate, Reconnection};
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, NetworkDefinition, NetworkKey};
use crate::plan::compare::desired::attachments;
use crate::plan::compare::ignore_changes::ignored;
use crate::plan::compare::network::{self, NetworkTarget};
use crate::plan::compare::{capabilities, definition, provenance};
use crate::plan::vocabulary::{Action, Change, Hazard, Reason, code};
use crate::state::{Container, Network};

/// Decides about every network that a planned service uses.
pub fn decide(draft: &mut Draft) {
    let project = draft.sides.request.project;
    for key in network::used(draft.scope.planned.values().copied()) {
        let decision = match project.networks.get(key).map(|network| &network.definition) {
            Some(Some(definition)) => Some(settle(draft, key, definition)),
            Some(None) => external(draft, key),
            None => None,
        };
        if let Some(decision) = decision {
            let target = match &decision.fate {
                NetworkFate::Keep(network) => NetworkTarget::Kept(&network.id),
                NetworkFate::Create => NetworkTarget::Created,
                NetworkFate::Recreate { old, .. } => NetworkTarget::Recreated(&old.id),
            };
            draft.targets.networks.insert(key, target);
            draft.decided.networks.insert(key, decision);
        }
    }
}

fn kept(network: &Network) -> NetworkDecision<'_> {
    NetworkDecision { fate: NetworkFate::Keep(network), twins: Vec::new() }
}

fn external<'a>(draft: &mut Draft<'a>, key: &'a NetworkKey) -> Option<NetworkDecision<'a>> {
    if let Some(found) = network::chosen(draft.sides, key) {
        return Some(kept(found));
    }
    let name = &draft.sides.request.project.networks[key].name;
    let told = Diagnostic::error(code::NO_NETWORK, format!("network {key}: external network {name} is not there"))
        .help(format!("make it with `docker network create {name}`, or remove `external` so that it is made here"));
    draft.tell(told, &Address::Network(key.clone()), "", "not on the engine");
    None
}

fn settle<'a>(draft: &mut Draft<'a>, key: &'a NetworkKey, definition: &'a NetworkDefinition) -> NetworkDecision<'a> {
    let sides = draft.sides;
    let name = &sides.request.project.networks[key].name;
    let address = Address::Network(key.clone());
    let mut change = Change { place: sides.place(&address, ""), ..Change::new(address.clone(), name, Action::Keep) };
    draft.decided.diagnostics.extend(capabilities::network(sides, key, definition));
    let decision = match network::chosen(sides, key) {
        None => {
            change.action = Action::Create;
            change.reasons.push(Reason::Missing);
            change.notes.extend(provenance::removed(sides, |project| project.networks.contains_key(key.as_str())));
            NetworkDecision { fate: NetworkFate::Create, twins: Vec::new() }
        }
        Some(found) if found.key.is_none() => {
            let told = format!(
                "network {key}: {name} is there already, and this project did not make it; it is used as it is"
            );
            draft.tell(Diagnostic::warning(code::FOREIGN_NETWORK, told), &address, "", "made by somebody else");
            kept(found)
        }
        Some(found) => {
            let left_alone = &sides.request.project.networks[key].ignore_changes;
            let changes =
                definition::differences(found.record.as_ref(), &found.live, definition, left_alone, sides.request.key);
            let twins = twins(draft, key, found);
            let fate = if changes.is_empty() {
                NetworkFate::Keep(found)
            } else {
                let placed = changes.into_iter().map(|change| sides.forced(&address, change));
                change.action = Action::Replace;
                change.reasons.push(Reason::Changed(placed.collect()));
                recreated(draft, key, found, &mut change)
            };
            NetworkDecision { fate, twins }
        }
    };
    draft.decided.changes.push(change);
    decision
}

/// Second networks of the name that carry our key and that nothing is on: a crash may leave one, and from then on the
/// name means neither.
fn twins<'a>(draft: &mut Draft<'a>, key: &NetworkKey, kept: &Network) -> Vec<&'a Network> {
    let twins = network::empty_twins(draft.sides, kept);
    for twin in &twins {
        draft.twins.insert(&twin.id);
        let change = Change::new(Address::Stray(twin.name.to_string()), &twin.name, Action::Delete);
        let notes = vec![format!("a second network of this name, as network {key}")];
        draft.decided.changes.push(Change { reasons: vec![Reason::Repair], notes, ..change });
    }
    twins
}

/// Nothing of a network can be changed in place, so it is made anew, and its containers are connected again with all that
/// an endpoint has: names resolve afterwards.
fn recreated<'a>(draft: &mut Draft<'a>, key: &'a NetworkKey, old: &'a Network, change: &mut Change) -> NetworkFate<'a> {
    let sides = draft.sides;
    if let Some(guest) = sides.request.observed.guests_on(&old.id).next() {
        let told = format!("network {key}: {} cannot be made anew, since container {} is on it", old.name, guest.name);
        let told = Diagnostic::error(code::IN_USE, told).help(format!(
            "it is not of this environment; take it off with `docker network disconnect {} {}`",
            old.name, guest.name
        ));
        draft.tell(told, &change.address, "", "cannot be made anew");
        return NetworkFate::Keep(old);
    }
    let attached = sides.index.attached(&old.id).iter().copied();
    let (gone, staying): (Vec<_>, Vec<_>) = attached.partition(|user| draft.gone.contains(&user.id));
    let mut users = Vec::new();
    for user in staying {
        let how = reconnection(draft, key, old, user);
        draft.left.insert((&user.id, &old.id));
        if matches!(how, Reconnection::Away) {
            draft.targets.parted.insert((&user.id, &old.id));
        }
        let hazard = Hazard::Downtime { service: user.service.clone() };
        if user.state.is_up() && !change.hazards.contains(&hazard) {
            change.hazards.push(hazard);
        }
        users.push((user, how));
    }
    NetworkFate::Recreate { old, gone, users }
}

/// How a container is to be on the new network.
fn reconnection(draft: &Draft, key: &NetworkKey, old: &Network, user: &Container) -> Reconnection {
    let as_before = || Reconnection::Connect(user.endpoints[&old.id].attachment.clone());
    let main = draft.sides.index.slot(&user.service, user.replica).and_then(|slot| slot.main);
    let is_main = main.is_some_and(|main| main.id == user.id);
    // Of others the file says nothing.
    let Some(service) = draft.scope.planned.get(&user.service).filter(|_| is_main) else { return as_before() };
    if ignored(service, &format!("networks.{key}")) {
        return as_before();
    }
    let joined = attachments(&user.service, service);
    match joined.iter().find(|(name, _)| *name == key) {
        Some((_, attachment)) => Reconnection::Connect(attachment.clone()),
        // One that shares a namespace is about to be replaced.
        None if joined.is_empty() => as_before(),
        None => Reconnection::Away,
    }
}
