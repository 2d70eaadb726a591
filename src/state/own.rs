//! Names of dsenv's own objects. They hold no user data; they are told apart by label *and* by name, and are the
//! only volumes that dsenv removes unasked.

use super::label::{self, Labels};
use crate::model::{ContainerName, ProjectName, VolumeName};

/// A volume of dsenv's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Contents of configs and secrets.
    Files,
    /// The lock, or the right to break a stale one.
    Lock,
    /// The record of an apply.
    Record,
    /// The key for digests.
    Key,
}

/// Which kind of dsenv's own volumes this is, if label and name both say so.
pub fn own(project: &ProjectName, name: &VolumeName, labels: &Labels) -> Option<Own> {
    let rest = name.as_str().strip_prefix(&format!("{project}_dsenv_"))?;
    let kind = labels.get(label::KIND)?.as_str();
    if labels.get(label::ENV)? != project.as_str() {
        return None;
    }
    match kind {
        label::KIND_FILES if rest.starts_with("files_") => Some(Own::Files),
        label::KIND_LOCK if rest == "lock" || rest.starts_with("break_") => Some(Own::Lock),
        label::KIND_RECORD if rest.starts_with("record_") => Some(Own::Record),
        label::KIND_KEY if rest == "key" => Some(Own::Key),
        _ => None,
    }
}

/// The volume with the contents whose digest this is.
pub fn files(project: &ProjectName, digest: &str) -> VolumeName {
    VolumeName::new(format!("{project}_dsenv_files_{}", digest.get(..32).unwrap_or(digest)))
}

/// Whether a bind's source is a file in such a volume, by the path that it has on the engine's host.
pub fn is_file_path(path: &str) -> bool {
    path.contains("_dsenv_files_")
}

/// The lock.
pub fn lock(project: &ProjectName) -> VolumeName {
    VolumeName::new(format!("{project}_dsenv_lock"))
}

/// The right to break the lock that carries this token.
pub fn break_lock(project: &ProjectName, token: &str) -> VolumeName {
    VolumeName::new(format!("{project}_dsenv_break_{token}"))
}

/// The record with this number.
pub fn record(project: &ProjectName, sequence: u64) -> VolumeName {
    VolumeName::new(format!("{project}_dsenv_record_{sequence}"))
}

/// The number of a record, from its name.
pub fn record_sequence(project: &ProjectName, name: &VolumeName) -> Option<u64> {
    name.as_str().strip_prefix(&format!("{project}_dsenv_record_"))?.parse().ok()
}

/// The key.
pub fn key(project: &ProjectName) -> VolumeName {
    VolumeName::new(format!("{project}_dsenv_key"))
}

/// Behind a file volume's name: the container that carries contents into it.
pub const CARRIER: &str = "_carrier";

const NEXT: &str = ".next";

/// The name of a container until it takes the place of the one with this name.
pub fn next(name: &ContainerName) -> ContainerName {
    ContainerName::new(format!("{name}{NEXT}"))
}

/// Whether an interrupted replacement left this container.
pub fn is_next(name: &ContainerName) -> bool {
    name.as_str().ends_with(NEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_our_own_only_if_label_and_name_say_so() {
        let project = ProjectName::new("lab");
        let labels: Labels =
            [(label::ENV, "lab"), (label::KIND, label::KIND_LOCK)].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(own(&project, &lock(&project), &labels), Some(Own::Lock));
        assert_eq!(own(&project, &"lab_data".into(), &labels), None);
        assert_eq!(own(&project, &lock(&project), &Labels::new()), None);
    }
}
