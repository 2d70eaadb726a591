//! Files into a container through the archive call: it needs no program in the image, and no running container.

use std::collections::BTreeMap;

use bollard::query_parameters::UploadToContainerOptions;
use tar::{Builder, EntryType, Header};

use super::super::{Docker, error};
use super::owner::{self, Owner};
use crate::engine::{Done, EngineError};
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

pub(super) async fn copy_in(docker: &Docker, id: &ContainerId, files: &[CopiedFile]) -> Result<Done, EngineError> {
    let about = owner::about(docker, id).await?;
    let mut by_root: BTreeMap<&str, Vec<&CopiedFile>> = BTreeMap::new();
    for file in files {
        by_root.entry(about.root(&file.path)).or_default().push(file);
    }
    for (root, files) in by_root {
        let archive = archive(root, &files, about.owner);
        upload(docker, id, root, archive).await?;
    }
    Ok(Done::Nothing)
}

/// Unpacks an archive at a folder of the container.
pub(super) async fn upload(docker: &Docker, id: &ContainerId, root: &str, archive: Vec<u8>) -> Result<(), EngineError> {
    let options = UploadToContainerOptions {
        path: root.to_owned(),
        // It would look the user up among the host's, so the archive names the owner itself.
        copy_uidgid: None,
        no_overwrite_dir_non_dir: None,
    };
    let body = bollard::body_full(archive.into());
    docker.client.upload_to_container(id.as_str(), Some(options), body).await.map_err(error::plain)
}

fn archive(root: &str, files: &[&CopiedFile], owner: Owner) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for CopiedFile { path, kind, mode } in files {
        let name = below(root, path);
        let mut header = Header::new_gnu();
        header.set_mode(*mode);
        header.set_uid(owner.uid.into());
        header.set_gid(owner.gid.into());
        header.set_mtime(now());
        header.set_size(0);
        let written = match kind {
            CopiedKind::Folder => {
                header.set_entry_type(EntryType::Directory);
                archive.append_data(&mut header, name, std::io::empty())
            }
            CopiedKind::File(content) => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(content.bytes().len() as u64);
                archive.append_data(&mut header, name, content.bytes())
            }
            CopiedKind::Link(to) => {
                header.set_entry_type(EntryType::Symlink);
                archive.append_link(&mut header, name, to)
            }
        };
        written.expect("writing into memory does not fail");
    }
    archive.into_inner().expect("writing into memory does not fail")
}

/// A path of the container as an archive names it that is unpacked at `root`.
pub(super) fn below<'a>(root: &str, path: &'a str) -> &'a str {
    let name = path.strip_prefix(root).unwrap_or(path).trim_matches('/');
    if name.is_empty() { "." } else { name }
}

/// Programs that look for newer files compare times, so a copy is as new as it is.
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map(|now| now.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_names_paths_from_its_root() {
        assert_eq!(below("/", "/app/a.py"), "app/a.py");
        assert_eq!(below("/data", "/data/x/y"), "x/y");
        assert_eq!(below("/data", "/data/"), ".");
    }
}
