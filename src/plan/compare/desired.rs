//! What one service asks for, prepared once for all its replicas.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::image::{self, ImageStanding};
use super::sides::Sides;
use super::{files, injected, names};
use crate::model::{
    Address, Attachment, ContainerName, EnvironmentSource, NetworkKey, NetworkMode, NetworkName, NoteName, ProjectName,
    Service, ServiceName, Tunable, Variables,
};
use crate::rules;
use crate::state::record;

/// One service as its containers should be.
#[derive(Debug)]
pub struct DesiredService<'a> {
    /// Of which project.
    pub project: &'a ProjectName,
    /// Its name.
    pub name: &'a ServiceName,
    /// The model.
    pub service: &'a Service,
    /// The fixed part, as it is compared with a record.
    pub fixed: Value,
    /// The limits, what the engine would fill in by itself filled in.
    pub tunable: Tunable,
    /// The volume with the contents of its configs and secrets.
    pub files: Option<NoteName>,
    /// Its networks with its name among the aliases, the primary one first.
    pub networks: Vec<(&'a NetworkKey, Attachment)>,
    /// Their names on the engine.
    pub network_names: Vec<NetworkName>,
    /// What others than the file give its containers; `None`: nobody knows yet.
    pub injected: BTreeMap<EnvironmentSource, Option<Variables>>,
    /// The image, if it is there.
    pub image: ImageStanding,
}

impl<'a> DesiredService<'a> {
    /// Prepares a service.
    pub fn new(sides: &Sides<'a>, name: &'a ServiceName, service: &'a Service) -> Self {
        let project = sides.request.project;
        let networks = attachments(name, service);
        let names = networks.iter().filter_map(|(key, _)| Some(project.networks.get(*key)?.name.clone()));
        Self {
            project: &project.name,
            name,
            service,
            fixed: record::desired(&service.fixed, sides.request.key),
            tunable: effective(&service.tunable),
            files: files::note(&project.name, &service.fixed.files, Some(sides.request.key)),
            network_names: names.collect(),
            networks,
            injected: injected::injected(sides, name, service),
            image: image::standing(sides, name, service),
        }
    }

    /// The name of one of its containers.
    pub fn container_name(&self, number: u32) -> ContainerName {
        names::container(self.project, self.name, Some(self.service), number)
    }

    /// The address of one of its containers.
    pub fn address(&self, number: u32) -> Address {
        Address::Replica(self.name.clone(), number)
    }
}

/// A service's networks, the primary one first: the highest priority, then by name.
pub fn attachments<'a>(name: &ServiceName, service: &'a Service) -> Vec<(&'a NetworkKey, Attachment)> {
    if service.fixed.network_mode != NetworkMode::Networks {
        return Vec::new();
    }
    let mut networks: Vec<_> = service
        .networks
        .iter()
        .map(|(key, attachment)| {
            let mut attachment = attachment.clone();
            attachment.aliases.insert(name.as_str().to_owned());
            (key, attachment)
        })
        .collect();
    networks.sort_by_key(|(key, attachment)| (Reverse(attachment.priority), *key));
    networks
}

/// An engine refuses a new limit of memory above the old limit of swap that it filled in, so an update says both.
pub fn effective(tunable: &Tunable) -> Tunable {
    let mut tunable = tunable.clone();
    rules::fill_swap(&mut tunable);
    tunable
}
