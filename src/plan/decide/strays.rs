//! Networks and volumes that carry our labels and are in no spec: always told, networks removed only when the user asks,
//! and volumes only by name.

use std::collections::BTreeSet;

use super::decisions::{StrayFate, VolumeFate};
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, NetworkName, VolumeName};
use crate::plan::compare::destroy_data::{Candidates, may_destroy};
use crate::plan::compare::provider;
use crate::plan::vocabulary::{Action, Change, Hazard, Reason, code};
use crate::state::{Container, Network, NetworkId, Observed};

/// Networks that the spec does not name any more, and second ones of a name.
pub fn networks(draft: &mut Draft) {
    if draft.scope.is_partial {
        return;
    }
    let sides = draft.sides;
    let project = sides.request.project;
    let kept: BTreeSet<&NetworkId> = draft.targets.networks.values().filter_map(|target| target.live()).collect();
    // A service with no replica uses no network of this plan, and still means it.
    let meant: BTreeSet<&NetworkName> = project.networks.values().map(|network| &network.name).collect();
    for network in &sides.request.observed.networks {
        let settled = draft.targets.networks.keys().any(|key| project.networks[*key].name == network.name);
        if network.key.is_none()
            || kept.contains(&network.id)
            || draft.twins.contains(&network.id)
            || (meant.contains(&network.name) && !settled)
        {
            continue;
        }
        let change = stray_network(draft, network);
        draft.decided.changes.push(change);
    }
}

fn stray_network<'a>(draft: &mut Draft<'a>, network: &'a Network) -> Change {
    let sides = draft.sides;
    let project = sides.request.project;
    let mut change = Change::new(Address::Stray(network.name.to_string()), &network.name, Action::Forget);
    // A second one of a name that the spec means is left by a crash, and nothing works until it is gone.
    let twin = draft
        .targets
        .networks
        .keys()
        .any(|key| project.networks[*key].name == network.name && network.key.as_ref() == Some(*key));
    change.reasons.push(if twin { Reason::Repair } else { Reason::Stray });
    let users = sides.index.attached(&network.id);
    let stays = |user: &&&Container| !draft.left.contains(&(&user.id, &network.id)) && !draft.gone.contains(&user.id);
    let staying = users.iter().find(stays).map(|user| &user.name);
    let guest = sides.request.observed.guests_on(&network.id).map(|guest| &guest.name).next();
    match staying.or(guest) {
        Some(user) => change.notes.push(format!("network, in use by {user}")),
        None if sides.request.options.prune || twin => {
            draft.decided.strays.push(StrayFate::RemoveNetwork(network, users.to_vec()));
            change.action = Action::Delete;
        }
        None => change.notes.push("network".to_owned()),
    }
    change
}

/// Volumes that the spec does not name any more, renamed ones included, and volumes without a name that no container
/// mounts any more.
pub fn volumes(draft: &mut Draft) {
    named(draft);
    let sides = draft.sides;
    let (project, observed) = (sides.request.project, sides.request.observed);
    let meant: BTreeSet<&VolumeName> = project.volumes.values().map(|volume| &volume.name).collect();
    for volume in &observed.volumes {
        let users = sides.index.mounting(&volume.name);
        let asked = may_destroy(sides, &volume.name);
        let is_other = !volume.ours || meant.contains(&volume.name);
        if is_other || (volume.anonymous && !users.is_empty() && !asked) || (draft.scope.is_partial && !asked) {
            continue;
        }
        let mut change = Change::new(Address::Stray(volume.name.to_string()), &volume.name, Action::Forget);
        change.reasons.push(Reason::Stray);
        let staying = users.iter().find(|user| !draft.gone.contains(&user.id)).map(|user| &user.name);
        let mut guests = observed.guests.iter().filter(|guest| guest.volumes.contains(&volume.name));
        match (asked, staying.or_else(|| guests.next().map(|guest| &guest.name))) {
            (true, None) => {
                draft.decided.strays.push(StrayFate::RemoveVolume(&volume.name, users.to_vec()));
                change.action = Action::Delete;
                change.hazards.push(Hazard::DataLoss { volume: volume.name.clone() });
            }
            (true, Some(user)) => {
                let told = format!("volume {} cannot be removed, since container {user} mounts it", volume.name);
                let help = match volume.anonymous {
                    true => "give its service a new one first, with --renew",
                    false => "remove that container first, or pass --prune if it is a stray",
                };
                draft.decided.diagnostics.push(Diagnostic::error(code::HELD_VOLUME, told).help(help));
            }
            (false, _) if volume.anonymous => change.notes.push("volume without a name".to_owned()),
            (false, _) => change.notes.push("volume".to_owned()),
        }
        draft.decided.changes.push(change);
    }
}

/// Tells of volumes that the user gave up by name and that nothing is done about.
fn named(draft: &mut Draft) {
    let sides = draft.sides;
    let released: BTreeSet<_> =
        provider::recorded(sides.request.observed).into_keys().map(|name| name.to_string()).collect();
    let candidates = Candidates::both(sides);
    for named in &sides.request.options.destroy_data {
        let meant = candidates.meant(named);
        let told = match meant.first() {
            _ if meant.len() > 1 => Some(candidates.ambiguous(named, &meant)),
            Some(name) => stays(draft, name),
            None if released.contains(named.as_str()) => None,
            None => {
                let told = format!("there is no volume {named} in this project, so its data cannot be destroyed");
                Some(Diagnostic::error(code::UNKNOWN_DATA, told))
            }
        };
        draft.decided.diagnostics.extend(told);
    }
}

/// Why a volume of the file stays, if it does.
fn stays(draft: &Draft, name: &VolumeName) -> Option<Diagnostic> {
    let project = draft.sides.request.project;
    let (key, _) = project.volumes.iter().find(|(_, volume)| volume.name == *name)?;
    let decision = draft.decided.volumes.get(key);
    if decision.is_some_and(|decision| !matches!(decision.fate, VolumeFate::Keep)) {
        return None;
    }
    let told = if decision.is_some_and(|decision| decision.labels_differ) {
        format!("volume {key}: only labels of {name} differ, and its data is not destroyed for that")
    } else {
        format!("volume {key}: {name} is as the file asks, so nothing of it is destroyed")
    };
    Some(Diagnostic::warning(code::IN_USE, told))
}

/// Says of what has a name of dsenv's own and is not its own.
pub fn taken(observed: &Observed) -> impl Iterator<Item = Diagnostic> {
    observed.taken.iter().map(|name| {
        let told = format!("the volume {name} has a name of dsenv's own and not its labels, so it is left as it is");
        let help = format!("if nobody needs what is in it, remove it: `docker volume rm {name}`");
        Diagnostic::warning(code::TAKEN, told).help(help)
    })
}
