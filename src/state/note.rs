//! What dsenv keeps on an engine for itself, and how an engine that has volumes keeps it.
//!
//! Such an engine keeps each note in a volume of the note's own name, which labels tell apart from a user's. All that is
//! short is in the labels; files are in the volume. [`super::Observed::add_volume`] reads what [`labels`](Note::labels)
//! writes.

use super::label::{self, Labels};
use super::own::{self, Own};
use super::{AppliedRecord, LockHolder, applied};
use crate::model::{Content, Key, NoteName, ProjectName, VolumeName};

/// Something of dsenv's own that an engine keeps. It holds no user data.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Of which project.
    pub project: ProjectName,
    /// Under which name; [`own`] makes them.
    pub name: NoteName,
    /// What it says.
    pub body: NoteBody,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq)]
pub enum NoteBody {
    /// The project's key for digests.
    Key(Key),
    /// Who holds the lock, gives a sign of life, or may break a stale lock. Who keeps such a note first has it.
    Lock(LockHolder),
    /// The record of an apply.
    Record(Box<AppliedRecord>),
    /// Contents of configs and secrets.
    Files(Vec<NoteFile>),
}

/// One file of a note.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteFile {
    /// Without folders.
    pub name: String,
    /// What it holds.
    pub content: Content,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

impl Note {
    /// The labels of its volume.
    pub fn labels(&self) -> Labels {
        let Self { project, name: _, body } = self;
        let put = |kind: &str, value: Option<String>| {
            let fixed = [(label::ENV, project.to_string()), (label::KIND, kind.to_owned())];
            let value = value.map(|value| (label::VALUE, value));
            fixed.into_iter().chain(value).map(|(key, value)| (key.to_owned(), value)).collect()
        };
        match body {
            NoteBody::Key(key) => put(label::KIND_KEY, Some(key.to_hex())),
            NoteBody::Lock(holder) => {
                put(label::KIND_LOCK, Some(serde_json::to_string(holder).expect("plain data has a JSON form")))
            }
            NoteBody::Record(record) => {
                let AppliedRecord { sequence: _, note: _, at, by, partial, images, project: applied } = &**record;
                applied::labels(project, *at, by, *partial, images.clone(), applied)
            }
            NoteBody::Files(_) => put(label::KIND_FILES, None),
        }
    }
}

/// The volume that a note of this name is kept in.
pub fn volume(name: &NoteName) -> VolumeName {
    VolumeName::new(name.as_str())
}

/// The note that is kept in a volume of dsenv's own.
pub fn name(volume: &VolumeName) -> NoteName {
    NoteName::new(volume.as_str())
}

/// Who holds the lock that a volume is. `None` for one that is no lock: somebody else made it, or an engine that died at
/// it lost its labels.
pub fn holder(project: &ProjectName, volume: &VolumeName, labels: &Labels) -> Option<LockHolder> {
    let is_lock = own::own(project, volume, labels) == Some(Own::Lock);
    is_lock.then(|| LockHolder::read(labels.get(label::VALUE).map(String::as_str).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;
    use crate::state::{AppliedProject, Observed, Scope};

    #[test]
    fn a_look_finds_what_was_kept() {
        let project = ProjectName::new("lab");
        let key = Key::new([7; 32]);
        let holder = LockHolder { by: "ada@h".into(), ..LockHolder::read("no JSON") };
        let record = AppliedRecord {
            sequence: 3,
            note: own::record(&project, 3),
            at: Timestamp::UNIX_EPOCH,
            by: "ada@h".into(),
            partial: true,
            images: Default::default(),
            project: AppliedProject::of(serde_json::json!({"name": "lab"})),
        };
        let notes = [
            (own::key(&project, &BTreeSet::new()), NoteBody::Key(key.clone())),
            (own::lock(&project), NoteBody::Lock(holder.clone())),
            (own::beat(&project, "t", 1), NoteBody::Lock(holder.clone())),
            (own::record(&project, 3), NoteBody::Record(Box::new(record.clone()))),
            (own::files(&project, "abc"), NoteBody::Files(Vec::new())),
        ];
        let mut look = Observed::default();
        for (name, body) in notes {
            let note = Note { project: project.clone(), name, body };
            let live = || panic!("a note is no volume of the user's");
            look.add_volume(&Scope::of(project.clone()), volume(&note.name), &note.labels(), live);
        }
        assert_eq!(look.key, Some(key));
        assert_eq!(look.locks, [(own::lock(&project), holder)].into());
        assert_eq!(look.around_locks, [own::beat(&project, "t", 1)].into());
        assert_eq!(look.records, [record]);
        assert_eq!(look.files, [own::files(&project, "abc")].into());
        assert!(look.volumes.is_empty() && look.taken.is_empty());
    }
}
