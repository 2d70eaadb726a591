//! Reading a network.

use bollard::models::NetworkCreateRequest;

use super::super::codec;
use super::super::wire::Around;
use crate::model::{NetworkKey, NetworkName};
use crate::rules::ApiVersion;
use crate::state::{Network, NetworkId, Scope, label};

/// `None` for one that is neither the project's nor asked for.
pub(super) fn read(summary: bollard::models::Network, scope: &Scope, api: ApiVersion) -> Option<Network> {
    let name = NetworkName::new(summary.name?);
    let labels: label::Labels = summary.labels.iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let ours = label::belongs(&labels, &scope.project);
    if !ours && !scope.networks.contains(&name) {
        return None;
    }
    let wire = NetworkCreateRequest {
        name: name.to_string(),
        driver: summary.driver,
        internal: summary.internal,
        attachable: summary.attachable,
        ipam: summary.ipam,
        // Only what differs from the default is a wish.
        enable_ipv4: summary.enable_ipv4.filter(|enabled| !enabled),
        enable_ipv6: summary.enable_ipv6.filter(|enabled| *enabled),
        options: summary.options,
        labels: summary.labels,
        ..Default::default()
    };
    let key = labels.get(label::NAME).or_else(|| labels.get(label::COMPOSE_NETWORK)).filter(|_| ours);
    Some(Network {
        id: NetworkId(summary.id?),
        name,
        key: key.map(|key| NetworkKey::new(key)),
        record: labels.get(label::APPLIED).filter(|_| ours).and_then(|text| serde_json::from_str(text).ok()),
        live: codec::read_network(&wire, &Around::nothing(api)),
    })
}
