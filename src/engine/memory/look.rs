//! The world as a look shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::process::Phase;
use super::world::{Container, Source, World};
use crate::model::{Attachment, Port, ServiceName};
use crate::state::{
    self, ContainerId, Ended, Endpoint, Guest, Host, Image, ImageId, LiveMount, LivePort, Observed, Scope, label,
    record,
};

impl World {
    /// One look.
    pub(super) fn look(&self, scope: &Scope) -> Observed {
        let mut observed = Observed::default();
        for (id, container) in &self.containers {
            let up = matches!(container.phase, Phase::Up(_) | Phase::Restarting { .. });
            let helper = observed.add_helper(scope, id.clone(), &container.name, &container.labels, up);
            if !helper && label::belongs(&container.labels, &scope.project) {
                observed.containers.extend(self.look_at(id, container));
            } else if !helper && scope.guests {
                observed.guests.push(guest(container, up));
            }
        }
        for (id, network) in &self.networks {
            let live = || network.definition.clone();
            observed.add_network(scope, id.clone(), network.name.clone(), &network.labels, live);
        }
        for (name, volume) in &self.volumes {
            observed.add_volume(scope, name.clone(), &volume.labels, || volume.definition.clone());
        }
        for container in &observed.containers {
            if let Some(image) = self.images.get(&container.image) {
                observed.image_contents.insert(container.image.clone(), image.content());
            }
        }
        for reference in &scope.images {
            if let Some((id, image)) = self.image(reference) {
                observed.image_contents.insert(id.clone(), image.content());
                let shown = Image {
                    id: id.clone(),
                    build_digest: image.labels.get(label::BUILD).cloned(),
                    pulled_at: Some(self.calendar.timestamp(image.arrived)),
                    platform: None,
                };
                observed.images.insert(reference.clone(), shown);
            }
        }
        observed.host = scope.host.then(|| Host {
            containerd_store: false,
            cpus: 64,
            runtimes: ["runc"].map(str::to_owned).into(),
            log_drivers: ["journald", "json-file", "local", "syslog"].map(str::to_owned).into(),
            cdi: false,
        });
        observed.sort();
        observed
    }

    fn look_at(&self, id: &ContainerId, container: &Container) -> Option<state::Container> {
        let identity = label::identity(&container.labels)?;
        let environment = container.environment.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
        let (state, health) = container.shown_state();
        Some(state::Container {
            id: id.clone(),
            name: container.name.clone(),
            service: ServiceName::new(identity.service),
            replica: identity.replica,
            oneoff: identity.oneoff,
            record: record::decode(&container.labels),
            image: ImageId(container.image.0.clone()),
            image_reference: container.fixed.image.clone(),
            config_hash: container.labels.get(label::COMPOSE_CONFIG_HASH).cloned(),
            environment: environment.collect(),
            tunable: container.shown_tunable(),
            endpoints: self.look_at_endpoints(container),
            lives_in: shares(container),
            mounts: container.mounts.iter().map(|(target, mount)| self.look_at_mount(target, &mount.source)).collect(),
            ports: container.ports.iter().filter_map(live_port).collect(),
            state,
            health,
            started_at: container.started_at.map(|at| self.calendar.timestamp(at)),
            ended: match container.phase {
                Phase::Exited { .. } => container.ended.map(|(after, healthy)| Ended { after, healthy }),
                Phase::Created | Phase::Up(_) | Phase::Restarting { .. } => None,
            },
            restart_count: container.restart_count,
        })
    }

    fn look_at_endpoints(&self, container: &Container) -> BTreeMap<state::NetworkId, Endpoint> {
        let endpoints = container.endpoints.iter().map(|(id, endpoint)| {
            let mut attachment = Attachment { priority: 0, ..endpoint.attachment.clone() };
            // As Engine 20.10 has it.
            attachment.aliases.extend(container.fixed.hostname.clone());
            let addresses = endpoint.address.iter().map(ToString::to_string).collect();
            (id.clone(), Endpoint { network: endpoint.network.clone(), attachment, addresses })
        });
        endpoints.collect()
    }

    fn look_at_mount(&self, target: &str, source: &Source) -> LiveMount {
        let volume = match source {
            Source::Volume(name) => Some(name.clone()),
            // The engine sees a path of its host.
            Source::VolumeFile(..) | Source::Elsewhere => None,
        };
        let labels = volume.as_ref().and_then(|name| self.volumes.get(name)).map(|volume| &volume.labels);
        let anonymous = match (&volume, labels) {
            (Some(name), Some(labels)) => label::is_anonymous(labels, name),
            _ => false,
        };
        LiveMount { target: target.to_owned(), volume, anonymous }
    }
}

fn live_port(port: &Port) -> Option<LivePort> {
    Some(LivePort {
        target: port.target,
        protocol: port.protocol.as_str().to_owned(),
        host_ip: port.host_ip.clone()?,
        published: port.published.as_ref()?.parse().ok()?,
    })
}

fn guest(container: &Container, up: bool) -> Guest {
    let volumes = container.mounts.values().filter_map(|mount| match &mount.source {
        Source::Volume(name) => Some(name.clone()),
        Source::VolumeFile(..) | Source::Elsewhere => None,
    });
    Guest {
        name: container.name.clone(),
        networks: container.endpoints.keys().filter(|_| up).cloned().collect(),
        volumes: volumes.collect(),
    }
}

/// Whose namespaces it lives in.
fn shares(container: &Container) -> BTreeSet<ContainerId> {
    let owners = container.fixed.shares().into_iter();
    owners.filter_map(|owner| container.borrowed.get(owner).cloned()).collect()
}
