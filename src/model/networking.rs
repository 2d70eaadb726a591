//! How a service is on its networks: what connect and disconnect change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::NetworkKey;

/// The networks of a service. Empty when [`super::NetworkMode`] is not `Networks`.
pub type Networking = BTreeMap<NetworkKey, Attachment>;

/// One endpoint. What is unset is the engine's choice and never a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attachment {
    /// Names that resolve to the container beside its own: the service's name and the user's aliases.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<String>,
    /// A fixed address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_address: Option<String>,
    /// A fixed address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// Link-local addresses.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub link_local_ips: BTreeSet<String>,
    /// A fixed hardware address; per endpoint since API 1.44.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Options of the network's driver, `interface_name` included
    /// (`com.docker.network.endpoint.ifname`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// Which network is the default gateway; the highest wins; API 1.48.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gw_priority: Option<i64>,
    /// Which network is connected first; the highest wins, then the name. Only an order: never a difference.
    #[serde(skip)]
    pub priority: i64,
    /// Names of containers outside the project to link to, `container:alias`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub links: BTreeSet<String>,
}
