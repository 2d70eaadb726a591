//! New volumes are filled by one container alone. An engine copies what an image has at the target into an empty volume
//! when a container is created, and two that do so at once trip over each other's folders.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{MountKind, VolumeName};
use crate::plan::compare::index::Index;
use crate::plan::vocabulary::{ContainerStep, Node, NodeId, Step, When};

/// Puts every creation that mounts a volume which no container has mounted yet after the first of them, whether that one
/// succeeds or not.
pub fn one_by_one(nodes: &mut [Node], index: &Index) {
    let mut first: BTreeMap<VolumeName, NodeId> = BTreeMap::new();
    for node in nodes {
        let Step::Container(ContainerStep::Create(new)) = &node.step else { continue };
        if node.when.is_back() {
            continue;
        }
        let mounted = new.fixed.mounts.values().filter_map(|mount| match &mount.kind {
            MountKind::Volume { name, nocopy: false, .. } => Some(name),
            _ => None,
        });
        let mut earlier: BTreeSet<NodeId> = BTreeSet::new();
        for name in mounted.filter(|name| index.mounting(name).is_empty()) {
            match first.get(name) {
                Some(filler) => drop(earlier.insert(*filler)),
                None => drop(first.insert(name.clone(), node.id)),
            }
        }
        earlier.retain(|id| *id != node.id && !node.after.contains(id));
        if earlier.is_empty() {
            continue;
        }
        node.after.extend(&earlier);
        match &mut node.when {
            When::Done => node.when = When::Tolerant { failures: earlier.len(), of: earlier },
            When::Tolerant { of, failures } => {
                *failures += earlier.len();
                of.extend(earlier);
            }
            // Those are passed over above.
            When::Failed(_) | When::TakenBack { .. } => {}
        }
    }
}
