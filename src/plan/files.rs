//! Contents of configs and secrets: one volume of dsenv's own for each distinct set, named by a digest of the set, so
//! that a changed content is another volume and an old container keeps what it was born with. It lives for as long as
//! a container was born with it, or a record of an applied state that is kept names it: that makes a rollback whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::builder::After;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{Action, Change, NodeId, Reason, Step, VolumeFile, code, images, labels};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, FileKind, FileMount, Key, ProjectName, VolumeName};
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

/// The volume with contents of configs and secrets that a container was born with.
pub fn born_with(project: &ProjectName, container: &Container) -> Option<VolumeName> {
    let files = container.record.as_ref()?.fixed.get("files")?;
    volume(project, &serde_json::from_value(files.clone()).ok()?, None)
}

/// The volumes with contents of configs and secrets that an applied state needs, from its record.
pub fn recorded(project: &ProjectName, record: &Value) -> BTreeSet<VolumeName> {
    let services = record.get("services").and_then(Value::as_object);
    let files =
        services.into_iter().flat_map(|services| services.values().filter_map(|each| each.pointer("/fixed/files")));
    files.filter_map(|files| volume(project, &serde_json::from_value(files.clone()).ok()?, None)).collect()
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
    // A container is made after its files are written, and a record is left after both: either shows that it is whole.
    let whole = half.is_none() && (p.file_users.contains_key(&volume) || is_recorded(p, &volume, 0));
    if whole && p.request.observed.files.contains(&volume) {
        return None;
    }
    let contents = &p.request.project.contents;
    let mut files = Vec::new();
    for (index, file) in wanted.service.fixed.files.values().enumerate() {
        let FileMount { kind, source, content, uid, gid, mode } = file;
        let kind = match kind {
            FileKind::Config => "config",
            FileKind::Secret => "secret",
        };
        let Some(content) = contents.get(content) else {
            let told = format!("service {}: the content of {kind} {source} is not on the engine any more", wanted.name);
            let help = "apply a spec that has it, or go back to another state with `--to`";
            p.diagnostics.push(Diagnostic::error(code::LOST_CONTENT, told).help(help));
            return None;
        };
        let content = content.clone();
        files.push(VolumeFile { name: index.to_string(), content, uid: *uid, gid: *gid, mode: *mode });
    }
    let step = Step::WriteFiles {
        volume: volume.clone(),
        labels: labels::files(&p.request.project.name),
        image: images::made_with(p, &wanted.service.fixed.image),
        files,
    };
    let after = After::done(image.into_iter().chain(half).chain([p.key_node()].into_iter().flatten()));
    let node = p.nodes.add(&Address::Service(wanted.name.clone()), after, step);
    p.files.insert(volume, node);
    Some(node)
}

/// Removes the volumes that no container and no record will name any more. With the last container that was born with
/// it a volume goes at once, unless a record names it that is still kept when this apply has left its own; then it
/// goes with that record.
pub(super) fn sweep(p: &mut Planner) {
    for volume in &p.request.observed.files {
        if p.kept_files.contains(volume) {
            continue;
        }
        let users = p.file_users.get(volume).map_or(&[][..], Vec::as_slice);
        let dropped = if users.is_empty() { 0 } else { records_to_drop(p) };
        if is_recorded(p, volume, dropped) {
            continue;
        }
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

/// How many records, the oldest first, go when this apply leaves its own.
fn records_to_drop(p: &Planner) -> usize {
    let kept = usize::try_from(p.request.project.history.max(1)).unwrap_or(usize::MAX);
    (p.request.observed.records.len() + 1).saturating_sub(kept)
}

/// Whether a record names a volume, the oldest ones not asked.
fn is_recorded(p: &Planner, volume: &VolumeName, but: usize) -> bool {
    p.recorded_files.iter().skip(but).any(|volumes| volumes.contains(volume))
}
