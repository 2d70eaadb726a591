//! Steps while they come to be: by entity, the number of the step that others come after. Nothing is decided from it.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{After, Builder};
use super::network_guard::NetworkGuard;
use crate::model::{Address, ImageRef, ModelKey, NetworkKey, NoteName, Project, ServiceName, VolumeName};
use crate::plan::compare::sides::Sides;
use crate::plan::decide::decisions::{Decisions, Handover};
use crate::plan::vocabulary::{ContainerRef, Handle, NetworkRef, NodeId, NoteStep, Request};
use crate::state::{Container, ContainerId, Network, NetworkId, Note, NoteBody, own};

/// Steps while they come to be.
#[derive(Debug)]
pub struct Schedule<'a> {
    /// What is asked for, beside what is there.
    pub sides: &'a Sides<'a>,
    /// What is to be done.
    pub decisions: &'a Decisions<'a>,
    /// The steps so far.
    pub nodes: Builder,
    /// What brings each image.
    pub images: BTreeMap<&'a ImageRef, NodeId>,
    /// Networks of the spec.
    pub networks: BTreeMap<&'a NetworkKey, NetworkSteps>,
    /// What makes each volume.
    pub volumes: BTreeMap<&'a VolumeName, NodeId>,
    /// What writes each note with contents of configs and secrets.
    pub files: BTreeMap<&'a NoteName, NodeId>,
    /// Which steps touch which network.
    pub guard: NetworkGuard,
    /// The containers of services, as they will be.
    pub services: BTreeMap<&'a ServiceName, ServiceSteps<'a>>,
    /// What removes a container.
    pub gone: BTreeMap<&'a ContainerId, NodeId>,
    /// After what a container has given its ports up, while services hand ports over.
    pub released: BTreeMap<&'a ContainerId, NodeId>,
    /// What takes a container off a network.
    pub left: BTreeMap<(&'a ContainerId, &'a NetworkId), NodeId>,
    /// What gives a container another name.
    pub renamed: BTreeMap<&'a ContainerId, NodeId>,
    /// The last step on a container before its service is settled.
    pub busy: BTreeMap<&'a ContainerId, NodeId>,
    /// What removes a helper, by the note that it was to fill.
    pub helpers: BTreeMap<&'a NoteName, NodeId>,
    /// The steps after which all helpers are gone, with their names, endpoints and mounts.
    pub cleared: BTreeSet<NodeId>,
    /// The last hook before the first start, by service, where it runs once for all replicas.
    pub pre_started: BTreeMap<&'a ServiceName, NodeId>,
    /// What brings up a service that a program runs, if anything does.
    pub providers: BTreeMap<&'a ServiceName, Option<NodeId>>,
    /// The last step of a language model, if there is one.
    pub models: BTreeMap<&'a ModelKey, Option<NodeId>>,
    key: Option<NodeId>,
}

/// A network of the spec as this plan leaves it.
#[derive(Debug, Clone)]
pub struct NetworkSteps {
    /// For steps.
    pub reference: NetworkRef,
    /// The step after which its name means it.
    pub ready: Option<NodeId>,
}

/// The containers of a service after the plan.
#[derive(Debug, Default)]
pub struct ServiceSteps<'a>(pub BTreeMap<u32, ReplicaSteps<'a>>);

/// One of them.
#[derive(Debug, Clone)]
pub struct ReplicaSteps<'a> {
    /// Which one.
    pub container: ContainerRef,
    /// As it was seen, if it stays.
    pub live: Option<&'a Container>,
    /// The step that makes it.
    pub created: Option<NodeId>,
    /// The step that starts it.
    pub started: Option<NodeId>,
    /// The step after which it has passed its gate.
    pub ready: Option<NodeId>,
    /// A wait that a dependent asked for beyond the gate.
    pub healthy: Option<NodeId>,
    /// The same, for its end.
    pub completed: Option<NodeId>,
}

impl<'a> ReplicaSteps<'a> {
    /// One that this plan makes or starts.
    pub fn new(container: ContainerRef) -> Self {
        Self { container, live: None, created: None, started: None, ready: None, healthy: None, completed: None }
    }

    /// The steps after which its namespaces can be joined.
    pub fn up(&self) -> Option<NodeId> {
        self.started.or(self.created)
    }
}

impl<'a> ServiceSteps<'a> {
    /// The container that others borrow from.
    pub fn first(&self) -> Option<&ReplicaSteps<'a>> {
        self.0.values().next()
    }
}

impl<'a> Schedule<'a> {
    /// Nothing is scheduled yet.
    pub fn new(sides: &'a Sides<'a>, decisions: &'a Decisions<'a>) -> Self {
        Self {
            sides,
            decisions,
            nodes: Builder::default(),
            images: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            files: BTreeMap::new(),
            guard: NetworkGuard::default(),
            services: BTreeMap::new(),
            gone: BTreeMap::new(),
            released: BTreeMap::new(),
            left: BTreeMap::new(),
            renamed: BTreeMap::new(),
            busy: BTreeMap::new(),
            helpers: BTreeMap::new(),
            cleared: BTreeSet::new(),
            pre_started: BTreeMap::new(),
            providers: BTreeMap::new(),
            models: BTreeMap::new(),
            key: None,
        }
    }

    /// What the plan is made from.
    pub fn request(&self) -> Request<'a> {
        self.sides.request
    }

    /// What should exist.
    pub fn project(&self) -> &'a Project {
        self.sides.request.project
    }

    /// The step that stores the project's key, if that is not there yet. Whatever carries a digest comes after it.
    pub fn key_node(&mut self) -> Option<NodeId> {
        let Request { project, observed, key, .. } = self.sides.request;
        if observed.key.is_some() || self.key.is_some() {
            return self.key;
        }
        let name = own::key(&project.name, &observed.taken);
        let note = Note { project: project.name.clone(), name, body: NoteBody::Key(key.clone()) };
        self.key = Some(self.nodes.add(&Address::Project, After::default(), NoteStep::Keep(note)));
        self.key
    }

    /// What the first step on a container comes after.
    pub fn after_busy(&self, container: &Container) -> After {
        After::done(self.busy.get(&container.id).copied())
    }

    /// What comes after these containers are gone.
    pub fn after_gone(&self, containers: &[&Container]) -> After {
        After::done(containers.iter().filter_map(|old| self.gone.get(&old.id).copied()))
    }

    /// What comes after all helpers are gone.
    pub fn after_cleared(&self) -> After {
        After::done(self.cleared.iter().copied())
    }

    /// What comes after others have given up what a replica takes.
    pub fn after_handover(&self, takes: &Handover) -> After {
        let Handover { ports, name } = takes;
        let ports = ports.iter().filter_map(|holder| self.gone.get(holder).or_else(|| self.released.get(holder)));
        let name = name.and_then(|holder| self.gone.get(holder).or_else(|| self.renamed.get(holder)));
        After::done(ports.chain(name).copied())
    }
}

/// Names a container that is there.
pub fn reference(container: &Container) -> ContainerRef {
    ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) }
}

/// Names a network that is there.
pub fn known(network: &Network) -> NetworkRef {
    NetworkRef { name: network.name.clone(), handle: Handle::Known(network.id.clone()) }
}
