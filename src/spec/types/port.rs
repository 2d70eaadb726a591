//! `services.*.ports`: which ports of a container the host offers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Extensions, Text};

/// One port. The short form is `[[IP:]HOST:]CONTAINER[/PROTOCOL]`; its ranges become one entry for each port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Port {
    /// What it is for.
    pub name: Option<String>,
    /// `ingress` (the default) or `host`.
    pub mode: Option<String>,
    /// Address of the host to listen on; all when unset.
    pub host_ip: Option<String>,
    /// Port of the container.
    pub target: u16,
    /// Port of the host, or a range `A-B` to take a free one from; any free one when unset.
    pub published: Option<Text>,
    /// `tcp` (the default), `udp` or `sctp`.
    pub protocol: Option<String>,
    /// What is spoken on it, such as `http`.
    pub app_protocol: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
