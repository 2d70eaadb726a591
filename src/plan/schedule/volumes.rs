//! Volumes of the spec: made, or made anew when the containers that mount them are gone.

use super::builder::After;
use super::containers::remove;
use super::labels;
use super::state::Schedule;
use crate::model::{Address, VolumeKey};
use crate::plan::decide::decisions::{VolumeDecision, VolumeFate};
use crate::plan::vocabulary::VolumeStep;

/// Adds the steps.
pub fn plan(s: &mut Schedule) {
    for (key, VolumeDecision { fate, labels_differ: _ }) in &s.decisions.volumes {
        match fate {
            VolumeFate::Keep => {}
            VolumeFate::Create => create(s, key, After::default()),
            VolumeFate::Recreate { users } => {
                let name = s.project().volumes[*key].name.clone();
                let gone: Vec<_> = users.iter().map(|user| remove::container(s, user)).collect();
                let after = s.after_cleared().and(After::done(gone));
                let removed = s.nodes.add(&Address::Volume((*key).clone()), after, VolumeStep::Remove { name });
                create(s, key, After::done([removed]));
            }
        }
    }
}

fn create<'a>(s: &mut Schedule<'a>, key: &'a VolumeKey, after: After) {
    let request = s.request();
    let volume = &request.project.volumes[key];
    let Some(definition) = &volume.definition else { return };
    let step = VolumeStep::Create {
        name: volume.name.clone(),
        definition: definition.clone(),
        labels: labels::volume(request.project, key, definition, request.key),
    };
    let node = s.nodes.add(&Address::Volume(key.clone()), after, step);
    s.volumes.insert(&volume.name, node);
}
