//! Files that are copied into containers, and deleted there.

use dsenv::model::{Content, Mount, MountKind, VolumeName};
use dsenv::plan::{ContainerRef, CopiedFile, CopiedKind, FilesStep};

use crate::lab::Lab;

fn file(path: &str, text: &str, mode: u32) -> CopiedFile {
    CopiedFile { path: path.to_owned(), kind: CopiedKind::File(Content::new(text.as_bytes())), mode }
}

fn folder(path: &str) -> CopiedFile {
    CopiedFile { path: path.to_owned(), kind: CopiedKind::Folder, mode: 0o755 }
}

async fn copy(lab: &Lab, container: &ContainerRef, files: &[CopiedFile]) {
    let step = FilesStep::CopyIn { container: container.clone(), files: files.to_vec() };
    lab.perform(step).await.unwrap();
}

async fn erase(lab: &Lab, container: &ContainerRef, paths: &[&str]) {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    lab.perform(FilesStep::Delete { container: container.clone(), paths }).await.unwrap();
}

async fn cat(lab: &Lab, container: &ContainerRef, path: &str) -> Option<String> {
    let (code, text) = lab.run(container, &format!("cat {path}")).await;
    (code == 0).then_some(text)
}

pub async fn copies_belong_to_the_containers_user(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed.user = Some("1000:1001".to_owned());
    let container = lab.start(new).await;
    copy(lab, &container, &[folder("/app"), file("/app/a.py", "one", 0o640), file("/app/run", "two", 0o755)]).await;
    assert_eq!(cat(lab, &container, "/app/a.py").await.as_deref(), Some("one"));
    assert_eq!(lab.run(&container, "stat -c '%u %g %a' /app/a.py").await, (0, "1000 1001 640".to_owned()));
    assert_eq!(lab.run(&container, "stat -c '%u %g %a' /app/run").await, (0, "1000 1001 755".to_owned()));
    copy(lab, &container, &[file("/app/a.py", "three", 0o600)]).await;
    assert_eq!(cat(lab, &container, "/app/a.py").await.as_deref(), Some("three"));
    assert_eq!(lab.run(&container, "stat -c '%u %g %a' /app/a.py").await, (0, "1000 1001 600".to_owned()));
}

pub async fn files_are_deleted_in_a_container_that_runs(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed.user = Some("1000:1000".to_owned());
    let container = lab.start(new).await;
    let names: Vec<_> = (0..9).map(|n| format!("/app/f{n}")).collect();
    let mut files = vec![folder("/app"), folder("/app/d"), file("/app/d/x", "x", 0o644), file("/app/keep", "k", 0o644)];
    files.extend(names.iter().map(|name| file(name, "f", 0o644)));
    copy(lab, &container, &files).await;
    erase(lab, &container, &["/app/f0"]).await;
    erase(lab, &container, &["/app/d", "/app/f0"]).await;
    for gone in ["/app/f0", "/app/d/x"] {
        assert_eq!(cat(lab, &container, gone).await, None, "{gone}");
    }
    let many: Vec<_> = names[1..].iter().map(String::as_str).collect();
    erase(lab, &container, &many).await;
    for gone in many {
        assert_eq!(cat(lab, &container, gone).await, None, "{gone}");
    }
    assert_eq!(cat(lab, &container, "/app/keep").await.as_deref(), Some("k"));
}

pub async fn files_are_copied_and_deleted_in_a_container_that_does_not_run(lab: &Lab) {
    let container = lab.create(lab.serving("web")).await;
    let names: Vec<_> = (0..6).map(|n| format!("/app/f{n}")).collect();
    let mut files = vec![folder("/app"), file("/app/keep", "k", 0o644)];
    files.extend(names.iter().map(|name| file(name, "f", 0o644)));
    copy(lab, &container, &files).await;
    erase(lab, &container, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    lab.try_start(&container).await.unwrap();
    for gone in &names {
        assert_eq!(cat(lab, &container, gone).await, None, "{gone}");
    }
    assert_eq!(cat(lab, &container, "/app/keep").await.as_deref(), Some("k"));
}

pub async fn a_read_only_container_takes_files_in_its_volumes_only(lab: &Lab) {
    let volume = VolumeName::new(lab.name("data"));
    lab.volume("data", Default::default()).await;
    let mut new = lab.serving("web");
    new.fixed.read_only = true;
    let kind = MountKind::Volume { name: volume, nocopy: false, subpath: None };
    new.fixed.mounts.insert("/data".to_owned(), Mount { kind, read_only: false, consistency: None });
    let container = lab.start(new).await;
    copy(lab, &container, &[file("/data/a", "one", 0o644), file("/data/b", "two", 0o644)]).await;
    erase(lab, &container, &["/data/b"]).await;
    assert_eq!(cat(lab, &container, "/data/a").await.as_deref(), Some("one"));
    assert_eq!(cat(lab, &container, "/data/b").await, None);
    let step = FilesStep::CopyIn { container: container.clone(), files: vec![file("/etc/a", "one", 0o644)] };
    assert!(crate::lab::is_refusal(&lab.perform(step).await));
    lab.stop_and_remove(&container).await;
    lab.remove_volume("data").await.unwrap();
}
