//! Contents of configs and secrets: one note for each distinct set, named by a digest of the set, so that a
//! changed content is another note and an old container keeps what it was created with. It lives for as long as
//! a container was created with it, or a record of an applied state that is kept names it: that makes a rollback whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{FileMount, Key, NoteName, ProjectName};
use crate::state::{AppliedProject, Container, Observed, own};

/// The note that holds these files. Contents that a record shows are keyed already: then there is no key to give.
pub fn note(project: &ProjectName, files: &BTreeMap<String, FileMount>, key: Option<&Key>) -> Option<NoteName> {
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

/// The note with contents of configs and secrets that a container was created with.
pub fn created_with(project: &ProjectName, container: &Container) -> Option<NoteName> {
    note(project, &container.record.as_ref()?.files(), None)
}

/// The notes with contents of configs and secrets that an applied state needs, from its record.
pub fn recorded(project: &ProjectName, applied: &AppliedProject) -> BTreeSet<NoteName> {
    applied.services.values().filter_map(|service| note(project, &service.files(), None)).collect()
}

/// The containers that were created with each note.
pub fn users<'a>(project: &ProjectName, observed: &'a Observed) -> BTreeMap<NoteName, Vec<&'a Container>> {
    let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for container in &observed.containers {
        if let Some(note) = created_with(project, container) {
            users.entry(note).or_default().push(container);
        }
    }
    users
}
