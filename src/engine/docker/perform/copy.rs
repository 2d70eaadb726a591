//! Files into a container through the archive call: it needs no program in the image, and no running container.
//!
//! The engine unpacks what it gets as it comes, so an archive that ends early leaves half a file. One that is small is
//! sent in a single piece. In a larger one each file is written under a passing name first, and then gets its own as a
//! second name of the same file.

use std::collections::BTreeMap;
use std::io;

use bollard::query_parameters::UploadToContainerOptions;
use tar::{Builder, EntryType, Header};

use super::super::{Docker, error};
use super::erase::{self, KIND, UNKNOWN};
use super::owner::{self, About, Owner};
use super::pipe::{self, Pieces, Writer};
use super::way;
use crate::context::regular::{self, Exactly};
use crate::engine::{Done, EngineError};
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

/// Bytes of files that reach the engine in one piece.
const ONE_PIECE: u64 = 48 << 10;
/// What a file is called until it is whole, at the root of its file system.
const PASSING: &str = ".dsenv-copy.new";

pub(super) async fn copy_in(docker: &Docker, id: &ContainerId, files: &[CopiedFile]) -> Result<Done, EngineError> {
    let about = owner::about(docker, id).await?;
    way::make(docker, id, &about, files).await?;
    let mut by_root: BTreeMap<&str, Vec<CopiedFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind != CopiedKind::Folder) {
        by_root.entry(about.root(&file.path)).or_default().push(file.clone());
    }
    for (root, files) in by_root {
        put(docker, id, &about, root, files).await?;
    }
    Ok(Done::Nothing)
}

async fn put(
    docker: &Docker,
    id: &ContainerId,
    about: &About,
    root: &str,
    files: Vec<CopiedFile>,
) -> Result<(), EngineError> {
    if sum(&files) > ONE_PIECE {
        let passing = [format!("{}/{PASSING}", root.trim_end_matches('/'))];
        match send(docker, id, root, files.clone(), about.owner, true).await {
            Err(EngineError::Refused(message)) if message.contains(UNKNOWN) => return Ok(()),
            // An engine that leaves out what it does not know has not taken the passing name away.
            Ok(()) => return erase::erase(docker, id, &passing).await.map(drop),
            // A link on the way leads to another file system, or this one gives a file no second name.
            Err(EngineError::Refused(_)) => drop(erase::erase(docker, id, &passing).await?),
            Err(error) => return Err(error),
        }
    }
    send(docker, id, root, files, about.owner, false).await
}

fn sum(files: &[CopiedFile]) -> u64 {
    let size = |file: &CopiedFile| match &file.kind {
        CopiedKind::File(content) => content.bytes().len() as u64,
        CopiedKind::Source(path) => path.metadata().map_or(0, |about| about.len()),
        CopiedKind::Folder | CopiedKind::Link(_) => 0,
    };
    // With the headers.
    files.iter().map(|file| size(file).saturating_add(1024)).fold(0, u64::saturating_add)
}

/// Sends the files while they are read.
async fn send(
    docker: &Docker,
    id: &ContainerId,
    root: &str,
    files: Vec<CopiedFile>,
    owner: Owner,
    passing: bool,
) -> Result<(), EngineError> {
    let to = root.to_owned();
    let (pieces, archive) = pipe::send(move |writer| write(writer, &to, &files, owner, passing));
    let sent = upload(docker, id, root, pieces, false).await;
    // A file that could not be read makes the engine complain about half an archive: the cause is here.
    if sent.is_err()
        && let Ok(Err(error)) = archive.await
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(EngineError::Local(error.to_string()));
    }
    sent
}

/// Unpacks an archive at a folder of the container. `keep`: nothing that is no folder makes room for a folder.
pub(super) async fn upload(
    docker: &Docker,
    id: &ContainerId,
    root: &str,
    archive: Pieces,
    keep: bool,
) -> Result<(), EngineError> {
    let options = UploadToContainerOptions {
        path: root.to_owned(),
        // It would look the user up among the host's, so the archive names the owner itself.
        copy_uidgid: None,
        no_overwrite_dir_non_dir: keep.then(|| "true".to_owned()),
    };
    let archive = bollard::body_try_stream(archive);
    docker.client.upload_to_container(id.as_str(), Some(options), archive).await.map_err(error::plain)
}

fn write(to: Writer, root: &str, files: &[CopiedFile], owner: Owner, passing: bool) -> io::Result<()> {
    let mut archive = Builder::new(to);
    for CopiedFile { path, kind, mode } in files {
        let name = below(root, path);
        let mut header = header(EntryType::Regular, *mode, owner);
        let first = if passing { PASSING } else { name };
        match kind {
            CopiedKind::Folder => {}
            CopiedKind::Link(to) => {
                header.set_entry_type(EntryType::Symlink);
                archive.append_link(&mut header, name, to)?;
                continue;
            }
            CopiedKind::File(content) => {
                header.set_size(content.bytes().len() as u64);
                archive.append_data(&mut header, first, content.bytes())?;
            }
            CopiedKind::Source(source) => {
                let told = |error: io::Error| io::Error::new(error.kind(), format!("{source}: {error}"));
                let file = match regular::open_itself(source.as_std_path()) {
                    Ok(file) => file,
                    // Its deletion is told in its turn.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(told(error)),
                };
                let left = file.metadata().map_err(told)?.len();
                header.set_size(left);
                archive.append_data(&mut header, first, Exactly { file, left }).map_err(told)?;
            }
        }
        if passing {
            let mut header = self::header(EntryType::Link, *mode, owner);
            archive.append_link(&mut header, name, PASSING)?;
        }
    }
    if passing {
        let mut header = header(EntryType::new(KIND), 0, owner);
        archive.append_data(&mut header, PASSING, io::empty())?;
    }
    io::Write::flush(&mut archive.into_inner()?)
}

/// The head of an entry for a container's user, as old as it is.
pub(super) fn header(kind: EntryType, mode: u32, owner: Owner) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.uid.into());
    header.set_gid(owner.gid.into());
    header.set_mtime(now());
    header.set_size(0);
    header
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
