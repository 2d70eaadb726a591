//! `services.*.networks.*`: how a service joins a network.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// How a service joins a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Attachment {
    /// More names of the service on this network, beside its own.
    pub aliases: Vec<String>,
    /// Options for the network driver, for this endpoint.
    pub driver_opts: BTreeMap<String, Text>,
    /// The network with the highest number gives the default gateway. API 1.48 and later.
    pub gw_priority: i64,
    /// Name of the interface inside the container, such as `eth0`.
    pub interface_name: Option<String>,
    /// Fixed IPv4 address; the network needs a subnet of its own that holds it.
    pub ipv4_address: Option<String>,
    /// Fixed IPv6 address; the network needs a subnet of its own that holds it.
    pub ipv6_address: Option<String>,
    /// Link-local addresses.
    pub link_local_ips: Vec<String>,
    /// MAC address of the interface.
    pub mac_address: Option<String>,
    /// Networks are joined from the highest number down; among equals, by name.
    pub priority: i64,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
