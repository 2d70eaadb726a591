//! Top-level `networks`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ObjectDsenv;
use crate::spec::value::{Extensions, Text};

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Network {
    /// Its name on the engine; `<project>_<key>` unless given, the key if it is external.
    pub name: Option<String>,
    /// Driver; the engine's default (`bridge`) when unset.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, Text>,
    /// Who hands out addresses, and which.
    pub ipam: Ipam,
    /// It is there already and not ours.
    pub external: bool,
    /// No way to the outside.
    pub internal: bool,
    /// Containers that are not ours may join.
    pub attachable: bool,
    /// Labels.
    pub labels: BTreeMap<String, Text>,
    /// IPv4 addresses; the engine's default when unset. API 1.47 and later.
    pub enable_ipv4: Option<bool>,
    /// IPv6 addresses; the engine's default when unset.
    pub enable_ipv6: Option<bool>,
    /// dsenv's own keys.
    #[serde(rename = "x-dsenv")]
    pub dsenv: Option<ObjectDsenv>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Who hands out addresses, and which.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Ipam {
    /// Driver; `default` when unset.
    pub driver: Option<String>,
    /// The pools.
    pub config: Vec<IpamPool>,
    /// Options for the driver.
    pub options: BTreeMap<String, Text>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// A pool of addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IpamPool {
    /// The whole, such as `172.28.0.0/16`.
    pub subnet: Option<String>,
    /// Address of the gateway.
    pub gateway: Option<String>,
    /// The part that containers get addresses from.
    pub ip_range: Option<String>,
    /// Addresses that are taken, by host name.
    pub aux_addresses: BTreeMap<String, Text>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
