//! The world as data: what a Docker engine holds, all of it, and nothing that acts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::{Calendar, Moment};
use super::file::File;
use super::image::Image;
use super::network::Network;
use super::process::Phase;
use crate::model::{
    Attachment, ContainerName, Fixed, NetworkName, Port, Probe, ServiceName, Tunable, VolumeDefinition, VolumeName,
};
use crate::state::label::{self, Labels};
use crate::state::{ContainerId, ImageId, NetworkId};

/// Everything on the engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// How its time lies on the calendar.
    pub(super) calendar: Calendar,
    /// Its time.
    pub(super) now: Moment,
    /// Objects made so far: ids come from it.
    pub(super) made: u64,
    pub(super) containers: BTreeMap<ContainerId, Container>,
    pub(super) networks: BTreeMap<NetworkId, Network>,
    pub(super) volumes: BTreeMap<VolumeName, Volume>,
    pub(super) images: BTreeMap<ImageId, Image>,
    /// By normalized reference.
    pub(super) tags: BTreeMap<String, ImageId>,
    /// What a pull gives, by normalized reference, where it is not the default.
    pub(super) registry: BTreeMap<String, Image>,
    /// Ports of the host that something else holds.
    pub(super) occupied: BTreeSet<u16>,
    /// How often something of a project changed; the empty name counts the changes of everything.
    pub(super) changes: BTreeMap<String, u64>,
}

/// A container.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Container {
    pub(super) name: ContainerName,
    pub(super) labels: Labels,
    pub(super) image: ImageId,
    /// As it was asked for.
    pub(super) fixed: Fixed,
    /// The image's variables and its own.
    pub(super) environment: BTreeMap<String, String>,
    /// What runs, the image's defaults applied.
    pub(super) command: Vec<String>,
    /// Its health check, the image's applied.
    pub(super) probe: Option<Probe>,
    pub(super) tunable: Tunable,
    pub(super) endpoints: BTreeMap<NetworkId, Endpoint>,
    pub(super) mounts: BTreeMap<String, Mounted>,
    /// Its own layer.
    pub(super) files: BTreeMap<String, File>,
    /// Whose namespaces and mounts it has, by service.
    pub(super) borrowed: BTreeMap<ServiceName, ContainerId>,
    /// The ports that it holds now.
    pub(super) ports: Vec<Port>,
    pub(super) phase: Phase,
    pub(super) started_at: Option<Moment>,
    /// How long the last run was that is over, and whether its health check passed.
    #[serde(default)]
    pub(super) ended: Option<(Duration, bool)>,
    pub(super) restart_count: i64,
    /// How the last run ended since somebody started it.
    #[serde(default)]
    pub(super) last_code: Option<i64>,
    /// Whether a hand stopped it.
    pub(super) stopped_by_hand: bool,
    pub(super) log: Vec<Line>,
}

/// One endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    /// The network's name, kept when the network is gone.
    pub(super) network: NetworkName,
    pub(super) attachment: Attachment,
    /// While its container is up.
    pub(super) address: Option<std::net::Ipv4Addr>,
}

/// What is mounted at a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mounted {
    pub(super) source: Source,
    pub(super) read_only: bool,
}

/// Where a mount comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Source {
    /// A volume.
    Volume(VolumeName),
    /// One file of a volume, by the path of the volume's folder on the host: the engine does not know that it is
    /// the volume's, and so does not hold the volume in use.
    VolumeFile(VolumeName, String),
    /// Anything whose files the twin does not keep apart from the container's own.
    Elsewhere,
}

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Volume {
    pub(super) definition: VolumeDefinition,
    pub(super) labels: Labels,
    pub(super) files: BTreeMap<String, File>,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) at: Moment,
    pub(super) stderr: bool,
    pub(super) text: String,
}

impl World {
    /// An engine on which nothing was done yet.
    pub fn new(calendar: Calendar) -> Self {
        let mut world = Self {
            calendar,
            now: Moment::default(),
            made: 0,
            containers: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            images: BTreeMap::new(),
            tags: BTreeMap::new(),
            registry: BTreeMap::new(),
            occupied: BTreeSet::new(),
            changes: BTreeMap::new(),
        };
        world.add_predefined_networks();
        world
    }

    /// An id that was never given before: 64 hexadecimal digits, the same in every run.
    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        blake3::hash(&self.made.to_le_bytes()).to_hex().to_string()
    }

    /// Notes that an object with these labels changed.
    pub(super) fn touch(&mut self, labels: &Labels) {
        let project = labels.get(label::ENV).or_else(|| labels.get(label::COMPOSE_PROJECT));
        for name in [Some(""), project.map(String::as_str)].into_iter().flatten() {
            *self.changes.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// How often anything changed.
    pub(super) fn change_count(&self) -> u64 {
        self.changes_of("")
    }

    /// How often something of this project changed.
    pub(super) fn changes_of(&self, project: &str) -> u64 {
        self.changes.get(project).copied().unwrap_or_default()
    }

    /// Notes that this container changed.
    pub(super) fn touch_container(&mut self, id: &ContainerId) {
        if let Some(labels) = self.containers.get(id).map(|container| container.labels.clone()) {
            self.touch(&labels);
        }
    }
}
