//! What a picture shows, whatever draws it: nodes and edges, with what the plan does to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{
    Address, Condition, Dependency, MountKind, Network, Port, Project, Protocol, Service, ServiceName, Volume,
};
use crate::plan::{Action, Plan};

/// Nodes and edges.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// The project.
    pub project: String,
    /// Whether nodes say what a plan does to them.
    pub planned: bool,
    /// Services, networks, volumes, then what is in no spec; each by name.
    pub nodes: Vec<Node>,
    /// From what comes first to what needs it.
    pub edges: Vec<Edge>,
}

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// Its address.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// What the plan does to it, most important first; more than one when replicas differ, none without a plan.
    pub actions: Vec<Action>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A service.
    Service {
        /// Its image.
        image: String,
        /// Published ports, `8080:80`.
        ports: Vec<String>,
        /// How many containers.
        scale: u32,
        /// Whether it runs to its end.
        job: bool,
    },
    /// A network.
    Network {
        /// Whether it is not the project's.
        external: bool,
    },
    /// A volume.
    Volume {
        /// Whether it is not the project's.
        external: bool,
    },
    /// There, and in no spec.
    Stray,
}

/// From what comes first to what needs it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// Index of the node that comes first.
    pub from: usize,
    /// Index of the node that needs it.
    pub to: usize,
    /// Why.
    #[serde(flatten)]
    pub kind: EdgeKind,
}

/// Why one node needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EdgeKind {
    /// A service waits for a service.
    Waits {
        /// For what.
        condition: Condition,
        /// Whether it goes on without it.
        required: bool,
    },
    /// A service is on a network.
    Joins,
    /// A service mounts a volume.
    Mounts {
        /// Whether it only reads.
        read_only: bool,
    },
}

/// What the project and the plan show.
pub fn picture(project: &Project, plan: Option<&Plan>) -> Picture {
    let actions = plan.map(actions);
    let mut nodes = Vec::new();
    let mut index = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut add = |address: Address, kind: Kind| {
        let id = address.to_string();
        let actions = actions.as_ref().and_then(|all| all.get(&address).cloned()).unwrap_or_default();
        let name = id.split_once('.').map_or(id.as_str(), |(_, name)| name).to_owned();
        index.insert(address.clone(), nodes.len());
        known.insert(address);
        nodes.push(Node { id, name, kind, actions });
    };
    for (name, service) in &project.services {
        add(Address::Service(name.clone()), service_kind(service));
    }
    for (name, provider) in &project.providers {
        let image = format!("run by {}", provider.program);
        add(Address::Service(name.clone()), Kind::Service { image, ports: Vec::new(), scale: 1, job: false });
    }
    for (key, Network { definition, .. }) in &project.networks {
        add(Address::Network(key.clone()), Kind::Network { external: definition.is_none() });
    }
    for (key, Volume { definition, .. }) in &project.volumes {
        add(Address::Volume(key.clone()), Kind::Volume { external: definition.is_none() });
    }
    let unknown: Vec<_> =
        actions.iter().flat_map(BTreeMap::keys).filter(|address| !known.contains(*address)).cloned().collect();
    for address in unknown {
        let kind = match &address {
            // Images and models are told at their services.
            Address::Project | Address::Image(_) | Address::Model(_) => continue,
            Address::Network(_) => Kind::Network { external: false },
            Address::Volume(_) => Kind::Volume { external: false },
            Address::Service(_) | Address::Replica(..) | Address::Stray(_) => Kind::Stray,
        };
        let id = address.to_string();
        let name = id.split_once('.').map_or(id.as_str(), |(_, name)| name).to_owned();
        let actions = actions.as_ref().and_then(|all| all.get(&address).cloned()).unwrap_or_default();
        nodes.push(Node { id, name, kind, actions });
    }
    let waits = project.providers.iter().map(|(name, provider)| (name, waits(&provider.depends_on).collect()));
    let edges = project.services.iter().map(|(name, service)| (name, edges(project, service))).chain(waits);
    let edges = edges.flat_map(|(name, edges): (_, Vec<_>)| {
        let to = index[&Address::Service(name.clone())];
        edges
            .into_iter()
            .filter_map(|(from, kind)| Some(Edge { from: *index.get(&from)?, to, kind }))
            .collect::<Vec<_>>()
    });
    let edges = edges.collect();
    Picture { project: project.name.to_string(), planned: plan.is_some(), nodes, edges }
}

fn service_kind(service: &Service) -> Kind {
    Kind::Service {
        image: service.fixed.image.to_string(),
        ports: service.fixed.ports.iter().map(port).collect(),
        scale: service.scale,
        job: service.job,
    }
}

fn port(port: &Port) -> String {
    let Port { target, protocol, host_ip, published } = port;
    let ip = host_ip.as_ref().map_or_else(String::new, |ip| format!("{ip}:"));
    let published = published.as_deref().unwrap_or("any");
    let protocol = if *protocol == Protocol::Tcp { String::new() } else { format!("/{}", protocol.as_str()) };
    format!("{ip}{published}:{target}{protocol}")
}

fn edges(project: &Project, service: &Service) -> Vec<(Address, EdgeKind)> {
    let mut edges: Vec<_> = waits(&service.depends_on).collect();
    for key in service.networks.keys() {
        edges.push((Address::Network(key.clone()), EdgeKind::Joins));
    }
    for mount in service.fixed.mounts.values() {
        let MountKind::Volume { name, .. } = &mount.kind else { continue };
        let key = project.volumes.iter().find(|(_, volume)| volume.name == *name).map(|(key, _)| key);
        let kind = EdgeKind::Mounts { read_only: mount.read_only };
        // One volume at two targets is one edge.
        if let Some(address) = key.map(|key| Address::Volume(key.clone()))
            && !edges.iter().any(|(other, _)| *other == address)
        {
            edges.push((address, kind));
        }
    }
    edges
}

fn waits(dependencies: &BTreeMap<ServiceName, Dependency>) -> impl Iterator<Item = (Address, EdgeKind)> {
    dependencies.iter().map(|(name, dependency)| {
        let kind = EdgeKind::Waits { condition: dependency.condition, required: dependency.required };
        (Address::Service(name.clone()), kind)
    })
}

/// What happens to each thing that is drawn: replicas count as their service, if that is in the spec.
fn actions(plan: &Plan) -> BTreeMap<Address, Vec<Action>> {
    let mut all: BTreeMap<Address, Vec<Action>> = BTreeMap::new();
    for change in &plan.changes {
        let address = match &change.address {
            Address::Replica(service, _) => Address::Service(service.clone()),
            other => other.clone(),
        };
        all.entry(address).or_default().push(change.action);
    }
    for actions in all.values_mut() {
        actions.sort_by_key(|action| weight(*action));
        actions.dedup();
        if actions.len() > 1 {
            actions.retain(|action| *action != Action::Keep);
        }
    }
    all
}

/// The most important first.
fn weight(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::Replace | Action::PerhapsReplace => 1,
        Action::Create => 2,
        Action::Update => 3,
        Action::Run => 4,
        Action::Start => 5,
        Action::Build => 6,
        Action::Pull => 7,
        Action::Forget => 8,
        Action::Record => 9,
        Action::Keep => 10,
    }
}
