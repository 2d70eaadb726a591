//! Volumes: which of the spec's are used.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{MountKind, Project, Service, VolumeKey, VolumeName};

/// The volumes of the spec that these services mount, if they have a container.
pub fn used<'a>(project: &'a Project, services: impl IntoIterator<Item = &'a Service>) -> BTreeSet<&'a VolumeKey> {
    let keys: BTreeMap<&VolumeName, &VolumeKey> =
        project.volumes.iter().map(|(key, volume)| (&volume.name, key)).collect();
    let services = services.into_iter().filter(|service| service.scale > 0);
    let mounts = services.flat_map(|service| service.fixed.mounts.values());
    let names = mounts.filter_map(|mount| match &mount.kind {
        MountKind::Volume { name, .. } => Some(name),
        _ => None,
    });
    names.filter_map(|name| keys.get(name).copied()).collect()
}
