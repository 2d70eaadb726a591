//! Volumes with contents of configs and secrets: each is written once, and swept with the last container that was
//! created with it.

use super::builder::After;
use super::labels;
use super::state::Schedule;
use crate::model::{Address, VolumeName};
use crate::plan::decide::decisions::{SweptFiles, WrittenFiles};
use crate::plan::vocabulary::{FilesStep, NodeId, VolumeStep};

/// The step that writes a volume, if it is written. `image` brings the image that it is written with.
pub fn write(s: &mut Schedule, volume: &VolumeName, image: Option<NodeId>) -> Option<NodeId> {
    if let Some(node) = s.files.get(volume) {
        return Some(*node);
    }
    let (volume, written) = s.decisions.files.get_key_value(volume)?;
    let WrittenFiles { service, image: reference, files } = written;
    let step = FilesStep::Write {
        volume: volume.clone(),
        labels: labels::files(&s.project().name),
        image: reference.clone(),
        files: files.clone(),
    };
    let half = s.helpers.get(volume).copied();
    let after = After::done(image.into_iter().chain(half).chain(s.key_node()));
    let node = s.nodes.add(&Address::Service(service.clone()), after, step);
    s.files.insert(volume, node);
    Some(node)
}

/// Removes those that nothing names any more.
pub fn sweep(s: &mut Schedule) {
    for SweptFiles { volume, users } in &s.decisions.swept {
        let after = s.after_gone(users).and(After::done(s.helpers.get(volume).copied()));
        let address = match users.first() {
            Some(user) => Address::Replica(user.service.clone(), user.replica),
            None => Address::Stray(volume.to_string()),
        };
        s.nodes.add(&address, after, VolumeStep::Remove { name: (*volume).clone() });
    }
}
