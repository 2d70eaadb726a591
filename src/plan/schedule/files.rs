//! Notes with contents of configs and secrets: each is written once, and swept with the last container that was
//! created with it.

use super::builder::After;
use super::state::Schedule;
use crate::model::{Address, NoteName};
use crate::plan::decide::decisions::{SweptFiles, WrittenFiles};
use crate::plan::vocabulary::{NodeId, NoteStep};
use crate::state::{Note, NoteBody};

/// The step that writes a note, if it is written. `image` brings an image of the container that needs it: an engine may
/// want one to write files with, and then any that is there will do.
pub fn write(s: &mut Schedule, name: &NoteName, image: Option<NodeId>) -> Option<NodeId> {
    if let Some(node) = s.files.get(name) {
        return Some(*node);
    }
    let (name, written) = s.decisions.files.get_key_value(name)?;
    let WrittenFiles { service, files } = written;
    let body = NoteBody::Files(files.clone());
    let note = Note { project: s.project().name.clone(), name: name.clone(), body };
    let half = s.helpers.get(name).copied();
    let after = After::done(image.into_iter().chain(half).chain(s.key_node()));
    let node = s.nodes.add(&Address::Service(service.clone()), after, NoteStep::Keep(note));
    s.files.insert(name, node);
    Some(node)
}

/// Removes those that nothing names any more.
pub fn sweep(s: &mut Schedule) {
    for SweptFiles { note, users } in &s.decisions.swept {
        let after = s.after_gone(users).and(After::done(s.helpers.get(note).copied()));
        let address = match users.first() {
            Some(user) => Address::Replica(user.service.clone(), user.replica),
            None => Address::Stray(note.to_string()),
        };
        s.nodes.add(&address, after, NoteStep::Forget { name: (*note).clone() });
    }
}
