//! Converters for networks and endpoints.

/// Other services under names of the container's own: `service:alias` in every endpoint. The engine's name server
/// resolves the service's name at each question, so a link survives the replacement of what it points at.
pub mod links {
    use std::collections::BTreeMap;

    use super::super::super::wire::Around;
    use crate::model::ServiceName;

    pub fn write(model: &BTreeMap<String, ServiceName>, wire: &mut Vec<String>, _: &Around) {
        *wire = model.iter().map(|(alias, service)| format!("{service}:{alias}")).collect();
    }

    pub fn read(wire: &[String], _: &Around) -> BTreeMap<String, ServiceName> {
        let pair = |link: &String| {
            let (service, alias) = link.split_once(':')?;
            Some((alias.to_owned(), ServiceName::from(service)))
        };
        wire.iter().filter_map(pair).collect()
    }
}

macro_rules! address {
    ($(#[$doc:meta])* $name:ident, $field:ident) => {
        $(#[$doc])*
        pub mod $name {
            use bollard::models::EndpointIpamConfig;

            use super::super::super::wire::Around;

            pub fn write(model: &Option<String>, wire: &mut Option<EndpointIpamConfig>, _: &Around) {
                if let Some(address) = model {
                    wire.get_or_insert_default().$field = Some(address.clone());
                }
            }

            pub fn read(wire: &Option<EndpointIpamConfig>, _: &Around) -> Option<String> {
                wire.as_ref()?.$field.clone().filter(|address| !address.is_empty())
            }
        }
    };
}

address! {
    /// An address that the user chose.
    ipv4, ipv4_address
}

address! {
    /// An address that the user chose.
    ipv6, ipv6_address
}

/// Link-local addresses.
pub mod link_local {
    use std::collections::BTreeSet;

    use bollard::models::EndpointIpamConfig;

    use super::super::super::wire::Around;

    pub fn write(model: &BTreeSet<String>, wire: &mut Option<EndpointIpamConfig>, _: &Around) {
        if !model.is_empty() {
            wire.get_or_insert_default().link_local_ips = Some(model.iter().cloned().collect());
        }
    }

    pub fn read(wire: &Option<EndpointIpamConfig>, _: &Around) -> BTreeSet<String> {
        wire.iter().flat_map(|config| config.link_local_ips.iter().flatten()).cloned().collect()
    }
}

/// The order of connecting, which no engine keeps.
pub mod order {
    use bollard::models::EndpointSettings;

    use super::super::super::wire::Around;

    pub fn write(_: &i64, _: &mut EndpointSettings, _: &Around) {}

    pub fn read(_: &EndpointSettings, _: &Around) -> i64 {
        0
    }
}

/// Address management.
pub mod ipam {
    use bollard::models::{Ipam as Wire, IpamConfig};

    use super::super::super::wire::Around;
    use crate::model::{Ipam, IpamPool};

    pub fn write(model: &Ipam, wire: &mut Option<Wire>, _: &Around) {
        if *model == Ipam::default() {
            return;
        }
        let Ipam { driver, config, options } = model;
        let pool = |IpamPool { subnet, ip_range, gateway, aux_addresses }: &IpamPool| IpamConfig {
            subnet: subnet.clone(),
            ip_range: ip_range.clone(),
            gateway: gateway.clone(),
            auxiliary_addresses: (!aux_addresses.is_empty()).then(|| aux_addresses.clone().into_iter().collect()),
        };
        *wire = Some(Wire {
            driver: driver.clone(),
            config: (!config.is_empty()).then(|| config.iter().map(pool).collect()),
            options: (!options.is_empty()).then(|| options.clone().into_iter().collect()),
        });
    }

    pub fn read(wire: &Option<Wire>, _: &Around) -> Ipam {
        let Wire { driver, config, options } = wire.clone().unwrap_or_default();
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());
        let pool = |IpamConfig { subnet, ip_range, gateway, auxiliary_addresses }: IpamConfig| IpamPool {
            subnet: set(subnet),
            ip_range: set(ip_range),
            gateway: set(gateway),
            aux_addresses: auxiliary_addresses.unwrap_or_default().into_iter().collect(),
        };
        Ipam {
            driver: set(driver),
            config: config.unwrap_or_default().into_iter().map(pool).collect(),
            options: options.unwrap_or_default().into_iter().collect(),
        }
    }
}
