//! Contents of configs and secrets: one note for each distinct set, named by a digest of the set, so that a
//! changed content is another note and an old container keeps what it was created with. It lives for as long as
//! a container was created with it, or a record of an applied state that is kept names it: that makes a rollback whole.

use super::decisions::{SweptFiles, WrittenFiles};
use super::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, FileKind, FileMount, NoteName};
use crate::plan::compare::desired::DesiredService;
use crate::plan::vocabulary::{Action, Change, Reason, code};
use crate::state::NoteFile;

/// The note of a service, if it is not there whole and can be written.
pub fn need(draft: &mut Draft, desired: &DesiredService) -> Option<NoteName> {
    let request = draft.sides.request;
    let note = desired.files.clone()?;
    if draft.decided.files.contains_key(&note) {
        return Some(note);
    }
    let half = request.observed.helpers.iter().any(|helper| helper.note.as_ref() == Some(&note));
    // A container is made after its files are written, and a record is left after both: either shows that it is whole.
    let whole = !half && (draft.file_users.contains_key(&note) || is_recorded(draft, &note, 0));
    if whole && request.observed.files.contains(&note) {
        return None;
    }
    let mut files = Vec::new();
    for (index, file) in desired.service.fixed.files.values().enumerate() {
        let FileMount { kind, source, content, uid, gid, mode } = file;
        let kind = match kind {
            FileKind::Config => "config",
            FileKind::Secret => "secret",
        };
        let Some(content) = request.project.contents.get(content) else {
            let told =
                format!("service {}: the content of {kind} {source} is not on the engine any more", desired.name);
            let help = "apply a spec that has it, or go back to another state with `--to`";
            draft.decided.diagnostics.push(Diagnostic::error(code::LOST_CONTENT, told).help(help));
            return None;
        };
        let content = content.clone();
        files.push(NoteFile { name: index.to_string(), content, uid: *uid, gid: *gid, mode: *mode });
    }
    draft.decided.files.insert(note.clone(), WrittenFiles { service: desired.name.clone(), files });
    Some(note)
}

/// Sweeps the notes that no container and no record will name any more. With the last container that was created with
/// it a note goes at once, unless a record names it that is still kept when this apply has left its own; then it
/// goes with that record.
pub fn sweep(draft: &mut Draft) {
    for note in &draft.sides.request.observed.files {
        if draft.kept_files.contains(note) {
            continue;
        }
        let users = draft.file_users.get(note).cloned().unwrap_or_default();
        let dropped = if users.is_empty() { 0 } else { records_to_drop(draft) };
        if is_recorded(draft, note, dropped) || !users.iter().all(|user| draft.gone.contains(&user.id)) {
            continue;
        }
        // With a user that goes it is part of that user's change; alone it is what an interrupted apply left.
        if users.is_empty() {
            let change = Change::new(Address::Stray(note.to_string()), note, Action::Delete);
            draft.decided.changes.push(Change { reasons: vec![Reason::Repair], ..change });
        }
        draft.decided.swept.push(SweptFiles { note, users });
    }
}

/// How many records, the oldest first, go when this apply leaves its own.
fn records_to_drop(draft: &Draft) -> usize {
    let request = &draft.sides.request;
    let kept = usize::try_from(request.project.history.max(1)).unwrap_or(usize::MAX);
    (request.observed.records.len() + 1).saturating_sub(kept)
}

/// Whether a record names a note, the oldest ones not asked.
fn is_recorded(draft: &Draft, note: &NoteName, but: usize) -> bool {
    draft.recorded_files.iter().skip(but).any(|notes| notes.contains(note))
}
