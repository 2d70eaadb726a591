//! What dsenv keeps for itself: each note is a volume, whose labels tell it apart.

use super::super::Docker;
use super::{files, volume};
use crate::engine::{Done, EngineError};
use crate::model::{NoteName, VolumeDefinition};
use crate::state::{Note, NoteBody, note};

/// A second try after an interruption does the same again: same names, same contents.
pub(super) async fn keep(docker: &Docker, note: &Note) -> Result<Done, EngineError> {
    let (name, labels) = (note::volume(&note.name), note.labels());
    let found = volume::make(docker, &name, &VolumeDefinition::default(), &labels).await?;
    match &note.body {
        NoteBody::Lock(_) => Ok(Done::Held(note::holder(&note.project, &name, &found))),
        NoteBody::Key(_) | NoteBody::Record(_) => Ok(Done::Nothing),
        NoteBody::Files(files) => files::write(docker, &name, &labels, files).await.map(|()| Done::Nothing),
    }
}

pub(super) async fn forget(docker: &Docker, name: &NoteName) -> Result<Done, EngineError> {
    volume::remove(docker, &note::volume(name)).await
}
