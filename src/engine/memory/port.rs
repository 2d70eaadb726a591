//! Ports of the host.

use super::refusal::no_container;
use super::world::World;
use crate::engine::EngineError;
use crate::model::Port;
use crate::state::ContainerId;

const EVERYWHERE: &str = "0.0.0.0";
/// Where Docker looks for a port when none is named.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49153..=65535;

impl World {
    /// Takes the host's ports that a container publishes, all or none.
    pub(super) fn bind_ports(&mut self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        let mut bound: Vec<Port> = Vec::new();
        for port in &container.fixed.ports {
            let host_ip = port.host_ip.clone().unwrap_or_else(|| EVERYWHERE.to_owned());
            let range = match &port.published {
                None => EPHEMERAL,
                Some(text) => range(text).ok_or_else(|| EngineError::Refused(format!("invalid hostPort: {text}")))?,
            };
            let free = range.clone().find(|number| {
                let taken = |other: &Port| clashes(other, port, &host_ip, *number);
                !bound.iter().any(taken) && !self.occupied.contains(number) && !self.all_ports().any(taken)
            });
            let number = free.ok_or_else(|| EngineError::PortTaken {
                port: format!("{host_ip}:{}", range.start()),
                cause: "bind: address already in use".to_owned(),
            })?;
            bound.push(Port { host_ip: Some(host_ip), published: Some(number.to_string()), ..port.clone() });
        }
        if let Some(container) = self.containers.get_mut(id) {
            container.ports = bound;
        }
        Ok(())
    }

    fn all_ports(&self) -> impl Iterator<Item = &Port> {
        self.containers.values().flat_map(|container| &container.ports)
    }
}

fn range(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// Whether a bound port stands in the way of this number.
fn clashes(bound: &Port, wanted: &Port, host_ip: &str, number: u16) -> bool {
    let addresses = [bound.host_ip.as_deref().unwrap_or(EVERYWHERE), host_ip];
    bound.protocol == wanted.protocol
        && bound.published.as_deref() == Some(&number.to_string())
        && (addresses[0] == addresses[1] || addresses.contains(&EVERYWHERE))
}
