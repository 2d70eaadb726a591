//! Contents of configs and secrets: one volume of dsenv's own for each distinct set, named by a digest of the set, so
//! that a changed content is another volume and an old container keeps what it was born with.

use std::collections::BTreeMap;

use super::builder::After;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{Action, Change, NodeId, Reason, Step, VolumeFile, labels};
use crate::model::{Address, FileMount, Key, ProjectName, VolumeName};
use crate::state::{Container, Observed, own};

/// The volume that holds these files. Contents that a record shows are keyed already: then there is no key to give.
pub(super) fn volume(
    project: &ProjectName,
    files: &BTreeMap<String, FileMount>,
    key: Option<&Key>,
) -> Option<VolumeName> {
    if files.is_empty() {
        return None;
    }
    let mut digest = blake3::Hasher::new();
    for (index, file) in files.values().enumerate() {
        let FileMount { kind: _, source: _, content, uid, gid, mode } = file;
        let content = key.map_or_else(|| content.clone(), |key| content.keyed(key));
        digest.update(format!("{index} {} {uid} {gid} {mode:o}\n", content.as_str()).as_bytes());
    }
    Some(own::files(project, digest.finalize().to_hex().as_str()))
}

/// The volume that a container was born with.
pub(super) fn born_with(project: &ProjectName, container: &Container) -> Option<VolumeName> {
    let files = container.record.as_ref()?.fixed.get("files")?;
    volume(project, &serde_json::from_value(files.clone()).ok()?, None)
}

/// The containers that were born with each volume.
pub(super) fn users<'a>(project: &ProjectName, observed: &'a Observed) -> BTreeMap<VolumeName, Vec<&'a Container>> {
    let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for container in &observed.containers {
        if let Some(volume) = born_with(project, container) {
            users.entry(volume).or_default().push(container);
        }
    }
    users
}

/// The step that fills the volume of a service, if it is not there whole.
pub(super) fn need(p: &mut Planner, wanted: &Wanted, image: Option<NodeId>) -> Option<NodeId> {
    let volume = wanted.files.clone()?;
    if let Some(node) = p.files.get(&volume) {
        return Some(*node);
    }
    let half = p.helpers.get(&volume).copied();
    // A container is made after its files are written: one that was born with the volume shows that it is whole.
    let whole = half.is_none() && p.file_users.contains_key(&volume);
    if whole && p.request.observed.files.contains(&volume) {
        return None;
    }
    let contents = &p.request.project.contents;
    let files = wanted.service.fixed.files.values().enumerate().map(|(index, file)| VolumeFile {
        name: index.to_string(),
        content: contents.get(&file.content).expect("the project holds every content that it names").clone(),
        uid: file.uid,
        gid: file.gid,
        mode: file.mode,
    });
    let step = Step::WriteFiles {
        volume: volume.clone(),
        labels: labels::files(&p.request.project.name),
        image: wanted.service.fixed.image.clone(),
        files: files.collect(),
    };
    let after = After::done(image.into_iter().chain(half).chain([p.key_node()].into_iter().flatten()));
    let node = p.nodes.add(&Address::Service(wanted.name.clone()), after, step);
    p.files.insert(volume, node);
    Some(node)
}

/// Removes the volumes that no container will use any more.
pub(super) fn sweep(p: &mut Planner) {
    for volume in &p.request.observed.files {
        if p.kept_files.contains(volume) {
            continue;
        }
        let users = p.file_users.get(volume).map_or(&[][..], Vec::as_slice);
        let Some(gone) = users.iter().map(|user| p.gone.get(&user.id).copied()).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let after = After::done(gone.into_iter().chain(p.helpers.get(volume).copied()));
        // With a user that goes it is part of that user's change; alone it is what an interrupted apply left.
        let address = match users.first() {
            Some(user) => Address::Replica(user.service.clone(), user.replica),
            None => {
                let address = Address::Stray(volume.to_string());
                let change = Change::new(address.clone(), volume, Action::Delete);
                p.changes.push(Change { reasons: vec![Reason::Repair], ..change });
                address
            }
        };
        p.nodes.add(&address, after, Step::RemoveVolume { name: volume.clone() });
    }
}
