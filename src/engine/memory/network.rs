//! Networks: made, joined, left, and what resolves in them.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::process::Phase;
use super::refusal::{conflict, no_container, no_network, refused};
use super::subnet::Subnet;
use super::world::{Endpoint, World};
use crate::engine::EngineError;
use crate::model::{Attachment, IpamPool, NetworkDefinition, NetworkName};
use crate::state::label::Labels;
use crate::state::{ContainerId, NetworkId};

/// The network that every engine has, on which no name resolves.
const BRIDGE: &str = "bridge";

/// A network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Network {
    pub(super) name: NetworkName,
    /// As the engine shows it, the pool that it chose included.
    pub(super) definition: NetworkDefinition,
    pub(super) labels: Labels,
    /// Where its addresses come from; `None` for `host` and `none`, which have none.
    subnet: Option<Subnet>,
    /// Whether the subnet was asked for: only then can a container ask for an address.
    configured: bool,
    /// Whether the engine holds an endpoint that no container has, as Engine 20.10 may after many removals.
    #[serde(default)]
    pub(super) jammed: bool,
}

impl Network {
    fn is_predefined(&self) -> bool {
        matches!(self.name.as_str(), BRIDGE | "host" | "none")
    }
}

impl World {
    /// Every engine has these.
    pub(super) fn add_predefined_networks(&mut self) {
        for (name, driver, subnet) in
            [(BRIDGE, BRIDGE, Some(Subnet::first())), ("host", "host", None), ("none", "null", None)]
        {
            let id = NetworkId(self.new_id());
            let definition = shown(NetworkDefinition { driver: Some(driver.into()), ..Default::default() }, subnet);
            let network = Network {
                name: name.into(),
                definition,
                labels: Labels::new(),
                subnet,
                configured: false,
                jammed: false,
            };
            self.networks.insert(id, network);
        }
    }

    /// Makes a network. Engine 20.10 allows several of one name, which are then told apart by id only.
    pub(super) fn create_network(
        &mut self,
        name: &NetworkName,
        definition: &NetworkDefinition,
        labels: &Labels,
    ) -> Result<NetworkId, EngineError> {
        if let Some(driver @ ("host" | "none" | "null")) = definition.driver.as_deref() {
            return Err(refused(format!("only one instance of \"{driver}\" network is allowed")));
        }
        let asked = definition.ipam.config.iter().filter_map(|pool| pool.subnet.as_deref());
        let asked = asked.filter(|subnet| !subnet.contains(':')).map(Subnet::parse).next();
        let taken: Vec<_> = self.networks.values().filter_map(|network| network.subnet).collect();
        let subnet = match asked {
            Some(None) => return Err(refused("invalid CIDR address in the network's subnet")),
            Some(Some(subnet)) if taken.iter().any(|other| other.overlaps(subnet)) => {
                return Err(refused("pool overlaps with other one on this address space"));
            }
            Some(Some(subnet)) => subnet,
            None => Subnet::free(&taken).ok_or_else(|| {
                refused("could not find an available, non-overlapping IPv4 address pool among the defaults")
            })?,
        };
        let id = NetworkId(self.new_id());
        let definition = shown(definition.clone(), Some(subnet));
        let configured = asked.is_some();
        let network = Network {
            name: name.clone(),
            definition,
            labels: labels.clone(),
            subnet: Some(subnet),
            configured,
            jammed: false,
        };
        self.networks.insert(id.clone(), network);
        self.touch(labels);
        Ok(id)
    }

    /// Removes a network that no running container is in. One that is in no state to run keeps its endpoint, and
    /// cannot start any more.
    pub(super) fn remove_network(&mut self, id: &NetworkId) -> Result<(), EngineError> {
        let network = self.networks.get(id).ok_or_else(|| no_network(id))?;
        if network.is_predefined() {
            return Err(refused(format!("{} is a pre-defined network and cannot be removed", network.name)));
        }
        let users: Vec<_> = self
            .containers
            .values()
            .filter(|container| matches!(container.phase, Phase::Up(_)) && container.endpoints.contains_key(id))
            .map(|container| container.name.as_str())
            .collect();
        if network.jammed || !users.is_empty() {
            let text = format!("network {} has active endpoints: {}", network.name, users.join(", "));
            return Err(refused(text));
        }
        let labels = network.labels.clone();
        self.networks.remove(id);
        self.touch(&labels);
        Ok(())
    }

    /// The only network of this name.
    pub(super) fn network_named(&self, name: &str) -> Result<NetworkId, EngineError> {
        let mut found = self.networks.iter().filter(|(_, network)| network.name.as_str() == name);
        match (found.next(), found.next()) {
            (Some((id, _)), None) => Ok(id.clone()),
            (None, _) => Err(EngineError::NotFound(format!("network {name} not found"))),
            (Some(_), Some(_)) => Err(conflict(format!("network {name} is ambiguous (several have that name)"))),
        }
    }

    /// The endpoint that such an attachment makes, if the network allows it.
    pub(super) fn endpoint(&self, network: &NetworkId, attachment: &Attachment) -> Result<Endpoint, EngineError> {
        let found = self.networks.get(network).ok_or_else(|| no_network(network))?;
        if found.is_predefined() && !attachment.aliases.is_empty() {
            return Err(refused("network-scoped alias is supported only for containers in user defined networks"));
        }
        Ok(Endpoint { network: found.name.clone(), attachment: attachment.clone(), address: None })
    }

    /// Attaches a container.
    pub(super) fn connect(
        &mut self,
        id: &ContainerId,
        network: &NetworkId,
        attachment: &Attachment,
    ) -> Result<(), EngineError> {
        let endpoint = self.endpoint(network, attachment)?;
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        if container.endpoints.contains_key(network) {
            let text = format!("endpoint with name {} already exists in network {}", container.name, endpoint.network);
            return Err(refused(text));
        }
        let up = matches!(container.phase, Phase::Up(_));
        let address = if up { self.address(network, attachment)? } else { None };
        if let Some(container) = self.containers.get_mut(id) {
            container.endpoints.insert(network.clone(), Endpoint { address, ..endpoint });
        }
        self.touch_container(id);
        Ok(())
    }

    /// Detaches a container, if it is attached.
    pub(super) fn disconnect(&mut self, id: &ContainerId, network: &NetworkId) -> Result<(), EngineError> {
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        if container.endpoints.remove(network).is_some() {
            self.touch_container(id);
        }
        Ok(())
    }

    /// Gives each endpoint of a container an address: the one that it asks for, or the lowest that is free. So one
    /// that comes back has its old one again, if nobody took it.
    pub(super) fn take_addresses(&mut self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        let wanted: Vec<_> =
            container.endpoints.iter().map(|(network, it)| (network.clone(), it.attachment.clone())).collect();
        for (network, attachment) in wanted {
            if let Some(network) = self.networks.get(&network) {
                // Engine 20.10 looks a starting container's networks up by name.
                self.network_named(network.name.as_str())?;
            }
            let address = self.address(&network, &attachment)?;
            let endpoint = self.containers.get_mut(id).and_then(|container| container.endpoints.get_mut(&network));
            if let Some(endpoint) = endpoint {
                endpoint.address = address;
            }
        }
        Ok(())
    }

    fn address(&self, id: &NetworkId, attachment: &Attachment) -> Result<Option<Ipv4Addr>, EngineError> {
        let network = self.networks.get(id).ok_or_else(|| no_network(id))?;
        let Some(subnet) = network.subnet else { return Ok(None) };
        let endpoints = self.containers.values().filter_map(|container| container.endpoints.get(id));
        let taken: Vec<_> = endpoints.filter_map(|endpoint| endpoint.address).collect();
        let Some(asked) = &attachment.ipv4_address else {
            let free = subnet.hosts().find(|address| !taken.contains(address));
            return free
                .map(Some)
                .ok_or_else(|| refused("no available IPv4 addresses on this network's address pools"));
        };
        if !network.configured {
            return Err(refused(
                "user specified IP address is supported only when connecting to networks with user configured subnets",
            ));
        }
        match asked.parse() {
            Ok(address) if taken.contains(&address) => Err(conflict("address already in use")),
            Ok(address) if subnet.contains(address) => Ok(Some(address)),
            _ => Err(refused(format!("invalid address {asked}: it does not belong to any of this network's subnets"))),
        }
    }

    /// What a name means to a container: names and aliases of running ones on the networks that it is on. The
    /// default bridge resolves nothing.
    pub(super) fn resolve(&self, from: &ContainerId, name: &str) -> Option<Ipv4Addr> {
        let asking = self.containers.get(from)?;
        let networks =
            asking.endpoints.keys().filter(|id| self.networks.get(*id).is_some_and(|network| !network.is_predefined()));
        networks.into_iter().find_map(|network| {
            self.containers.iter().find_map(|(id, container)| {
                let endpoint = container.endpoints.get(network)?;
                let known =
                    container.name.as_str() == name || id.short() == name || endpoint.attachment.aliases.contains(name);
                endpoint.address.filter(|_| known)
            })
        })
    }
}

/// The definition as inspect shows it: driver and pool filled in.
fn shown(mut definition: NetworkDefinition, subnet: Option<Subnet>) -> NetworkDefinition {
    definition.driver.get_or_insert_with(|| BRIDGE.to_owned());
    definition.ipam.driver.get_or_insert_with(|| "default".to_owned());
    if let (Some(subnet), true) = (subnet, definition.ipam.config.is_empty()) {
        definition.ipam.config.push(IpamPool {
            subnet: Some(subnet.to_string()),
            gateway: Some(subnet.gateway().to_string()),
            ..IpamPool::default()
        });
    }
    definition
}
