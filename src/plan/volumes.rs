//! Volumes of the spec. Nothing of one can be changed, and nothing but the user's word removes one.

use std::collections::BTreeMap;

use super::builder::After;
use super::named::Candidates;
use super::networks::said;
use super::planner::Planner;
use super::{Action, Change, Hazard, NodeId, PlacedChange, Reason, Step, code, drift, labels, volume_anew};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{Address, Key, MountKind, VolumeDefinition, VolumeKey, VolumeName};
use crate::state;
use crate::state::record::unveiled;

/// Settles every volume that a planned service mounts.
pub(super) fn plan(p: &mut Planner) {
    let keys: BTreeMap<&VolumeName, &VolumeKey> =
        p.request.project.volumes.iter().map(|(key, volume)| (&volume.name, key)).collect();
    let mut used: BTreeMap<&VolumeKey, ()> = BTreeMap::new();
    for service in p.planned.values().filter(|service| service.scale > 0) {
        for mount in service.fixed.mounts.values() {
            if let MountKind::Volume { name, .. } = &mount.kind
                && let Some(key) = keys.get(name)
            {
                used.insert(key, ());
            }
        }
    }
    for key in used.into_keys() {
        match &p.request.project.volumes[key].definition {
            Some(definition) => settle(p, key, definition),
            None => external(p, key),
        }
    }
}

fn external(p: &mut Planner, key: &VolumeKey) {
    let name = &p.request.project.volumes[key].name;
    if p.index.volume(name).is_none() {
        let told = Diagnostic::error(code::NO_VOLUME, format!("volume {key}: external volume {name} is not there"))
            .help(format!("make it with `docker volume create {name}`, or remove `external` so that it is made here"));
        p.tell(told, &Address::Volume(key.clone()), "", "not on the engine");
    }
}

fn settle<'a>(p: &mut Planner<'a>, key: &'a VolumeKey, definition: &'a VolumeDefinition) {
    let name = &p.request.project.volumes[key].name;
    let address = Address::Volume(key.clone());
    let place = p.place(&address, "");
    let Some(found) = p.index.volume(name) else {
        let node = create(p, key, definition, After::default());
        p.volumes.insert(name, node);
        let change = Change::new(address, name, Action::Create);
        let notes = drift::removed(p, &["volumes", key.as_str()]).into_iter().collect();
        p.changes.push(Change { reasons: vec![Reason::Missing], place, notes, ..change });
        return;
    };
    let mut change = Change { place, ..Change::new(address.clone(), name, Action::Keep) };
    if !found.ours {
        let told =
            format!("volume {key}: {name} is there already, and this project did not make it; it is used as it is");
        p.tell(Diagnostic::warning(code::FOREIGN_VOLUME, told), &address, "", "made by somebody else");
        p.changes.push(change);
        return;
    }
    let left_alone = &p.request.project.volumes[key].ignore_changes;
    let (labels, others): (Vec<_>, Vec<_>) = differences(found, definition, p.request.key)
        .into_iter()
        .filter(|change| !drift::covers(left_alone, &change.path))
        .partition(|change| change.path.starts_with("labels."));
    for label in labels {
        change.notes.push(format!("{} cannot be changed on an existing volume", label.path));
    }
    if others.is_empty() {
        p.changes.push(change);
        return;
    }
    let changes = others.into_iter().map(|change| {
        let place = p.place(&address, &change.path);
        PlacedChange { change, place, drift: false, forces: true }
    });
    change.action = Action::Replace;
    change.reasons.push(Reason::Changed(changes.collect()));
    change.hazards.push(Hazard::DataLoss { volume: name.clone() });
    if p.may_destroy(name) {
        volume_anew::plan(p, key, definition, &mut change);
    } else {
        refuse(p, key, &change);
    }
    p.changes.push(change);
}

fn refuse(p: &mut Planner, key: &VolumeKey, change: &Change) {
    let Address::Volume(_) = &change.address else { return };
    let name = &change.name;
    let told = Diagnostic::error(
        code::PROTECTED,
        format!("volume {key}: its definition changed, and nothing of {name} can be changed without losing its data"),
    )
    .help(format!("give the volume another `name` to begin with an empty one and keep {name}"))
    .help(format!("pass `--destroy-data {name}` to destroy its data and make it anew"));
    let field = change.reasons.iter().find_map(|reason| match reason {
        Reason::Changed(changes) => changes.first().map(|change| change.change.path.clone()),
        _ => None,
    });
    p.tell(told, &change.address.clone(), &field.unwrap_or_default(), "differs from the volume that is there");
}

/// Adds the step that makes a volume.
pub(super) fn create(p: &mut Planner, key: &VolumeKey, definition: &VolumeDefinition, after: After) -> NodeId {
    let step = Step::CreateVolume {
        name: p.request.project.volumes[key].name.clone(),
        definition: definition.clone(),
        labels: labels::volume(p.request.project, key, definition, p.request.key),
    };
    p.nodes.add(&Address::Volume(key.clone()), after, step)
}

fn differences(found: &state::Volume, wanted: &VolumeDefinition, key: &Key) -> Vec<diff::FieldChange> {
    let json = |definition| serde_json::to_value(definition).expect("a model of plain data has a JSON form");
    let wanted = json(wanted);
    match &found.record {
        Some(record) => diff::fields(&unveiled(json(record), &wanted, key), &wanted),
        None => diff::fields(&json(&found.live), &wanted).into_iter().filter(|change| said(change, &wanted)).collect(),
    }
}

impl Planner<'_> {
    /// Whether the user named this volume, and no other with it, as one whose data may go.
    pub fn may_destroy(&self, name: &VolumeName) -> bool {
        let candidates = self.candidates();
        self.request.options.destroy_data.iter().any(|named| {
            let meant = candidates.meant(named);
            meant.len() == 1 && meant.contains(name)
        })
    }

    /// The volumes that a name behind `--destroy-data` can mean.
    pub fn candidates(&self) -> Candidates<'_> {
        let spec = self.request.project.volumes.iter().map(|(key, volume)| (&volume.name, Some(key)));
        let found = self.request.observed.volumes.iter().filter(|volume| volume.ours);
        Candidates::of(spec.chain(found.map(|volume| (&volume.name, volume.key.as_ref()))))
    }
}
