//! `services.*.volumes`: what is mounted where.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::value::{Bytes, Extensions, FileMode, Text, file_mode};

/// One mount. The short form is `[SOURCE:]TARGET[:OPTIONS]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mount {
    /// What is mounted.
    #[serde(rename = "type")]
    pub kind: MountKind,
    /// Path on the host (absolute after loading), key of a volume, or image; a volume without one is anonymous.
    #[serde(default)]
    pub source: Option<String>,
    /// Path in the container.
    #[serde(default)]
    pub target: Option<String>,
    /// The container cannot write to it.
    #[serde(default)]
    pub read_only: bool,
    /// Consistency between host and container, for Docker Desktop.
    #[serde(default)]
    pub consistency: Option<String>,
    /// Options of a bind.
    #[serde(default)]
    pub bind: Option<BindOptions>,
    /// Options of a volume.
    #[serde(default)]
    pub volume: Option<VolumeOptions>,
    /// Options of a tmpfs.
    #[serde(default)]
    pub tmpfs: Option<TmpfsOptions>,
    /// Options of an image.
    #[serde(default)]
    pub image: Option<ImageOptions>,
    /// Keys beginning with `x-`.
    #[serde(default, rename = "x-*")]
    pub extensions: Extensions,
}

/// What is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A file or folder of the host.
    Bind,
    /// A volume of the engine.
    Volume,
    /// Memory.
    Tmpfs,
    /// A volume of the cluster.
    Cluster,
    /// A named pipe of Windows.
    Npipe,
    /// The files of an image. API 1.48 and later.
    Image,
}

/// Options of a bind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct BindOptions {
    /// Label for SELinux.
    pub selinux: Option<Selinux>,
    /// How mounts below spread: `rprivate`, `private`, `rshared`, `shared`, `rslave`, `slave`.
    pub propagation: Option<String>,
    /// Make a folder on the host when nothing is there; true when unset. Printed only when it is said.
    #[serde(skip_serializing_if = "is_not_true")]
    pub create_host_path: Option<bool>,
    /// What happens to mounts below a read-only one.
    pub recursive: Option<Recursive>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Whether a switch is off, or not set at all.
fn is_not_true(switch: &Option<bool>) -> bool {
    *switch != Some(true)
}

/// Label for SELinux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Selinux {
    /// Shared among containers.
    #[serde(rename = "z")]
    Shared,
    /// For one container alone.
    #[serde(rename = "Z")]
    Private,
}

/// What happens to mounts below a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Recursive {
    /// They are mounted too, read-only where the kernel can.
    Enabled,
    /// They are left out.
    Disabled,
    /// They are mounted and stay writable.
    Writable,
    /// They are mounted read-only, or it fails.
    Readonly,
}

/// Options of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumeOptions {
    /// Labels, for a volume that the mount makes.
    pub labels: BTreeMap<String, Text>,
    /// Do not copy the image's files into a new volume.
    pub nocopy: bool,
    /// Folder in the volume to mount. API 1.45 and later.
    pub subpath: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Options of a tmpfs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TmpfsOptions {
    /// Most bytes; half the memory when unset.
    pub size: Option<Bytes>,
    /// Permissions of its root; a text is octal. Printed in decimal, as Compose does; 0 is unset.
    #[serde(serialize_with = "file_mode::in_decimal")]
    pub mode: FileMode,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}

/// Options of an image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageOptions {
    /// Folder in the image to mount.
    pub subpath: Option<String>,
    /// Keys beginning with `x-`.
    #[serde(rename = "x-*")]
    pub extensions: Extensions,
}
