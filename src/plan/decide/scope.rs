//! Which services a plan is about: the targets, what they need, and what borrows from any of these, without what is
//! excluded.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::model::{ImageSource, MountKind, Project, Service, ServiceName, VolumeName};
use crate::plan::vocabulary::{Options, Request};

/// Which services a plan is about, and who hangs on whom.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Services that are part of the plan.
    pub planned: BTreeMap<&'a ServiceName, &'a Service>,
    /// Whether it is only a part of the project.
    pub is_partial: bool,
    /// Who borrows from a service.
    pub borrowers: BTreeMap<&'a ServiceName, &'a ServiceName>,
    /// Who mounts a volume.
    pub mounting: BTreeMap<&'a VolumeName, BTreeSet<&'a ServiceName>>,
}

impl<'a> Scope<'a> {
    /// Of a request.
    pub fn of(request: &Request<'a>, graph: &Graph<'a>) -> Self {
        let (project, options) = (request.project, request.options);
        let chosen = chosen(project, graph, options);
        let planned: BTreeMap<_, _> =
            chosen.into_iter().filter_map(|name| project.services.get_key_value(name)).collect();
        let is_asked = !options.targets.is_empty() || !options.exclude.is_empty();
        let is_left_out = project.idle.values().any(|idle| idle.profiles.is_empty());
        let is_partial = planned.len() < project.services.len() || (is_asked && is_left_out);
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
        Self { planned, is_partial, borrowers, mounting }
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
