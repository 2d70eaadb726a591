//! Reading a network.

use bollard::models::{Network, NetworkCreateRequest};

use super::super::codec;
use super::super::wire::Around;
use crate::model::{NetworkDefinition, NetworkName};
use crate::rules::ApiVersion;
use crate::state::label::Labels;
use crate::state::{NetworkId, Observed, Scope};

/// Adds a network, if the scope covers it.
pub(super) fn add(observed: &mut Observed, scope: &Scope, network: Network, api: ApiVersion) {
    let (Some(id), Some(name)) = (network.id.clone(), network.name.clone()) else { return };
    let labels: Labels = network.labels.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    observed.add_network(scope, NetworkId(id), NetworkName::new(name), &labels, || live(network, api));
}

fn live(network: Network, api: ApiVersion) -> NetworkDefinition {
    let wire = NetworkCreateRequest {
        name: network.name.unwrap_or_default(),
        driver: network.driver,
        internal: network.internal,
        attachable: network.attachable,
        ipam: network.ipam,
        // Only what differs from the default is a wish.
        enable_ipv4: network.enable_ipv4.filter(|enabled| !enabled),
        enable_ipv6: network.enable_ipv6.filter(|enabled| *enabled),
        options: network.options,
        ..Default::default()
    };
    codec::read_network(&wire, &Around::nothing(api))
}
