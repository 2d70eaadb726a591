//! Volumes: how one that is there differs from what the file says.

use std::collections::{BTreeMap, BTreeSet};

use super::ignore_changes;
use super::network::said;
use crate::diff::{self, FieldChange};
use crate::model::{Key, MountKind, Project, Service, VolumeDefinition, VolumeKey, VolumeName};
use crate::state::Volume;
use crate::state::record::unveiled;

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

/// What differs from how the volume was created, without what the user wants left alone.
pub fn differences(
    found: &Volume,
    desired: &VolumeDefinition,
    left_alone: &BTreeSet<String>,
    key: &Key,
) -> Vec<FieldChange> {
    let json = |definition| serde_json::to_value(definition).expect("a model of plain data has a JSON form");
    let desired = json(desired);
    let mut changes = match &found.record {
        Some(record) => diff::fields(&unveiled(json(record), &desired, key), &desired),
        None => said(diff::fields(&json(&found.live), &desired), &desired),
    };
    changes.retain(|change| !ignore_changes::covers(left_alone, &change.path));
    changes
}
