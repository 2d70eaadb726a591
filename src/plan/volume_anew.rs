//! A volume whose definition changed and whose data the user gave up by name: a volume that a container mounts cannot
//! be removed, so its containers go first, with no bridge to go back on.

use super::builder::After;
use super::planner::Planner;
use super::{Change, Hazard, Reason, Step, code, remove, volumes};
use crate::diagnostic::Diagnostic;
use crate::model::{VolumeDefinition, VolumeKey};

/// Adds the steps, or tells who stands in the way.
pub(super) fn plan<'a>(p: &mut Planner<'a>, key: &'a VolumeKey, definition: &'a VolumeDefinition, change: &mut Change) {
    let name = &p.request.project.volumes[key].name;
    let users = p.index.mounting(name).to_vec();
    for user in &users {
        let planned = p.planned.contains_key(&user.service) && !user.oneoff;
        if !planned && !p.gone.contains_key(&user.id) {
            change.hazards.push(Hazard::ExternalInUse { by: user.name.to_string() });
            let told = format!("volume {key}: {name} cannot be removed, since container {} mounts it", user.name);
            let told = Diagnostic::error(code::HELD_VOLUME, told)
                .help(format!("remove it with `docker rm {}`, or let this plan do it with --prune", user.name));
            p.tell(told, &change.address.clone(), "", "cannot be made anew");
            return;
        }
    }
    if let Some(guest) = p.request.observed.guests.iter().find(|guest| guest.volumes.contains(name)) {
        let told = format!("volume {key}: {name} cannot be removed, since container {} mounts it", guest.name);
        let told = Diagnostic::error(code::HELD_VOLUME, told)
            .help(format!("it is not of this environment; remove it with `docker rm {}`", guest.name));
        p.tell(told, &change.address.clone(), "", "cannot be made anew");
        return;
    }
    let mut gone: Vec<_> = p.cleared.iter().copied().collect();
    for user in users {
        if !p.gone.contains_key(&user.id) {
            p.remade.insert(&user.id, Reason::Asked);
        }
        let hazard = Hazard::Downtime { service: user.service.clone() };
        if user.state.is_up() && !change.hazards.contains(&hazard) {
            change.hazards.push(hazard);
        }
        gone.push(remove::container(p, user, After::default()));
    }
    let remove = p.nodes.add(&change.address, After::done(gone), Step::RemoveVolume { name: name.clone() });
    let create = volumes::create(p, key, definition, After::done([remove]));
    p.volumes.insert(name, create);
}
