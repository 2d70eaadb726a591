//! Endpoints: how a container is on its networks, against how it should be. What the file leaves unset is the engine's
//! choice and never a difference; names are compared exactly, since a name too many answers for somebody else.

use serde_json::Value;

use super::networks::known;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{NetworkRef, NodeId, PlacedChange, drift};
use crate::diff::{self, FieldChange};
use crate::model::{Attachment, NetworkMode};
use crate::state::{Container, Endpoint, NetworkId};

/// One endpoint that differs.
#[derive(Debug, Clone)]
pub(super) struct Mend<'a> {
    /// What is told of it.
    pub changes: Vec<PlacedChange>,
    /// What is to be left first. With nothing to leave nor to join another step mends it.
    pub leave: Option<(NetworkRef, &'a NetworkId)>,
    /// What is to be joined then, and after which step it is there.
    pub join: Option<(NetworkRef, Attachment, Option<NodeId>)>,
}

/// What has to be done about a container's endpoints.
#[derive(Debug)]
pub(super) enum Endpoints<'a> {
    /// These are mended one by one.
    Mendable(Vec<Mend<'a>>),
    /// The container hangs on a network that is gone: it cannot be started nor disconnected any more.
    Lost(PlacedChange),
}

/// Compares a container's endpoints.
pub(super) fn compare<'a>(p: &Planner<'a>, wanted: &Wanted<'a>, container: &'a Container) -> Endpoints<'a> {
    let mut mends = Vec::new();
    if wanted.service.fixed.network_mode != NetworkMode::Networks || wanted.networks.is_empty() {
        return Endpoints::Mendable(mends);
    }
    for (key, attachment) in &wanted.networks {
        let path = format!("networks.{key}");
        let Some(link) = p.networks.get(*key) else { continue };
        if drift::ignored(wanted.service, &path) {
            continue;
        }
        let changes = |endpoint: &Endpoint| -> Vec<PlacedChange> {
            let host = container.record.as_ref().and_then(|record| record.fixed.get("hostname")?.as_str());
            let own = [host, Some(container.name.as_str())];
            differences(p, attachment, endpoint, container.state.is_up(), &own)
                .into_iter()
                .map(|change| FieldChange::new(format!("{path}.{}", change.path), change.before, change.after))
                .filter(|change| !drift::ignored(wanted.service, &change.path))
                .map(|change| place(p, wanted, change, key.as_str()))
                .collect()
        };
        // On a network that is made anew it is connected again as it should be: that is only told here.
        if let Some(endpoint) = link.replaced.and_then(|old| container.endpoints.get(old)) {
            mends.push(Mend { changes: changes(endpoint), leave: None, join: None });
            continue;
        }
        let join = |ready| Some((link.reference.clone(), attachment.clone(), ready));
        match link.id.and_then(|id| container.endpoints.get_key_value(id)) {
            None => {
                let change = FieldChange::new(path.clone(), None, Some(json(attachment)));
                let changes = vec![place(p, wanted, change, key.as_str())];
                mends.push(Mend { changes, leave: None, join: join(link.ready) });
            }
            Some((id, endpoint)) => {
                let changes = changes(endpoint);
                if !changes.is_empty() {
                    mends.push(Mend { changes, leave: Some((link.reference.clone(), id)), join: join(None) });
                }
            }
        }
    }
    for (id, endpoint) in &container.endpoints {
        let meant = p.networks.values().any(|link| link.id == Some(id) || link.replaced == Some(id));
        let meant = meant
            && wanted.networks.iter().any(|(key, _)| {
                p.networks.get(*key).is_some_and(|link| link.id == Some(id) || link.replaced == Some(id))
            });
        if meant {
            continue;
        }
        // A renamed network has the key of the one that is wanted now.
        let key = p.index.network(id).and_then(|network| network.key.as_ref());
        let key = key.filter(|key| !wanted.service.networks.contains_key(*key));
        let path = format!("networks.{}", key.map_or(endpoint.network.as_str(), |key| key.as_str()));
        if drift::ignored(wanted.service, &path) {
            continue;
        }
        if p.index.network(id).is_none() && !container.state.is_up() && wanted.network_names.contains(&endpoint.network)
        {
            let change = FieldChange::new(path, Some(Value::from(id.short())), None);
            return Endpoints::Lost(drift::asked(p, wanted.name, change));
        }
        let name = key.map_or(endpoint.network.as_str(), |key| key.as_str()).to_owned();
        let change = FieldChange::new(path, Some(json(&endpoint.attachment)), None);
        let network = p
            .index
            .network(id)
            .map(known)
            .unwrap_or_else(|| NetworkRef { name: endpoint.network.clone(), handle: super::Handle::Known(id.clone()) });
        let leave = (!p.parted.contains(&(&container.id, id))).then_some((network, id));
        mends.push(Mend { changes: vec![place(p, wanted, change, &name)], leave, join: None });
    }
    Endpoints::Mendable(mends)
}

/// A difference was made by a hand where the file says of this network what it said at the last apply.
fn place(p: &Planner, wanted: &Wanted, change: FieldChange, key: &str) -> PlacedChange {
    let now = wanted.service.networks.get(&key.into()).map_or(Value::Null, json);
    drift::live(p, wanted.name, change, drift::recorded(p, wanted.name, &["networks", key]), &now)
}

fn json(attachment: &Attachment) -> Value {
    serde_json::to_value(attachment).expect("a model of plain data has a JSON form")
}

/// The fields of an endpoint that are not as they should be. `own` are names that can belong to nobody else.
fn differences(
    p: &Planner,
    wanted: &Attachment,
    endpoint: &Endpoint,
    up: bool,
    own: &[Option<&str>],
) -> Vec<FieldChange> {
    let live = &endpoint.attachment;
    if wanted == live {
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
    } = wanted;
    // What is unset counts as what is live. The engine shows no hardware address of a container that does not run.
    let mut expected = wanted.clone();
    // Older engines let the host name resolve as well, and Compose the name of the container.
    expected
        .aliases
        .extend(own.iter().flatten().filter(|own| live.aliases.contains(**own)).map(|own| (*own).to_owned()));
    let shown = p.request.rules.dialect.shows_asked_addresses();
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
