//! From notify's events to the two things that matter: somebody writes here, or this path is worth a look.

use camino::{Utf8Path, Utf8PathBuf};
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileEvent {
    /// The file is being written.
    Writing(Utf8PathBuf),
    /// It was made and may be written next.
    Made(Utf8PathBuf),
    /// The path is there, changed, or gone: look at it.
    Look(Utf8PathBuf),
    /// Events were lost: look at everything.
    Lost,
}

/// Reads an event. Names that are no UTF-8 are left out: no spec can name them.
pub(super) fn file_events(event: notify::Event) -> Vec<FileEvent> {
    if event.need_rescan() {
        return vec![FileEvent::Lost];
    }
    let read: fn(Utf8PathBuf) -> FileEvent = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => FileEvent::Look,
        EventKind::Access(_) => return Vec::new(),
        EventKind::Modify(ModifyKind::Data(_)) => FileEvent::Writing,
        EventKind::Create(CreateKind::Folder) => FileEvent::Look,
        EventKind::Create(_) => FileEvent::Made,
        // Both ends were told one by one.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return Vec::new(),
        EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any | EventKind::Other => FileEvent::Look,
    };
    event.paths.iter().filter_map(|path| Utf8Path::from_path(path)).map(|path| read(path.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{DataChange, Event, Flag, MetadataKind, RemoveKind};

    fn told(kind: EventKind) -> String {
        file_events(Event::new(kind).add_path("/r/a".into()))
            .iter()
            .map(|event| match event {
                FileEvent::Writing(path) => format!("writing {path}"),
                FileEvent::Made(path) => format!("made {path}"),
                FileEvent::Look(path) => format!("look {path}"),
                FileEvent::Lost => "lost".to_owned(),
            })
            .collect()
    }

    #[test]
    fn only_closing_and_moving_make_a_file_whole() {
        assert_eq!(told(EventKind::Create(CreateKind::File)), "made /r/a");
        assert_eq!(told(EventKind::Modify(ModifyKind::Data(DataChange::Any))), "writing /r/a");
        assert_eq!(told(EventKind::Access(AccessKind::Close(AccessMode::Write))), "look /r/a");
        assert_eq!(told(EventKind::Modify(ModifyKind::Name(RenameMode::To))), "look /r/a");
        assert_eq!(told(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any))), "look /r/a");
        assert_eq!(told(EventKind::Remove(RemoveKind::File)), "look /r/a");
        assert_eq!(told(EventKind::Access(AccessKind::Open(AccessMode::Any))), "");
    }

    #[test]
    fn an_overflow_asks_for_a_look_at_everything() {
        assert_eq!(file_events(Event::new(EventKind::Other).set_flag(Flag::Rescan)), [FileEvent::Lost]);
    }
}
