//! Converters for ports: `Config.ExposedPorts` holds what is published and what is only declared, and
//! `HostConfig.PortBindings` tells the two apart.

/// `80/tcp`
fn split(port: &str) -> (&str, &str) {
    port.split_once('/').unwrap_or((port, "tcp"))
}

/// Published ports.
pub mod ports {
    use std::collections::{BTreeSet, HashMap};

    use bollard::models::PortBinding;

    use super::super::super::wire::{Around, Wire};
    use crate::model::{Port, Protocol};

    pub fn write(model: &BTreeSet<Port>, wire: &mut Wire, _: &Around) {
        let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
        for Port { target, protocol, host_ip, published } in model {
            let port = format!("{target}/{}", protocol.as_str());
            let exposed = wire.config.exposed_ports.get_or_insert_default();
            if !exposed.contains(&port) {
                exposed.push(port.clone());
            }
            let binding = PortBinding { host_ip: host_ip.clone(), host_port: published.clone() };
            bindings.entry(port).or_default().get_or_insert_default().push(binding);
        }
        wire.host.port_bindings = (!bindings.is_empty()).then_some(bindings);
    }

    pub fn read(wire: &Wire, _: &Around) -> BTreeSet<Port> {
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut ports = BTreeSet::new();
        for (port, bindings) in wire.host.port_bindings.iter().flatten() {
            let (target, protocol) = super::split(port);
            let Ok(target) = target.parse() else { continue };
            let protocol = match protocol {
                "udp" => Protocol::Udp,
                "sctp" => Protocol::Sctp,
                _ => Protocol::Tcp,
            };
            for PortBinding { host_ip, host_port } in bindings.iter().flatten() {
                ports.insert(Port { target, protocol, host_ip: set(host_ip), published: set(host_port) });
            }
        }
        ports
    }
}

/// Declared ports. A range is spelled port by port.
pub mod expose {
    use std::collections::BTreeSet;

    use super::super::super::wire::{Around, Wire};

    pub fn write(model: &BTreeSet<String>, wire: &mut Wire, _: &Around) {
        for declared in model {
            let (range, protocol) = super::split(declared);
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let exposed = wire.config.exposed_ports.get_or_insert_default();
            match (first.parse::<u16>(), last.parse::<u16>()) {
                (Ok(first), Ok(last)) => {
                    let ports = (first..=last).map(|port| format!("{port}/{protocol}"));
                    let new: Vec<_> = ports.filter(|port| !exposed.contains(port)).collect();
                    exposed.extend(new);
                }
                // What was no port would have been refused where it was read; the engine says so again.
                _ => exposed.push(declared.clone()),
            }
        }
    }

    pub fn read(wire: &Wire, _: &Around) -> BTreeSet<String> {
        let published = |port: &String| wire.host.port_bindings.iter().flatten().any(|(bound, _)| bound == port);
        wire.config.exposed_ports.iter().flatten().filter(|port| !published(port)).cloned().collect()
    }
}
