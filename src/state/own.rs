//! Names of dsenv's own objects. They hold no user data; they are told apart by label *and* by name, and are the
//! only volumes that dsenv removes unasked.

use std::collections::BTreeSet;

use super::label::{self, Labels};
use crate::model::{ContainerName, NoteName, ProjectName, VolumeName};

pub use crate::model::{Own, reserved};

/// Which kind of dsenv's own volumes this is, if label and name both say so.
pub fn own(project: &ProjectName, name: &VolumeName, labels: &Labels) -> Option<Own> {
    let own = reserved(project, name)?;
    let kind = match own {
        Own::Files => label::KIND_FILES,
        Own::Lock => label::KIND_LOCK,
        Own::Record => label::KIND_RECORD,
        Own::Key => label::KIND_KEY,
    };
    let says = |key: &str, value: &str| labels.get(key).is_some_and(|found| found == value);
    (says(label::ENV, project.as_str()) && says(label::KIND, kind)).then_some(own)
}

/// Whether a volume that was to be dsenv's own, by the labels that were asked for, is somebody else's: it was there
/// already, and does not say the same of itself.
pub fn is_taken(name: &VolumeName, asked: &Labels, found: &Labels) -> bool {
    let project = asked.get(label::ENV).map(|project| ProjectName::new(project.as_str()));
    project.is_some_and(|project| {
        let wanted = own(&project, name, asked);
        wanted.is_some() && own(&project, name, found) != wanted
    })
}

/// The first of these names that nobody else has.
fn free(name: impl Fn(u64) -> NoteName, taken: &BTreeSet<NoteName>) -> NoteName {
    (1..).map(name).find(|name| !taken.contains(name)).expect("there are more numbers than volumes")
}

fn numbered(project: &ProjectName, kind: &str, number: u64) -> NoteName {
    let more = if number == 1 { String::new() } else { format!("_{number}") };
    NoteName::new(format!("{project}_dsenv_{kind}{more}"))
}

/// The note with the contents whose digest this is.
pub fn files(project: &ProjectName, digest: &str) -> NoteName {
    NoteName::new(format!("{project}_dsenv_files_{}", digest.get(..32).unwrap_or(digest)))
}

/// Whether a bind's source is a file in such a volume, by the path that it has on the engine's host.
pub fn is_file_path(path: &str) -> bool {
    path.contains("_dsenv_files_")
}

/// The lock.
pub fn lock(project: &ProjectName) -> NoteName {
    lock_at(project, 1)
}

/// The lock where the names with lower numbers are somebody else's; counts from 1.
pub fn lock_at(project: &ProjectName, number: u64) -> NoteName {
    numbered(project, "lock", number)
}

/// Whether a volume is a lock, and not what belongs to one.
pub fn is_lock(project: &ProjectName, name: &VolumeName) -> bool {
    reserved(project, name) == Some(Own::Lock)
        && name.as_str().strip_prefix(&format!("{project}_dsenv_")).is_some_and(|rest| rest.starts_with("lock"))
}

/// The right to break the lock that carries this token; numbered as [`lock_at`].
pub fn break_lock(project: &ProjectName, token: &str, number: u64) -> NoteName {
    numbered(project, &format!("break_{}", token_name(token)), number)
}

/// A sign of life of the lock that carries this token; each has the next number.
pub fn beat(project: &ProjectName, token: &str, number: u64) -> NoteName {
    NoteName::new(format!("{}{number}", beats(project, token)))
}

/// How the names of all signs of life of a lock begin.
pub fn beats(project: &ProjectName, token: &str) -> String {
    format!("{project}_dsenv_beat_{}_", token_name(token))
}

/// A token as a part of a name: those that dsenv gives as they are, anything else by its digest.
fn token_name(token: &str) -> String {
    let plain = (1..=32).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { token.to_owned() } else { blake3::hash(token.as_bytes()).to_hex()[..16].to_owned() }
}

/// The record with this number.
pub fn record(project: &ProjectName, sequence: u64) -> NoteName {
    NoteName::new(format!("{project}_dsenv_record_{sequence}"))
}

/// The number of a record, from its name.
pub fn record_sequence(project: &ProjectName, name: &VolumeName) -> Option<u64> {
    name.as_str().strip_prefix(&format!("{project}_dsenv_record_"))?.parse().ok()
}

/// The key, under the first name that nobody else has.
pub fn key(project: &ProjectName, taken: &BTreeSet<NoteName>) -> NoteName {
    free(|number| numbered(project, "key", number), taken)
}

/// The record with this number, or the next that nobody else has the name of.
pub fn next_record(project: &ProjectName, sequence: u64, taken: &BTreeSet<NoteName>) -> u64 {
    (sequence..).find(|sequence| !taken.contains(&record(project, *sequence))).unwrap_or(sequence)
}

/// Behind the name of a note with files: the container that carries contents into it.
pub const CARRIER: &str = "_carrier";

const NEXT: &str = ".next";

/// The name of a container until it takes the place of the one with this name.
pub fn next(name: &ContainerName) -> ContainerName {
    ContainerName::new(format!("{name}{NEXT}"))
}

const PRE_START: &str = ".pre-";

/// The container of the service's own `pre_start` hook with this number, from 1.
pub fn pre_start(name: &ContainerName, number: usize) -> ContainerName {
    ContainerName::new(format!("{name}{PRE_START}{number}"))
}

/// The number of the `pre_start` hook that a container runs, from its name.
pub fn pre_start_number(name: &str) -> Option<usize> {
    name.rsplit_once(PRE_START)?.1.parse().ok()
}

/// Whether an interrupted replacement left this container.
pub fn is_next(name: &ContainerName) -> bool {
    name.as_str().ends_with(NEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::note::volume;

    #[test]
    fn a_volume_is_our_own_only_if_label_and_name_say_so() {
        let project = ProjectName::new("lab");
        let labels: Labels =
            [(label::ENV, "lab"), (label::KIND, label::KIND_LOCK)].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(own(&project, &volume(&lock(&project)), &labels), Some(Own::Lock));
        assert_eq!(own(&project, &volume(&lock_at(&project, 2)), &labels), Some(Own::Lock));
        assert_eq!(own(&project, &"lab_data".into(), &labels), None);
        assert_eq!(
            own(&project, &volume(&key(&project, &BTreeSet::new())), &labels),
            None,
            "the one kind is not the other"
        );
        assert_eq!(own(&project, &volume(&lock(&project)), &Labels::new()), None);
    }

    #[test]
    fn a_name_that_somebody_has_is_passed_over() {
        let (project, taken) =
            (ProjectName::new("lab"), BTreeSet::from(["lab_dsenv_key".into(), "lab_dsenv_record_3".into()]));
        assert_eq!(key(&project, &taken).as_str(), "lab_dsenv_key_2");
        assert_eq!([2, 3].map(|sequence| next_record(&project, sequence, &taken)), [2, 4]);
    }

    #[test]
    fn a_token_makes_a_name_that_every_engine_takes() {
        for token in ["", "../../etc", &"t".repeat(500), "a b"] {
            let name = break_lock(&"lab".into(), token, 1).as_str().to_owned();
            assert!(name.len() < 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{name}");
        }
        assert_eq!(beat(&"lab".into(), "t1", 3).as_str(), "lab_dsenv_beat_t1_3");
    }
}
