//! What must be done before a container of a service can be made.

use super::builder::After;
use super::state::Schedule;
use super::{files, images, models, providers};
use crate::model::MountKind;
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::provider;
use crate::plan::decide::decisions::Needs;
use crate::plan::vocabulary::NodeId;

/// Adds the steps that are not there yet, and gives what comes after all of them.
pub fn needs<'a>(s: &mut Schedule<'a>, desired: &DesiredService<'a>, needed: &'a Needs) -> After {
    let image = needed.image.as_ref().and_then(|image| images::bring(s, image));
    let mut after = After::default();
    for (name, _) in provider::needed(s.project(), desired.service) {
        after = after.and(providers::up(s, name, desired.service.depends_on[name].required));
    }
    after = after.and(models::used_by(s, desired.name));
    let mut done: Vec<NodeId> = image.into_iter().chain(s.key_node()).collect();
    let mounts = desired.service.fixed.mounts.values();
    done.extend(mounts.filter_map(|mount| match &mount.kind {
        MountKind::Volume { name, .. } => s.volumes.get(name),
        _ => None,
    }));
    done.extend(needed.mounted.iter().filter_map(|image| images::bring(s, image)).collect::<Vec<_>>());
    done.extend(desired.networks.iter().filter_map(|(key, _)| s.networks.get(*key)?.ready));
    done.extend(needed.files.as_ref().and_then(|volume| files::write(s, volume, image)));
    for service in desired.service.fixed.borrows() {
        done.extend(s.services.get(service).into_iter().flat_map(|steps| steps.first()?.up()));
    }
    for service in desired.service.fixed.links.values() {
        done.extend(s.services.get(service).into_iter().flat_map(|steps| steps.first()?.created));
    }
    after.and(After::done(done))
}
