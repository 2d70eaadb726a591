//! Networks of the spec: which of those that are there is meant, what is missing, what is made anew.

use std::collections::BTreeSet;

use serde_json::Value;

use super::builder::After;
use super::network_anew;
use super::planner::Planner;
use super::{Action, Change, Handle, NetworkRef, NodeId, PlacedChange, Reason, Step, code, drift, labels, limits};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{Address, Key, NetworkDefinition, NetworkKey};
use crate::state::record::unveiled;
use crate::state::{self, NetworkId};

/// A network of the spec as this plan leaves it.
#[derive(Debug, Clone)]
pub(super) struct Link<'a> {
    /// For steps.
    pub reference: NetworkRef,
    /// Its id, if it is there and stays.
    pub id: Option<&'a NetworkId>,
    /// Its id until now, if it is made anew. The containers on it are connected again already.
    pub replaced: Option<&'a NetworkId>,
    /// The step that makes it.
    pub ready: Option<NodeId>,
}

impl Link<'_> {
    /// A network that is there and stays.
    pub fn kept(network: &state::Network) -> Link<'_> {
        Link { reference: known(network), id: Some(&network.id), replaced: None, ready: None }
    }
}

/// Names a network that is there.
pub(super) fn known(network: &state::Network) -> NetworkRef {
    NetworkRef { name: network.name.clone(), handle: Handle::Known(network.id.clone()) }
}

/// Settles every network that a planned service uses.
pub(super) fn plan(p: &mut Planner) {
    let used: BTreeSet<&NetworkKey> =
        p.planned.values().filter(|service| service.scale > 0).flat_map(|service| service.networks.keys()).collect();
    for key in used {
        if let Some(network) = p.request.project.networks.get(key) {
            match &network.definition {
                Some(definition) => settle(p, key, definition),
                None => external(p, key),
            }
        }
    }
}

fn external<'a>(p: &mut Planner<'a>, key: &'a NetworkKey) {
    let name = &p.request.project.networks[key].name;
    let address = Address::Network(key.clone());
    if let Some(found) = choose(p, key) {
        p.networks.insert(key, Link::kept(found));
        return;
    }
    let told = Diagnostic::error(code::NO_NETWORK, format!("network {key}: external network {name} is not there"))
        .help(format!("make it with `docker network create {name}`, or remove `external` so that it is made here"));
    p.tell(told, &address, "", "not on the engine");
}

fn settle<'a>(p: &mut Planner<'a>, key: &'a NetworkKey, definition: &'a NetworkDefinition) {
    let name = &p.request.project.networks[key].name;
    let address = Address::Network(key.clone());
    let place = p.place(&address, "");
    limits::network(p, key, definition);
    let Some(found) = choose(p, key) else {
        let node = create(p, key, definition, After::default());
        let change = Change::new(address, name, Action::Create);
        let notes = drift::removed(p, &["networks", key.as_str()]).into_iter().collect();
        p.changes.push(Change { reasons: vec![Reason::Missing], place, notes, ..change });
        p.networks.insert(key, made(p, key, node, None));
        return;
    };
    if found.key.is_none() {
        let told =
            format!("network {key}: {name} is there already, and this project did not make it; it is used as it is");
        p.tell(Diagnostic::warning(code::FOREIGN_NETWORK, told), &address, "", "made by somebody else");
        p.changes.push(Change { place, ..Change::new(address, name, Action::Keep) });
        p.networks.insert(key, Link::kept(found));
        return;
    }
    let mut changes = differences(found, definition, p.request.key);
    changes.retain(|change| !drift::covers(&p.request.project.networks[key].ignore_changes, &change.path));
    let ready = remove_twins(p, key, found);
    if changes.is_empty() {
        p.changes.push(Change { place, ..Change::new(address, name, Action::Keep) });
        p.networks.insert(key, Link { ready, ..Link::kept(found) });
        return;
    }
    let placed = changes.into_iter().map(|change| {
        let place = p.place(&address, &change.path);
        PlacedChange { change, place, drift: false, forces: true }
    });
    let reasons = vec![Reason::Changed(placed.collect())];
    let change = Change { reasons, place, ..Change::new(address, name, Action::Replace) };
    network_anew::plan(p, key, definition, found, change);
}

/// Removes second networks of the name that carry our key and that nothing is on: a crash may leave one,
/// and from then on the name means neither. Gives the last step.
fn remove_twins<'a>(p: &mut Planner<'a>, key: &'a NetworkKey, kept: &state::Network) -> Option<NodeId> {
    let is_empty =
        |id: &NetworkId| p.index.attached(id).is_empty() && p.request.observed.guests_on(id).next().is_none();
    let twins: Vec<_> = twins(p, kept).filter(|twin| is_empty(&twin.id)).collect();
    let mut last = None;
    for twin in twins {
        let after = After::done(last.into_iter().chain(p.cleared.iter().copied()));
        let address = Address::Stray(twin.name.to_string());
        last = Some(p.nodes.add(&address, after, Step::RemoveNetwork { network: known(twin) }));
        p.twins.insert(&twin.id);
        let change = Change::new(address, &twin.name, Action::Delete);
        let notes = vec![format!("a second network of this name, as network {key}")];
        p.changes.push(Change { reasons: vec![Reason::Repair], notes, ..change });
    }
    // What is to start on the first finds it by its name.
    if let Some(last) = last {
        p.busy.extend(p.index.attached(&kept.id).iter().map(|user| (&user.id, last)));
    }
    last
}

/// Other networks that are the same one of the spec under the same name.
pub(super) fn twins<'a>(p: &Planner<'a>, kept: &state::Network) -> impl Iterator<Item = &'a state::Network> {
    let all = p.request.observed.networks.iter();
    all.filter(move |twin| twin.id != kept.id && twin.name == kept.name && twin.key.is_some() && twin.key == kept.key)
}

/// Adds the step that makes a network.
pub(super) fn create(p: &mut Planner, key: &NetworkKey, definition: &NetworkDefinition, after: After) -> NodeId {
    let step = Step::CreateNetwork {
        key: key.clone(),
        name: p.request.project.networks[key].name.clone(),
        definition: definition.clone(),
        labels: labels::network(p.request.project, key, definition, p.request.key),
    };
    p.nodes.add(&Address::Network(key.clone()), after, step)
}

/// A network that this plan makes.
pub(super) fn made<'a>(p: &Planner<'a>, key: &NetworkKey, node: NodeId, replaced: Option<&'a NetworkId>) -> Link<'a> {
    let name = p.request.project.networks[key].name.clone();
    Link { reference: NetworkRef { name, handle: Handle::Made(node) }, id: None, replaced, ready: Some(node) }
}

/// The network that is meant: ours first, then the one with containers, then the first. Engine 20.10 allows two of
/// one name.
fn choose<'a>(p: &Planner<'a>, key: &NetworkKey) -> Option<&'a state::Network> {
    let name = &p.request.project.networks[key].name;
    let same = p.request.observed.networks.iter().filter(|network| network.name == *name);
    same.min_by_key(|network| {
        (
            network.key.as_ref() != Some(key),
            network.key.is_none(),
            p.index.attached(&network.id).is_empty(),
            &network.id,
        )
    })
}

/// What differs from how the network was born. One that another tool made is compared by what inspect shows, and only
/// where the file says something: the rest is the engine's choice.
fn differences(found: &state::Network, wanted: &NetworkDefinition, key: &Key) -> Vec<diff::FieldChange> {
    let json = |definition| serde_json::to_value(definition).expect("a model of plain data has a JSON form");
    let wanted = json(wanted);
    match &found.record {
        Some(record) => diff::fields(&unveiled(json(record), &wanted, key), &wanted),
        None => diff::fields(&json(&found.live), &wanted).into_iter().filter(|change| said(change, &wanted)).collect(),
    }
}

/// Whether the file says something at the field, or takes back one of the plain switches.
pub(super) fn said(change: &diff::FieldChange, wanted: &Value) -> bool {
    let mut value = Some(wanted);
    for key in change.path.split('.') {
        value = value.and_then(|value| value.get(key));
    }
    match &change.after {
        Some(_) => true,
        None => value.is_some() || matches!(change.path.as_str(), "internal" | "attachable"),
    }
}
