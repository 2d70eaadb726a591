//! Contents of configs and secrets.

use dsenv::engine::{Done, EngineError};
use dsenv::model::{Content, FileKind, FileMount, ImageRef, VolumeName};
use dsenv::plan::{FilesStep, NewContainer, VolumeFile, VolumeStep};
use dsenv::state::{label, own};

use crate::lab::{IMAGE, Lab};

/// A read-only container with two files, and their volume.
async fn with_files(lab: &Lab) -> (NewContainer, VolumeName) {
    let mut new = lab.serving("web");
    new.fixed.read_only = true;
    let volume = own::files(lab.project(), "abc");
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
        files.push(VolumeFile { name: number.to_string(), content, uid, gid: uid + 1, mode });
    }
    new.files = Some(volume.clone());
    let labels = lab.labels(label::KIND_FILES, "");
    let step = FilesStep::Write { volume: volume.clone(), labels: labels.clone(), image: IMAGE.into(), files };
    assert_eq!(lab.perform(step.clone()).await, Ok(Done::Volume(labels.clone())));
    assert_eq!(lab.perform(step).await, Ok(Done::Volume(labels)), "what was interrupted is done again");
    (new, volume)
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
    let (new, volume) = with_files(lab).await;
    lab.create(new).await;
    let looked = lab.look().await;
    assert_eq!((looked.files, looked.volumes), ([volume.clone()].into(), Vec::new()));
    assert_eq!(lab.perform(VolumeStep::Remove { name: volume }).await, Ok(Done::Nothing));
}

pub async fn files_need_an_image_that_is_there(lab: &Lab) {
    let volume = own::files(lab.project(), "abc");
    let labels = lab.labels(label::KIND_FILES, "");
    let image = ImageRef::new("absent/nothing:1");
    match lab.perform(FilesStep::Write { volume, labels, image: image.clone(), files: Vec::new() }).await {
        Err(EngineError::NoImage { image: named, .. }) => assert_eq!(named, image.as_str()),
        other => panic!("{other:?}"),
    }
}
