//! The networks that services are on.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use crate::model::{Ipam, IpamPool, Network, NetworkDefinition, NetworkKey, Service, ServiceName};
use crate::spec::value::Text;
use crate::spec::{Spec, types};

/// Every network that a service is on.
pub(super) fn networks(spec: &Spec, services: &BTreeMap<ServiceName, Service>) -> BTreeMap<NetworkKey, Network> {
    let used: BTreeSet<&NetworkKey> = services.values().flat_map(|service| service.networks.keys()).collect();
    let default = types::Network::default();
    let network = |key: &NetworkKey| {
        let own = spec.networks.get(key.as_str()).unwrap_or(&default);
        Network {
            name: names::network(spec, key.as_str()),
            definition: (!own.external).then(|| definition(own)),
            ignore_changes: left_alone(own.dsenv.as_ref()),
        }
    };
    used.into_iter().map(|key| (key.clone(), network(key))).collect()
}

fn definition(own: &types::Network) -> NetworkDefinition {
    let types::Network {
        name: _,
        driver,
        driver_opts,
        ipam,
        external: _,
        internal,
        attachable,
        labels,
        enable_ipv4,
        enable_ipv6,
        dsenv: _,
        extensions: _,
    } = own;
    NetworkDefinition {
        driver: driver.clone().filter(|driver| !driver.is_empty()),
        driver_opts: texts(driver_opts),
        ipam: self::ipam(ipam),
        internal: *internal,
        attachable: *attachable,
        enable_ipv4: *enable_ipv4,
        enable_ipv6: *enable_ipv6,
        labels: texts(labels),
    }
}

fn ipam(own: &types::Ipam) -> Ipam {
    let types::Ipam { driver, config, options, extensions: _ } = own;
    // Written out, the driver `default` is what holds anyway.
    let driver = driver.clone().filter(|driver| !matches!(driver.as_str(), "" | "default"));
    Ipam { driver, config: config.iter().map(pool).collect(), options: texts(options) }
}

fn pool(own: &types::IpamPool) -> IpamPool {
    let types::IpamPool { subnet, gateway, ip_range, aux_addresses, extensions: _ } = own;
    IpamPool {
        subnet: subnet.clone(),
        ip_range: ip_range.clone(),
        gateway: gateway.clone(),
        aux_addresses: texts(aux_addresses),
    }
}

/// The fields that are left alone; the model calls them as the file does.
pub(super) fn left_alone(own: Option<&types::ObjectDsenv>) -> BTreeSet<String> {
    own.into_iter().flat_map(|own| own.ignore_changes.iter().cloned()).collect()
}

/// Values as plain texts.
pub(super) fn texts(map: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    map.iter().map(|(key, value)| (key.clone(), value.0.clone())).collect()
}
