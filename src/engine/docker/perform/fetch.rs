//! Files of a container, through the archive call.

use std::io::{self, Read};

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tar::{Archive, EntryType};
use tokio::sync::mpsc::{Receiver, channel};

use super::super::{Docker, error};
use crate::engine::{EngineError, Entry, EntryKind, Part, Parts};
use crate::state::ContainerId;

/// Bytes of a file in one part.
const PIECE: usize = 64 << 10;
/// Pieces that wait on each side of the thread that reads the archive.
const PIECES: usize = 4;

/// Dropping the parts breaks the download off.
pub(in super::super) async fn fetch(docker: &Docker, id: &ContainerId, path: &str) -> Result<Parts, EngineError> {
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    let mut download = docker.client.download_from_container(id.as_str(), Some(options)).boxed();
    // What is not there is told before anything is read.
    let first = download.try_next().await.map_err(error::plain)?;
    let (pieces, inbox) = channel(PIECES);
    let (parts, outbox) = channel(PIECES);
    tokio::spawn(async move {
        let mut rest = stream::iter(first.map(Ok)).chain(download);
        while let Some(piece) = rest.next().await {
            // Who fetched may have enough.
            if pieces.send(piece.map_err(error::plain)).await.is_err() {
                return;
            }
        }
    });
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { inbox, left: Bytes::new(), failure: None };
        let result = read(&path, &mut pieces, &mut |part| {
            parts.blocking_send(Ok(part)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
        });
        if let Err(error) = result {
            let failure = pieces.failure.take();
            let told = || EngineError::Refused(format!("an archive that makes no sense: {error}"));
            // Nobody waits any more if the pipe is broken.
            parts.blocking_send(Err(failure.unwrap_or_else(told))).ok();
        }
    });
    Ok(stream::unfold(outbox, async |mut outbox| Some((outbox.recv().await?, outbox))).boxed())
}

/// What the engine sends, for a thread that reads it.
struct Pieces {
    inbox: Receiver<Result<Bytes, EngineError>>,
    left: Bytes,
    failure: Option<EngineError>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() {
            match self.inbox.blocking_recv() {
                Some(Ok(piece)) => self.left = piece,
                Some(Err(error)) => {
                    self.failure = Some(error);
                    return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
                }
                None => return Ok(0),
            }
        }
        let size = self.left.len().min(buffer.len());
        buffer[..size].copy_from_slice(&self.left.split_to(size));
        Ok(size)
    }
}

/// The archive's names begin with the last part of the path that was asked for.
fn read(path: &str, archive: impl Read, tell: &mut dyn FnMut(Part) -> io::Result<()>) -> io::Result<()> {
    let parent = path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut buffer = vec![0; PIECE];
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        let named = |name: &str| format!("{parent}/{}", name.trim_matches('/'));
        // A name that is no UTF-8 cannot be in a spec, nor can a file of that name be asked for.
        let Some(path) = entry.path()?.to_str().map(named) else { continue };
        let link = entry.link_name()?.and_then(|to| to.to_str().map(str::to_owned));
        let kind = match (entry.header().entry_type(), link) {
            (EntryType::Directory, _) => EntryKind::Folder,
            (EntryType::Symlink, Some(to)) => EntryKind::Link(to),
            (EntryType::Link, Some(to)) => EntryKind::Same(named(&to)),
            (EntryType::Regular | EntryType::Continuous, _) => EntryKind::File,
            _ => EntryKind::Other,
        };
        let mode = entry.header().mode()? & 0o7777;
        let file = kind == EntryKind::File;
        tell(Part::Entry(Entry { path, kind, mode }))?;
        if !file {
            continue;
        }
        loop {
            match entry.read(&mut buffer)? {
                0 => break,
                size => tell(Part::Bytes(Bytes::copy_from_slice(&buffer[..size])))?,
            }
        }
    }
    Ok(())
}
