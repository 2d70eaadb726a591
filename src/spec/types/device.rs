//! `services.*.devices`, `gpus` and `deploy.resources.reservations.devices`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Count, Extensions, Text};

/// A device of the host. The short form is `SOURCE[:TARGET[:PERMISSIONS]]`; a CDI name stands in both paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Device {
    /// Path on the host, such as `/dev/ttyUSB0`, or a CDI name, such as `vendor.com/class=dev`.
    pub source: Option<String>,
    /// Path in the container; as on the host when unset.
    pub target: Option<String>,
    /// `r`, `w` and `m` for reading, writing and making nodes.
    pub permissions: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// A request for devices by what they can do, such as GPUs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeviceRequest {
    /// What they must be able to do, such as `gpu`.
    pub capabilities: Vec<String>,
    /// The driver, such as `nvidia`.
    pub driver: Option<String>,
    /// How many; excludes `device_ids`.
    pub count: Count,
    /// Which ones; excludes `count`.
    pub device_ids: Vec<String>,
    /// Options for the driver.
    pub options: BTreeMap<String, Text>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
