//! Volumes of the spec. Nothing of one can be changed, and nothing but the user's consent removes one.

use super::decisions::{VolumeDecision, VolumeFate};
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, VolumeDefinition, VolumeKey};
use crate::plan::compare::destroy_data::may_destroy;
use crate::plan::compare::{definition, provenance, volume};
use crate::plan::vocabulary::{Action, Change, Hazard, Reason, code};
use crate::state::{Container, Volume};

/// Decides about every volume that a planned service mounts.
pub fn decide(draft: &mut Draft) {
    let project = draft.sides.request.project;
    for key in volume::used(project, draft.scope.planned.values().copied()) {
        match &project.volumes[key].definition {
            Some(definition) => settle(draft, key, definition),
            None => external(draft, key),
        }
    }
}

fn external(draft: &mut Draft, key: &VolumeKey) {
    let name = &draft.sides.request.project.volumes[key].name;
    if draft.sides.index.volume(name).is_none() {
        let told = Diagnostic::error(code::NO_VOLUME, format!("volume {key}: external volume {name} is not there"))
            .help(format!("make it with `docker volume create {name}`, or remove `external` so that it is made here"));
        draft.tell(told, &Address::Volume(key.clone()), "", "not on the engine");
    }
}

fn settle<'a>(draft: &mut Draft<'a>, key: &'a VolumeKey, definition: &'a VolumeDefinition) {
    let sides = draft.sides;
    let name = &sides.request.project.volumes[key].name;
    let address = Address::Volume(key.clone());
    let mut change = Change { place: sides.place(&address, ""), ..Change::new(address.clone(), name, Action::Keep) };
    let (fate, labels_differ) = match sides.index.volume(name) {
        None => {
            change.action = Action::Create;
            change.reasons.push(Reason::Missing);
            change.notes.extend(provenance::removed(sides, |project| project.volumes.contains_key(key.as_str())));
            (VolumeFate::Create, false)
        }
        Some(found) if !found.ours => {
            let told =
                format!("volume {key}: {name} is there already, and this project did not make it; it is used as it is");
            draft.tell(Diagnostic::warning(code::FOREIGN_VOLUME, told), &address, "", "made by somebody else");
            (VolumeFate::Keep, false)
        }
        Some(found) => compared(draft, key, definition, found, &mut change),
    };
    draft.decided.volumes.insert(key, VolumeDecision { fate, labels_differ });
    draft.decided.changes.push(change);
}

/// What becomes of one that is there and ours, and whether its labels differ.
fn compared<'a>(
    draft: &mut Draft<'a>,
    key: &'a VolumeKey,
    definition: &VolumeDefinition,
    found: &Volume,
    change: &mut Change,
) -> (VolumeFate<'a>, bool) {
    let sides = draft.sides;
    let left_alone = &sides.request.project.volumes[key].ignore_changes;
    let differences =
        definition::differences(found.record.as_ref(), &found.live, definition, left_alone, sides.request.key);
    let (labels, others): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(|change| change.path.starts_with("labels."));
    let labels_differ = !labels.is_empty();
    let told = labels.iter().map(|label| format!("{} cannot be changed on an existing volume", label.path));
    change.notes.extend(told);
    if others.is_empty() {
        return (VolumeFate::Keep, labels_differ);
    }
    let changes: Vec<_> = others.into_iter().map(|other| sides.forced(&change.address, other)).collect();
    let field = changes.first().map(|placed| placed.change.path.clone()).unwrap_or_default();
    change.action = Action::Replace;
    change.reasons.push(Reason::Changed(changes));
    change.hazards.push(Hazard::DataLoss { volume: found.name.clone() });
    if !may_destroy(sides, &found.name) {
        refuse(draft, key, change, &field);
        return (VolumeFate::Keep, labels_differ);
    }
    (recreated(draft, key, change), labels_differ)
}

fn refuse(draft: &mut Draft, key: &VolumeKey, change: &Change, field: &str) {
    let name = &change.name;
    let told = Diagnostic::error(
        code::PROTECTED,
        format!("volume {key}: its definition changed, and nothing of {name} can be changed without losing its data"),
    )
    .help(format!("give the volume another `name` to begin with an empty one and keep {name}"))
    .help(format!("pass `--destroy-data {name}` to destroy its data and make it anew"));
    draft.tell(told, &change.address, field, "differs from the volume that is there");
}

/// The user gave its data up by name. A volume that a container mounts cannot be removed, so its containers go first,
/// with no bridge to go back on; or it is told who stands in the way.
fn recreated<'a>(draft: &mut Draft<'a>, key: &'a VolumeKey, change: &mut Change) -> VolumeFate<'a> {
    let sides = draft.sides;
    let name = &sides.request.project.volumes[key].name;
    let users: Vec<&'a Container> = sides.index.mounting(name).to_vec();
    let stays = |user: &&&Container| {
        let planned = draft.scope.planned.contains_key(&user.service) && !user.oneoff;
        !planned && !draft.gone.contains(&user.id)
    };
    if let Some(user) = users.iter().find(stays) {
        change.hazards.push(Hazard::ExternalInUse { by: user.name.to_string() });
        let told = format!("volume {key}: {name} cannot be removed, since container {} mounts it", user.name);
        let told = Diagnostic::error(code::HELD_VOLUME, told)
            .help(format!("remove it with `docker rm {}`, or let this plan do it with --prune", user.name));
        draft.tell(told, &change.address, "", "cannot be made anew");
        return VolumeFate::Keep;
    }
    if let Some(guest) = sides.request.observed.guests.iter().find(|guest| guest.volumes.contains(name)) {
        let told = format!("volume {key}: {name} cannot be removed, since container {} mounts it", guest.name);
        let told = Diagnostic::error(code::HELD_VOLUME, told)
            .help(format!("it is not of this environment; remove it with `docker rm {}`", guest.name));
        draft.tell(told, &change.address, "", "cannot be made anew");
        return VolumeFate::Keep;
    }
    for user in &users {
        if draft.gone.insert(&user.id) {
            draft.remade.insert(&user.id);
        }
        let hazard = Hazard::Downtime { service: user.service.clone() };
        if user.state.is_up() && !change.hazards.contains(&hazard) {
            change.hazards.push(hazard);
        }
    }
    VolumeFate::Recreate { users }
}
