//! Endpoints: how a container is on its networks, against how it should be. What the file leaves unset is the engine's
//! choice and never a difference; names are compared exactly, since a name too many answers for somebody else.

use serde_json::Value;

use super::desired::DesiredService;
use super::ignore_changes::ignored;
use super::network::{NetworkTarget, NetworkTargets};
use super::provenance;
use super::sides::Sides;
use crate::diff::{self, FieldChange};
use crate::model::{Attachment, NetworkKey, NetworkMode};
use crate::plan::vocabulary::PlacedChange;
use crate::state::{Container, Endpoint, NetworkId};

/// One endpoint that differs.
#[derive(Debug, Clone)]
pub struct EndpointDifference<'a> {
    /// What is told of it.
    pub changes: Vec<PlacedChange>,
    /// What is to be left first. With nothing to leave nor to join it is mended with its network.
    pub leave: Option<&'a NetworkId>,
    /// What is to be joined then, and how.
    pub join: Option<(&'a NetworkKey, Attachment)>,
}

/// What differs among a container's endpoints.
#[derive(Debug)]
pub enum EndpointDifferences<'a> {
    /// These, each of which can be mended.
    Mendable(Vec<EndpointDifference<'a>>),
    /// The container hangs on a network that is gone: it cannot be started nor disconnected any more.
    Lost(PlacedChange),
}

/// Compares a container's endpoints.
pub fn compare<'a>(
    sides: &Sides<'a>,
    targets: &NetworkTargets<'a>,
    desired: &DesiredService<'a>,
    container: &'a Container,
) -> EndpointDifferences<'a> {
    let mut found = Vec::new();
    if desired.service.fixed.network_mode != NetworkMode::Networks || desired.networks.is_empty() {
        return EndpointDifferences::Mendable(found);
    }
    for (key, attachment) in &desired.networks {
        let path = format!("networks.{key}");
        let Some(target) = targets.networks.get(*key) else { continue };
        if ignored(desired.service, &path) {
            continue;
        }
        let changes = |endpoint: &Endpoint| -> Vec<PlacedChange> {
            let host = container.record.as_ref().and_then(|record| record.hostname());
            let own = [host, Some(container.name.as_str())];
            differences(sides, attachment, endpoint, container.state.is_up(), &own)
                .into_iter()
                .map(|change| FieldChange::new(format!("{path}.{}", change.path), change.before, change.after))
                .filter(|change| !ignored(desired.service, &change.path))
                .map(|change| place(sides, desired, change, key.as_str()))
                .collect()
        };
        let endpoint = target.live().and_then(|id| container.endpoints.get(id));
        match (target, endpoint) {
            // There it is connected again as it should be: that is only told here.
            (NetworkTarget::Recreated(_), Some(endpoint)) => {
                found.push(EndpointDifference { changes: changes(endpoint), leave: None, join: None });
            }
            (NetworkTarget::Kept(id), Some(endpoint)) => {
                let changes = changes(endpoint);
                if !changes.is_empty() {
                    let join = Some((*key, attachment.clone()));
                    found.push(EndpointDifference { changes, leave: Some(id), join });
                }
            }
            (NetworkTarget::Kept(_) | NetworkTarget::Recreated(_) | NetworkTarget::Created, _) => {
                let change = FieldChange::new(path.clone(), None, Some(json(attachment)));
                let changes = vec![place(sides, desired, change, key.as_str())];
                found.push(EndpointDifference { changes, leave: None, join: Some((*key, attachment.clone())) });
            }
        }
    }
    for (id, endpoint) in &container.endpoints {
        let targets_it = |key| targets.networks.get(key).is_some_and(|target| target.live() == Some(id));
        if desired.networks.iter().any(|(key, _)| targets_it(*key)) {
            continue;
        }
        // A renamed network has the key of the one that is wanted now.
        let network = sides.index.network(id);
        let key = network.and_then(|network| network.key.as_ref());
        let key = key.filter(|key| !desired.service.networks.contains_key(*key));
        let name = key.map_or(endpoint.network.as_str(), |key| key.as_str());
        let path = format!("networks.{name}");
        if ignored(desired.service, &path) {
            continue;
        }
        if network.is_none() && !container.state.is_up() && desired.network_names.contains(&endpoint.network) {
            let change = FieldChange::new(path, Some(Value::from(id.short())), None);
            return EndpointDifferences::Lost(provenance::asked(sides, desired.name, change));
        }
        let change = FieldChange::new(path, Some(json(&endpoint.attachment)), None);
        let leave = (!targets.parted.contains(&(&container.id, id))).then_some(id);
        found.push(EndpointDifference { changes: vec![place(sides, desired, change, name)], leave, join: None });
    }
    EndpointDifferences::Mendable(found)
}

/// A difference was made by an external actor where the file says of this network what it said at the last apply.
fn place(sides: &Sides, desired: &DesiredService, change: FieldChange, key: &str) -> PlacedChange {
    let now = desired.service.networks.get(&key.into()).map_or(Value::Null, json);
    let recorded = provenance::recorded(sides, desired.name, &["networks", key]);
    provenance::live(sides, desired.name, change, recorded, &now)
}

fn json(attachment: &Attachment) -> Value {
    serde_json::to_value(attachment).expect("a model of plain data has a JSON form")
}

/// The fields of an endpoint that are not as they should be. `own` are names that can belong to nobody else.
fn differences(
    sides: &Sides,
    desired: &Attachment,
    endpoint: &Endpoint,
    up: bool,
    own: &[Option<&str>],
) -> Vec<FieldChange> {
    let live = &endpoint.attachment;
    if desired == live {
        return Vec::new();
    }
    let Attachment {
        aliases: _,
        ipv4_address,
        ipv6_address,
        link_local_ips,
        mac_address,
        driver_opts,
        gw_priority,
        priority: _,
        links,
    } = desired;
    // What is unset counts as what is live. The engine shows no hardware address of a container that does not run.
    let mut expected = desired.clone();
    // Older engines let the host name resolve as well, and Compose the name of the container.
    expected
        .aliases
        .extend(own.iter().flatten().filter(|own| live.aliases.contains(**own)).map(|own| (*own).to_owned()));
    let shown = sides.request.rules.dialect.capabilities().shows_asked_addresses;
    let has = |address: &Option<String>| {
        address.as_ref().is_none_or(|address| !shown && endpoint.addresses.contains(address))
    };
    if has(ipv4_address) {
        expected.ipv4_address.clone_from(&live.ipv4_address);
    }
    if has(ipv6_address) {
        expected.ipv6_address.clone_from(&live.ipv6_address);
    }
    if link_local_ips.is_empty() {
        expected.link_local_ips.clone_from(&live.link_local_ips);
    }
    let same_mac = |mac: &String| live.mac_address.as_ref().is_some_and(|live| live.eq_ignore_ascii_case(mac));
    if mac_address.as_ref().is_none_or(same_mac) || !up {
        expected.mac_address.clone_from(&live.mac_address);
    }
    if driver_opts.iter().all(|(name, value)| live.driver_opts.get(name) == Some(value)) {
        expected.driver_opts.clone_from(&live.driver_opts);
    }
    if gw_priority.is_none() {
        expected.gw_priority = live.gw_priority;
    }
    if links.is_subset(&live.links) {
        expected.links.clone_from(&live.links);
    }
    diff::fields(&json(live), &json(&expected))
}
