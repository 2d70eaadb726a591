//! `services.*.blkio_config`: limits on block devices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Bytes, Extensions, bytes};

/// Limits on block devices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Blkio {
    /// Relative weight, 10 to 1000; 0 is unset.
    pub weight: u16,
    /// Weight by device.
    pub weight_device: Vec<DeviceWeight>,
    /// Most bytes read in a second, by device.
    pub device_read_bps: Vec<DeviceRate>,
    /// Most reads in a second, by device.
    pub device_read_iops: Vec<DeviceRate>,
    /// Most bytes written in a second, by device.
    pub device_write_bps: Vec<DeviceRate>,
    /// Most writes in a second, by device.
    pub device_write_iops: Vec<DeviceRate>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// The weight of one device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeviceWeight {
    /// The device on the host, such as `/dev/sda`.
    pub path: String,
    /// Relative weight, 10 to 1000.
    pub weight: u16,
}

/// The limit of one device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeviceRate {
    /// The device on the host, such as `/dev/sda`.
    pub path: String,
    /// Bytes or operations in a second.
    #[serde(serialize_with = "bytes::or_zero")]
    pub rate: Bytes,
}
