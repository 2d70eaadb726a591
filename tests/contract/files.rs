//! Notes: contents of configs and secrets, and the lock.

use dsenv::engine::Done;
use dsenv::model::{Content, FileKind, FileMount, NoteName, VolumeDefinition};
use dsenv::plan::{NewContainer, NoteStep, VolumeStep};
use dsenv::state::{LockHolder, Note, NoteBody, NoteFile, note, own};

use crate::lab::Lab;

/// A read-only container with two files, and their note.
async fn with_files(lab: &Lab) -> (NewContainer, NoteName) {
    let mut new = lab.serving("web");
    new.fixed.read_only = true;
    let name = own::files(lab.project(), "abc");
    let mut files = Vec::new();
    for (number, (target, text, uid, mode)) in
        [("/etc/app.conf", "colour: blue", 0, 0o444), ("/run/secrets/password", "hush", 1000, 0o400)]
            .into_iter()
            .enumerate()
    {
        let content = Content::new(text.as_bytes());
        let file = FileMount {
            kind: FileKind::Secret,
            source: "source".into(),
            content: content.id(),
            uid,
            gid: uid + 1,
            mode,
        };
        new.fixed.files.insert(target.to_owned(), file);
        files.push(NoteFile { name: number.to_string(), content, uid, gid: uid + 1, mode });
    }
    new.files = Some(name.clone());
    let note = Note { project: lab.project().clone(), name: name.clone(), body: NoteBody::Files(files) };
    let step = NoteStep::Keep(note);
    assert_eq!(lab.perform(step.clone()).await, Ok(Done::Nothing));
    assert_eq!(lab.perform(step).await, Ok(Done::Nothing), "what was interrupted is done again");
    (new, name)
}

pub async fn contents_have_owner_and_mode_on_a_read_only_container(lab: &Lab) {
    let (new, _) = with_files(lab).await;
    let container = lab.start(new).await;
    for (path, text, stat) in
        [("/etc/app.conf", "colour: blue", "0 1 444"), ("/run/secrets/password", "hush", "1000 1001 400")]
    {
        assert_eq!(lab.run(&container, &format!("cat {path}")).await, (0, text.to_owned()));
        assert_eq!(lab.run(&container, &format!("stat -c '%u %g %a' {path}")).await, (0, stat.to_owned()));
        assert_ne!(lab.run(&container, &format!("echo x > {path}")).await.0, 0);
    }
    assert_ne!(lab.run(&container, "echo x > /etc/other").await.0, 0);
    let looked = lab.look().await;
    assert_eq!(looked.containers.len(), 1, "the carrier is gone");
    assert!(looked.containers[0].mounts.iter().all(|mount| mount.volume.is_none()));
}

pub async fn a_file_volume_is_known_and_not_held(lab: &Lab) {
    let (new, name) = with_files(lab).await;
    lab.create(new).await;
    let looked = lab.look().await;
    assert_eq!((looked.files, looked.volumes), ([name.clone()].into(), Vec::new()));
    assert_eq!(lab.perform(NoteStep::Forget { name }).await, Ok(Done::Nothing));
}

pub async fn who_keeps_a_lock_first_has_it(lab: &Lab) {
    let name = own::lock(lab.project());
    let keep = async |token: &str| {
        let body = NoteBody::Lock(LockHolder { token: token.to_owned(), ..LockHolder::read("") });
        let note = Note { project: lab.project().clone(), name: name.clone(), body };
        match lab.perform(NoteStep::Keep(note)).await {
            Ok(Done::Held(holder)) => holder.map(|holder| holder.token),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((keep("first").await, keep("second").await), (Some("first".to_owned()), Some("first".to_owned())));
    assert_eq!(lab.look().await.locks.keys().collect::<Vec<_>>(), [&name]);
    for _ in 0..2 {
        assert_eq!(lab.perform(NoteStep::Forget { name: name.clone() }).await, Ok(Done::Nothing));
    }
    assert!(lab.look().await.locks.is_empty());
}

pub async fn a_lock_that_somebody_else_has_the_name_of_is_nobodys(lab: &Lab) {
    let name = own::lock(lab.project());
    let (volume, definition) = (note::volume(&name), VolumeDefinition::default());
    lab.perform(VolumeStep::Create { name: volume, definition, labels: Default::default() }).await.unwrap();
    let body = NoteBody::Lock(LockHolder::read(""));
    let note = Note { project: lab.project().clone(), name: name.clone(), body };
    assert_eq!(lab.perform(NoteStep::Keep(note)).await, Ok(Done::Held(None)));
    lab.perform(NoteStep::Forget { name }).await.unwrap();
}
