//! Files of a container, through the archive call.

use std::io::{self, Read};

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::TryStreamExt;
use tar::{Archive, EntryType};

use super::super::{Docker, error};
use crate::engine::EngineError;
use crate::model::Content;
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

pub(in super::super) async fn fetch(
    docker: &Docker,
    id: &ContainerId,
    path: &str,
) -> Result<Vec<CopiedFile>, EngineError> {
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    let download = docker.client.download_from_container(id.as_str(), Some(options));
    let whole = download.try_fold(Vec::new(), async |mut whole, part| {
        whole.extend_from_slice(&part);
        Ok(whole)
    });
    let archive = whole.await.map_err(error::plain)?;
    read(path, &archive).map_err(|error| EngineError::Refused(format!("an archive that makes no sense: {error}")))
}

/// The archive's names begin with the last part of the path that was asked for.
fn read(path: &str, archive: &[u8]) -> io::Result<Vec<CopiedFile>> {
    let parent = path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut files = Vec::new();
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        // A name that is no UTF-8 cannot be in a spec, nor can a file of that name be asked for.
        let Some(name) = entry.path()?.to_str().map(|name| name.trim_matches('/').to_owned()) else { continue };
        let kind = match entry.header().entry_type() {
            EntryType::Directory => CopiedKind::Folder,
            EntryType::Symlink => match entry.link_name()?.and_then(|to| to.to_str().map(str::to_owned)) {
                Some(to) => CopiedKind::Link(to),
                None => continue,
            },
            EntryType::Regular | EntryType::Continuous => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                CopiedKind::File(Content::new(content))
            }
            _ => continue,
        };
        files.push(CopiedFile { path: format!("{parent}/{name}"), kind, mode: entry.header().mode()? & 0o7777 });
    }
    Ok(files)
}
