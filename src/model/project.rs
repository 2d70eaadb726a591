//! The project: everything that should exist.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Compose, Content, ContentId, ImageRef, LanguageModel, ModelKey, NetworkKey, NetworkName, ProjectName, Provider,
    Service, ServiceName, VolumeKey, VolumeName,
};

/// All that one spec asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Its name.
    pub name: ProjectName,
    /// Services whose profile is active.
    pub services: BTreeMap<ServiceName, Service>,
    /// Services that another program runs, and whose profile is active.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<ServiceName, Provider>,
    /// Language models that an active service uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<ModelKey, LanguageModel>,
    /// Services whose profile is not, and those that are not asked for: left as they are.
    pub idle: BTreeMap<ServiceName, Idle>,
    /// Networks that an active service uses.
    pub networks: BTreeMap<NetworkKey, Network>,
    /// Volumes that the file declares; all of them, since an unused one is not a stray.
    pub volumes: BTreeMap<VolumeKey, Volume>,
    /// Contents of configs and secrets by id. Never serialized.
    #[serde(skip)]
    pub contents: BTreeMap<ContentId, Content>,
    /// How many records of applied states are kept (`x-dsenv.history`); 3 by default.
    pub history: u32,
    /// Whether Compose's labels stand beside ours (`x-dsenv.compose_labels`); true by default.
    pub compose_labels: bool,
    /// What those labels say beside the names.
    #[serde(default)]
    pub compose: Compose,
}

/// A service that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idle {
    /// The profiles that would start it; none where it is not asked for.
    pub profiles: BTreeSet<String>,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its name on the engine.
    pub name: NetworkName,
    /// `None`: it is external, must be there, and is never changed.
    pub definition: Option<NetworkDefinition>,
    /// Paths of fields of the definition that are left alone (`x-dsenv.ignore_changes`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
}

/// What a network is. Nothing of it can be changed later: a change replaces the network and connects its
/// containers again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkDefinition {
    /// `bridge` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// Addresses.
    #[serde(skip_serializing_if = "Ipam::is_default")]
    pub ipam: Ipam,
    /// Whether it has no way out; false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Whether plain containers may join (Swarm); false by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub attachable: bool,
    /// The engine's default is on; API 1.47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_ipv4: Option<bool>,
    /// Off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_ipv6: Option<bool>,
    /// The user's labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Address management of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ipam {
    /// `default` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Pools; the engine's choice when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<IpamPool>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

impl Ipam {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// One pool of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IpamPool {
    /// In CIDR form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// Where containers' addresses come from, in CIDR form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_range: Option<String>,
    /// The router.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Addresses that are taken, by host name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aux_addresses: BTreeMap<String, String>,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name on the engine.
    pub name: VolumeName,
    /// `None`: it is external, must be there, and is never changed.
    pub definition: Option<VolumeDefinition>,
    /// Paths of fields of the definition that are left alone (`x-dsenv.ignore_changes`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
}

/// What a volume is. Nothing of it can be changed later, and nothing but the user's word removes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VolumeDefinition {
    /// `local` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// The user's labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Project {
    /// One that asks for nothing, and keeps one record.
    pub fn nothing(name: ProjectName) -> Self {
        Self {
            name,
            services: BTreeMap::new(),
            providers: BTreeMap::new(),
            models: BTreeMap::new(),
            idle: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            contents: BTreeMap::new(),
            history: 1,
            compose_labels: true,
            compose: Compose::default(),
        }
    }

    /// Every image that an active service runs on.
    pub fn images(&self) -> BTreeSet<ImageRef> {
        self.services.values().map(|service| service.fixed.image.clone()).collect()
    }
}
