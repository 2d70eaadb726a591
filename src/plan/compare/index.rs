//! The live world, indexed once, so that planning stays linear.

use std::collections::BTreeMap;

use super::names;
use crate::model::{ContainerName, Port, Project, ServiceName, VolumeName};
use crate::state::{Container, LivePort, Network, NetworkId, Observed, RunState, Volume, own};

/// One look, by what the planner asks for.
#[derive(Debug)]
pub struct Index<'a> {
    /// Containers of services by service and number; one-offs are in none.
    slots: BTreeMap<&'a ServiceName, BTreeMap<u32, Slot<'a>>>,
    networks: BTreeMap<&'a NetworkId, &'a Network>,
    attached: BTreeMap<&'a NetworkId, Vec<&'a Container>>,
    volumes: BTreeMap<&'a VolumeName, &'a Volume>,
    mounting: BTreeMap<&'a VolumeName, Vec<&'a Container>>,
    names: BTreeMap<&'a ContainerName, &'a Container>,
    ports: BTreeMap<u16, Vec<(&'a LivePort, &'a Container)>>,
}

/// The containers that say they are the same replica of the same service.
#[derive(Debug, Default)]
pub struct Slot<'a> {
    /// The one that is looked after.
    pub main: Option<&'a Container>,
    /// The one that an interrupted replacement left beside it.
    pub next: Option<&'a Container>,
    /// Others.
    pub extra: Vec<&'a Container>,
}

impl<'a> Index<'a> {
    /// Indexes one look.
    pub fn new(project: &Project, observed: &'a Observed) -> Self {
        let mut index = Self {
            slots: BTreeMap::new(),
            networks: observed.networks.iter().map(|network| (&network.id, network)).collect(),
            attached: BTreeMap::new(),
            volumes: observed.volumes.iter().map(|volume| (&volume.name, volume)).collect(),
            mounting: BTreeMap::new(),
            names: observed.containers.iter().map(|container| (&container.name, container)).collect(),
            ports: BTreeMap::new(),
        };
        let mut slots: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for container in &observed.containers {
            for network in container.endpoints.keys() {
                index.attached.entry(network).or_default().push(container);
            }
            for volume in container.mounts.iter().filter_map(|mount| mount.volume.as_ref()) {
                index.mounting.entry(volume).or_default().push(container);
            }
            for port in &container.ports {
                index.ports.entry(port.published).or_default().push((port, container));
            }
            if !container.oneoff {
                slots.entry(&container.service).or_default().entry(container.replica).or_default().push(container);
            }
        }
        for (service, numbers) in slots {
            let spec = project.services.get(service);
            let slots = numbers.into_iter().map(|(number, containers)| {
                (number, Slot::of(&names::container(&project.name, service, spec, number), containers))
            });
            index.slots.insert(service, slots.collect());
        }
        index
    }

    /// The containers of a service, by number.
    pub fn service(&self, name: &ServiceName) -> impl Iterator<Item = (u32, &Slot<'a>)> {
        self.slots.get(name).into_iter().flatten().map(|(number, slot)| (*number, slot))
    }

    /// The containers of one replica.
    pub fn slot(&self, name: &ServiceName, number: u32) -> Option<&Slot<'a>> {
        self.slots.get(name)?.get(&number)
    }

    /// The numbers of so many replicas of a service: those that are there, the lowest first, then the lowest that are
    /// free. So none goes where another one is made.
    pub fn numbers(&self, name: &ServiceName, scale: u32) -> Vec<u32> {
        let scale = usize::try_from(scale).unwrap_or(usize::MAX);
        let mut numbers: Vec<u32> = self.service(name).map(|(number, _)| number).take(scale).collect();
        let free: Vec<u32> = (1..).filter(|number| !numbers.contains(number)).take(scale - numbers.len()).collect();
        numbers.extend(free);
        numbers.sort_unstable();
        numbers
    }

    /// Every service that has a container, with its containers by number.
    pub fn services(&self) -> impl Iterator<Item = (&'a ServiceName, &BTreeMap<u32, Slot<'a>>)> {
        self.slots.iter().map(|(name, slots)| (*name, slots))
    }

    /// The network with this id.
    pub fn network(&self, id: &NetworkId) -> Option<&'a Network> {
        self.networks.get(id).copied()
    }

    /// The project's containers on a network.
    pub fn attached(&self, id: &NetworkId) -> &[&'a Container] {
        self.attached.get(id).map_or(&[], Vec::as_slice)
    }

    /// The volume with this name.
    pub fn volume(&self, name: &VolumeName) -> Option<&'a Volume> {
        self.volumes.get(name).copied()
    }

    /// The project's containers that mount a volume.
    pub fn mounting(&self, name: &VolumeName) -> &[&'a Container] {
        self.mounting.get(name).map_or(&[], Vec::as_slice)
    }

    /// The project's container with this name.
    pub fn named(&self, name: &ContainerName) -> Option<&'a Container> {
        self.names.get(name).copied()
    }

    /// The project's containers that have a port of the host. Without an address it is asked for on all of them.
    pub fn publishing(&self, wanted: &Port) -> impl Iterator<Item = (u16, &'a Container)> {
        let number = wanted.published.as_ref().and_then(|published| published.parse().ok());
        let any = |ip: &str| matches!(ip, "" | "0.0.0.0" | "::");
        let ip = wanted.host_ip.clone().unwrap_or_default();
        let protocol = wanted.protocol.as_str();
        let ports = number.and_then(|number: u16| self.ports.get(&number)).into_iter().flatten();
        ports
            .filter(move |(port, _)| {
                port.protocol == protocol && (any(&ip) || any(&port.host_ip) || port.host_ip == ip)
            })
            .map(|(port, container)| (port.published, *container))
    }
}

impl<'a> Slot<'a> {
    /// The right name first, then what runs, then by name; a temporary name is the main one only where it is alone.
    fn of(name: &ContainerName, mut containers: Vec<&'a Container>) -> Self {
        containers.sort_by_key(|container| {
            (
                own::is_next(&container.name),
                container.name != *name,
                container.state != RunState::Running,
                &container.name,
                &container.id,
            )
        });
        let mut containers = containers.into_iter();
        let main = containers.next();
        let (mut next, mut extra) = (None, Vec::new());
        for container in containers {
            if next.is_none() && own::is_next(&container.name) {
                next = Some(container);
            } else {
                extra.push(container);
            }
        }
        Self { main, next, extra }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'a Container> {
        self.main.into_iter().chain(self.next).chain(self.extra.iter().copied())
    }
}
