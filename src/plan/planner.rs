//! What the planner knows while it works, and the order of its work.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{After, Builder};
use super::images::{self, Images};
use super::index::Index;
use super::networks::{self, Link};
use super::outcome::Outcome;
use super::traffic::Traffic;
use super::{
    Change, NodeId, Options, PlacedChange, Plan, Reason, Request, Step, code, files, fill, given, handover, helpers,
    labels, on_record, perhaps, provider, service, strays, swap, together, volumes,
};
use crate::diagnostic::Diagnostic;
use crate::diff::FieldChange;
use crate::graph::Graph;
use crate::model::{
    Address, ImageSource, ModelKey, MountKind, NetworkKey, Project, Service, ServiceName, VolumeDefinition, VolumeName,
};
use crate::place::Place;
use crate::state::{Container, ContainerId, NetworkId, own};

/// A plan as it comes to be.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    /// What it is made from.
    pub request: &'a Request<'a>,
    /// The live world.
    pub index: Index<'a>,
    /// Services that are part of this plan.
    pub planned: BTreeMap<&'a ServiceName, &'a Service>,
    /// Who borrows from a service.
    pub borrowers: BTreeMap<&'a ServiceName, &'a ServiceName>,
    /// Who mounts a volume.
    pub mounting: BTreeMap<&'a VolumeName, BTreeSet<&'a ServiceName>>,
    /// The steps so far.
    pub nodes: Builder,
    /// The changes so far.
    pub changes: Vec<Change>,
    /// The messages so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Images.
    pub images: Images<'a>,
    /// Networks of the spec.
    pub networks: BTreeMap<&'a NetworkKey, Link<'a>>,
    /// Volumes that this plan makes.
    pub volumes: BTreeMap<&'a VolumeName, NodeId>,
    /// File volumes that this plan fills.
    pub files: BTreeMap<VolumeName, NodeId>,
    /// The containers that were born with each file volume.
    pub file_users: BTreeMap<VolumeName, Vec<&'a Container>>,
    /// The file volumes that each record of an applied state names, the oldest record first.
    pub recorded_files: Vec<BTreeSet<VolumeName>>,
    /// File volumes that services need.
    pub kept_files: BTreeSet<VolumeName>,
    /// Which steps touch which network.
    pub traffic: Traffic,
    /// Services that are settled.
    pub outcomes: BTreeMap<&'a ServiceName, Outcome<'a>>,
    /// Containers that go, and the step after which each is gone.
    pub gone: BTreeMap<&'a ContainerId, NodeId>,
    /// Containers that give a port up before they go, while services hand ports over, and the step after which each has.
    pub released: BTreeMap<&'a ContainerId, NodeId>,
    /// Containers that went before their successor comes, and why.
    pub remade: BTreeMap<&'a ContainerId, Reason>,
    /// Endpoints that go.
    pub left: BTreeMap<(&'a ContainerId, &'a NetworkId), NodeId>,
    /// Second networks of a name, which go.
    pub twins: BTreeSet<&'a NetworkId>,
    /// Endpoints on networks that are made anew without them.
    pub parted: BTreeSet<(&'a ContainerId, &'a NetworkId)>,
    /// Containers that get another name, and the step that gives it.
    pub renamed: BTreeMap<&'a ContainerId, NodeId>,
    /// The last step on a container before its service is settled.
    pub busy: BTreeMap<&'a ContainerId, NodeId>,
    /// Helpers that go, by the file volume that they were to fill.
    pub helpers: BTreeMap<VolumeName, NodeId>,
    /// The steps after which all helpers are gone, with their names, endpoints and mounts.
    pub cleared: BTreeSet<NodeId>,
    /// The last hook before the first start, by service, where it runs once for all replicas.
    pub pre_started: BTreeMap<ServiceName, NodeId>,
    /// Services that programs run and that are settled: the step that brings each up, if there is one.
    pub provided: BTreeMap<&'a ServiceName, Option<NodeId>>,
    /// Language models that are settled: the last step of each, if there is one.
    pub models: BTreeMap<&'a ModelKey, Option<NodeId>>,
    key: Option<NodeId>,
}

/// Makes the plan of a project.
pub fn plan(request: &Request) -> Plan {
    let project = request.project;
    let graph = Graph::of(project);
    let mut p = Planner::new(request, &graph);
    let order = match graph.order_with(&handover::wishes(&p)) {
        Ok(order) => order,
        Err(cycle) => {
            let told = Diagnostic::error(code::CYCLE, format!("services depend on each other in a circle: {cycle}"));
            return Plan { project: project.name.clone(), changes: vec![], nodes: vec![], diagnostics: vec![told] };
        }
    };
    let planned: Vec<_> =
        order.into_iter().filter_map(|name| p.planned.get(name).map(|service| (name, *service))).collect();
    not_planned(&mut p);
    helpers::clear(&mut p);
    for (name, service) in &planned {
        images::refresh(&mut p, name, service);
    }
    strays::containers(&mut p);
    strays::one_offs(&mut p);
    volumes::plan(&mut p);
    networks::plan(&mut p);
    for unit in swap::units(&p, &graph, planned) {
        if unit.len() == 1 || !together::plan(&mut p, &unit) {
            unit.into_iter().for_each(|(name, service)| service::plan(&mut p, name, service));
        }
    }
    on_record::plan(&mut p);
    given::rest(&mut p);
    provider::strays(&mut p);
    strays::networks(&mut p);
    strays::volumes(&mut p);
    files::sweep(&mut p);
    p.diagnostics.extend(strays::taken(p.request.observed));
    p.finish()
}

impl<'a> Planner<'a> {
    /// Nothing is planned yet.
    pub fn new(request: &'a Request<'a>, graph: &Graph<'a>) -> Self {
        let project = request.project;
        let mut mounting: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut borrowers = BTreeMap::new();
        for (name, service) in &project.services {
            for mount in service.fixed.mounts.values() {
                if let MountKind::Volume { name: volume, .. } = &mount.kind {
                    mounting.entry(volume).or_default().insert(name);
                }
            }
            for owner in service.fixed.borrows() {
                borrowers.insert(owner, name);
            }
        }
        Self {
            request,
            index: Index::new(project, request.observed),
            planned: planned(request, graph, project),
            borrowers,
            mounting,
            nodes: Builder::default(),
            changes: Vec::new(),
            diagnostics: Vec::new(),
            images: Images::new(request),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            files: BTreeMap::new(),
            file_users: files::users(&project.name, request.observed),
            recorded_files: request
                .observed
                .records
                .iter()
                .map(|record| files::recorded(&project.name, &record.project))
                .collect(),
            kept_files: BTreeSet::new(),
            traffic: Traffic::default(),
            outcomes: BTreeMap::new(),
            gone: BTreeMap::new(),
            released: BTreeMap::new(),
            remade: BTreeMap::new(),
            left: BTreeMap::new(),
            twins: BTreeSet::new(),
            parted: BTreeSet::new(),
            renamed: BTreeMap::new(),
            busy: BTreeMap::new(),
            helpers: BTreeMap::new(),
            cleared: BTreeSet::new(),
            pre_started: BTreeMap::new(),
            provided: BTreeMap::new(),
            models: BTreeMap::new(),
            key: None,
        }
    }

    /// Whether only a part of the project is planned.
    pub fn is_partial(&self) -> bool {
        let (project, options) = (self.request.project, self.request.options);
        let is_asked = !options.targets.is_empty() || !options.exclude.is_empty();
        let is_left_out = project.idle.values().any(|idle| idle.profiles.is_empty());
        self.planned.len() < project.services.len() || (is_asked && is_left_out)
    }

    /// The text that asks for a field.
    pub fn place(&self, address: &Address, field: &str) -> Option<Place> {
        self.request.origins.find(address, field).cloned()
    }

    /// A field change that the file asks for and that is made in place, at its text.
    pub fn placed(&self, address: &Address, change: FieldChange) -> PlacedChange {
        PlacedChange { place: self.place(address, &change.path), change, drift: false, forces: false }
    }

    /// Adds a message, at the text that asks for a field.
    pub fn tell(&mut self, diagnostic: Diagnostic, address: &Address, field: &str, label: &str) {
        let diagnostic = match self.place(address, field) {
            Some(place) => diagnostic.at(place, label),
            None => diagnostic,
        };
        self.diagnostics.push(diagnostic);
    }

    /// What the first step on a container comes after.
    pub fn after_busy(&self, container: &Container) -> After {
        After::done(self.busy.get(&container.id).copied())
    }

    /// What the creation of a replica comes after, if its containers go before.
    pub fn after_gone(&self, service: &ServiceName, number: u32) -> After {
        let slot = self.index.slot(service, number);
        After::done(slot.into_iter().flat_map(|slot| slot.all()).filter_map(|old| self.gone.get(&old.id).copied()))
    }

    /// The step that stores the project's key, if that is not there yet. Whatever carries a digest comes after it.
    pub fn key_node(&mut self) -> Option<NodeId> {
        if self.request.observed.key.is_some() || self.key.is_some() {
            return self.key;
        }
        let project = &self.request.project.name;
        let step = Step::CreateVolume {
            name: own::key(project, &self.request.observed.taken),
            definition: VolumeDefinition::default(),
            labels: labels::key(project, self.request.key),
        };
        self.key = Some(self.nodes.add(&Address::Project, After::default(), step));
        self.key
    }

    fn finish(mut self) -> Plan {
        perhaps::mark(&mut self.changes);
        self.changes.sort_by(|one, other| (&one.address, &one.name).cmp(&(&other.address, &other.name)));
        let mut nodes = self.nodes.finish();
        fill::one_by_one(&mut nodes, &self.index);
        Plan { project: self.request.project.name.clone(), changes: self.changes, nodes, diagnostics: self.diagnostics }
    }
}

/// Tells of services that are to run again or be made anew and that the plan is not about.
fn not_planned(p: &mut Planner) {
    let Options { rerun, replace, .. } = p.request.options;
    for (flag, name) in rerun.iter().map(|name| ("--rerun", name)).chain(replace.iter().map(|name| ("--replace", name)))
    {
        if !p.planned.contains_key(name) {
            let told = format!("{flag} {name} has no effect: --target and --exclude leave {name} out of this plan");
            p.diagnostics.push(Diagnostic::warning(code::NOT_PLANNED, told).help(format!("add `--target {name}`")));
        }
    }
}

/// The services that a plan with these options is about, with those that their builds take contexts from.
pub fn about(project: &Project, options: &Options) -> BTreeSet<ServiceName> {
    let chosen = chosen(project, &Graph::of(project), options);
    let mut about: BTreeSet<ServiceName> = chosen.into_iter().cloned().collect();
    let mut open: Vec<ServiceName> = about.iter().cloned().collect();
    while let Some(name) = open.pop() {
        if let Some(ImageSource::Build(build, _)) = project.services.get(&name).map(|service| &service.source) {
            open.extend(build.services().filter(|other| about.insert(other.clone())));
        }
    }
    about
}

fn planned<'a>(
    request: &Request<'a>,
    graph: &Graph<'a>,
    project: &'a Project,
) -> BTreeMap<&'a ServiceName, &'a Service> {
    let chosen = chosen(project, graph, request.options);
    chosen.into_iter().filter_map(|name| project.services.get_key_value(name)).collect()
}

/// The targets, what they need, and what borrows from any of these, without what is excluded.
fn chosen<'a>(project: &'a Project, graph: &Graph<'a>, options: &Options) -> BTreeSet<&'a ServiceName> {
    let mut chosen: BTreeSet<&ServiceName> =
        if options.targets.is_empty() { project.services.keys().collect() } else { graph.closure(&options.targets) };
    while !options.targets.is_empty() {
        let borrowing = |service: &Service| service.fixed.borrows().iter().any(|owner| chosen.contains(owner));
        let services = project.services.iter();
        let more: BTreeSet<_> = services
            .filter(|(name, service)| !chosen.contains(name) && borrowing(service))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        chosen.extend(graph.closure(&more));
    }
    chosen.retain(|name| !options.exclude.contains(name));
    chosen
}
