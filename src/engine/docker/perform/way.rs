//! Folders on the way to files that are copied into a container. A link that the container has there is followed, never
//! replaced: what is behind it is its data.

use std::collections::BTreeMap;
use std::io;

use bollard::container::PathStatResponse;
use bollard::query_parameters::ContainerArchiveInfoOptionsBuilder;
use tar::{Builder, EntryType};

use super::super::{Docker, error};
use super::copy::{below, header, upload};
use super::erase;
use super::owner::{About, Owner};
use super::pipe;
use crate::engine::EngineError;
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

/// What the engine says where something that is no folder is in the way of one.
const IN_THE_WAY: &str = "cannot overwrite non-directory \"";
/// Links that lead to what is not there, one after the other, at most.
const LINKS: usize = 40;
/// Bits of the engine's word on what a path is.
const IS_FOLDER: u32 = 1 << 31;
const IS_LINK: u32 = 1 << 27;

/// Makes the folders among the files.
pub(super) async fn make(
    docker: &Docker,
    id: &ContainerId,
    about: &About,
    files: &[CopiedFile],
) -> Result<(), EngineError> {
    let mut by_root: BTreeMap<&str, Vec<(String, u32)>> = BTreeMap::new();
    for CopiedFile { path, kind, mode } in files {
        if *kind == CopiedKind::Folder {
            by_root.entry(about.root(path)).or_default().push((path.clone(), *mode));
        }
    }
    for (root, folders) in by_root {
        make_at(docker, id, about, root, folders).await?;
    }
    Ok(())
}

async fn make_at(
    docker: &Docker,
    id: &ContainerId,
    about: &About,
    root: &str,
    mut folders: Vec<(String, u32)>,
) -> Result<(), EngineError> {
    let mut links = 0;
    while !folders.is_empty() {
        let archive = archive(root, &folders, about.owner).map_err(|error| EngineError::Local(error.to_string()))?;
        let message = match upload(docker, id, root, pipe::whole(archive), true).await {
            Ok(()) => return Ok(()),
            Err(EngineError::Refused(message)) => message,
            Err(error) => return Err(error),
        };
        let at = obstacle(&message).and_then(|path| {
            folders.iter().position(|(folder, _)| {
                folder.trim_end_matches('/') == path || below(root, folder) == path.trim_matches('/')
            })
        });
        let Some(at) = at else { return Err(EngineError::Refused(message)) };
        let path = folders[at].0.clone();
        match leads_to(docker, id, &path).await? {
            Lead::Folder => drop(folders.remove(at)),
            Lead::Nothing(target) if links < LINKS => {
                links += 1;
                folders[at].0 = target;
            }
            Lead::Nothing(_) | Lead::Other => drop(erase::erase(docker, id, &[path]).await?),
        }
    }
    Ok(())
}

/// What is in the way of a folder.
enum Lead {
    /// A link to a folder.
    Folder,
    /// A link to this path, where nothing is.
    Nothing(String),
    /// A file, or a link to one.
    Other,
}

async fn leads_to(docker: &Docker, id: &ContainerId, path: &str) -> Result<Lead, EngineError> {
    let about = stat(docker, id, path).await?;
    let target = about.link_target;
    if about.file_mode & IS_LINK == 0 || target.is_empty() {
        return Ok(Lead::Other);
    }
    match stat(docker, id, &target).await {
        Ok(about) if about.file_mode & IS_FOLDER != 0 => Ok(Lead::Folder),
        // A link to a link: the engine says where it ends.
        Ok(about) if about.file_mode & IS_LINK != 0 && !about.link_target.is_empty() => {
            match stat(docker, id, &about.link_target).await {
                Ok(last) if last.file_mode & IS_FOLDER != 0 => Ok(Lead::Folder),
                Ok(_) => Ok(Lead::Other),
                Err(EngineError::NotFound(_)) => Ok(Lead::Nothing(about.link_target)),
                Err(error) => Err(error),
            }
        }
        Ok(_) => Ok(Lead::Other),
        Err(EngineError::NotFound(_)) => Ok(Lead::Nothing(target)),
        Err(error) => Err(error),
    }
}

async fn stat(docker: &Docker, id: &ContainerId, path: &str) -> Result<PathStatResponse, EngineError> {
    let options = ContainerArchiveInfoOptionsBuilder::default().path(path).build();
    docker.client.get_container_archive_info(id.as_str(), Some(options)).await.map_err(error::plain)
}

/// The path in the engine's complaint.
fn obstacle(message: &str) -> Option<&str> {
    let rest = &message[message.find(IN_THE_WAY)? + IN_THE_WAY.len()..];
    rest.split_once("\" with ").map(|(path, _)| path)
}

fn archive(root: &str, folders: &[(String, u32)], owner: Owner) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (path, mode) in folders {
        archive.append_data(&mut header(EntryType::Directory, *mode, owner), below(root, path), io::empty())?;
    }
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_names_what_is_in_the_way() {
        let message =
            "Error processing tar file(exit status 1): cannot overwrite non-directory \"/srv/up\" with directory \"/\"";
        assert_eq!(obstacle(message), Some("/srv/up"));
        assert_eq!(obstacle("no space left on device"), None);
    }
}
