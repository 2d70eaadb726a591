//! Fetches what a container has saved, and writes it here.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "writes files on this machine")]

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures_util::TryStreamExt;
use tokio::io::AsyncWriteExt;

use super::conflict::beside;
use super::{Beneath, Found, IncomingFile, Kind, Mapping};
use crate::engine::{EngineError, Entry, EntryKind, Observer, Part};
use crate::state::{Container, ContainerId};
use crate::sync::Fingerprint;

/// Bytes of a file that is kept in memory between a look and its writing, and of all of them together.
const SMALL: usize = 256 << 10;
const TOGETHER: usize = 16 << 20;

/// What a folder of a container holds, files as digests. Large ones are never in memory.
pub(super) async fn gather(engine: &dyn Observer, id: &ContainerId, path: &str) -> Result<Vec<Found>, EngineError> {
    let mut parts = engine.fetch(id, path).await?;
    let mut found: Vec<Found> = Vec::new();
    let mut files: BTreeMap<String, Kind> = BTreeMap::new();
    let mut together = 0;
    let mut open: Option<(Entry, blake3::Hasher, Vec<u8>, bool)> = None;
    loop {
        let part = parts.try_next().await?;
        if let Some(Part::Bytes(bytes)) = part {
            let Some((_, hasher, held, whole)) = &mut open else { continue };
            hasher.update(&bytes);
            *whole &= held.len() + bytes.len() <= SMALL && together + held.len() + bytes.len() <= TOGETHER;
            if *whole {
                held.extend_from_slice(&bytes);
            } else {
                *held = Vec::new();
            }
            continue;
        }
        if let Some((Entry { path, kind, mode }, hasher, held, whole)) = open.take() {
            let kind = match kind {
                EntryKind::Folder => Kind::Folder,
                EntryKind::Link(to) => Kind::Link(to),
                EntryKind::File => {
                    together += held.len();
                    let kind = Kind::File(hasher.finalize().into(), whole.then(|| Bytes::from(held)));
                    files.insert(path.clone(), kind.clone());
                    kind
                }
                EntryKind::Same(other) => files.get(&other).cloned().unwrap_or(Kind::Other),
                EntryKind::Other => Kind::Other,
            };
            found.push(Found { path, kind, mode });
        }
        match part {
            Some(Part::Entry(entry)) => open = Some((entry, blake3::Hasher::new(), Vec::new(), true)),
            Some(Part::Bytes(_)) | None => return Ok(found),
        }
    }
}

/// What came here.
pub(super) struct Taken {
    /// Where it is now; `None`: it was here already.
    pub place: Option<Utf8PathBuf>,
    /// What the container has of it.
    pub fingerprint: Fingerprint,
}

/// Brings one file or link here. `None`: it is another one than was seen.
pub(super) async fn take(
    engine: &dyn Observer,
    mapping: &Mapping,
    coming: &IncomingFile,
    container: &Container,
) -> Result<Option<Taken>, String> {
    let Some((beneath, _)) = mapping.open() else { return Ok(None) };
    let digest = match &coming.kind {
        Kind::File(digest, _) => *digest,
        Kind::Link(to) => blake3::hash(to.as_bytes()).into(),
        Kind::Folder | Kind::Other => return Ok(None),
    };
    let system = |error: io::Error| format!("{}: {error}", mapping.rule.join(&coming.place));
    let theirs = Some((0o100_000 | coming.mode & 0o777, digest));
    let place = if coming.beside.is_some() {
        match beside(&beneath, coming, digest, container.name.as_str()).map_err(system)? {
            Some(place) => place,
            None => return Ok(Some(Taken { place: None, fingerprint: theirs })),
        }
    } else {
        coming.place.clone()
    };
    if let Kind::File(digest, None) = &coming.kind {
        if !stream(engine, &beneath, &place, coming, *digest, &container.id).await? {
            return Ok(None);
        }
    } else {
        write(&beneath, &place, &coming.kind, coming.mode).map_err(system)?;
    }
    let fingerprint = if coming.beside.is_some() { theirs } else { beneath.look(&place).map_err(system)? };
    let folder =
        if mapping.rule.is_dir() { mapping.rule.as_path() } else { mapping.rule.parent().unwrap_or(&mapping.rule) };
    Ok(Some(Taken { place: Some(folder.join(&place)), fingerprint }))
}

/// Writes what is in memory already. Blocks.
pub(super) fn write(beneath: &Beneath, place: &Utf8Path, kind: &Kind, mode: u32) -> io::Result<()> {
    match kind {
        Kind::File(_, Some(bytes)) => {
            let mut fresh = beneath.begin(place)?;
            fresh.file.write_all(bytes)?;
            fresh.finish(place, mode)
        }
        Kind::Link(to) => beneath.link(place, to),
        Kind::File(_, None) | Kind::Folder | Kind::Other => Ok(()),
    }
}

/// Fetches one large file again, straight to where it belongs. Answers whether it was still the one that was seen.
async fn stream(
    engine: &dyn Observer,
    beneath: &Beneath,
    place: &Utf8Path,
    coming: &IncomingFile,
    digest: [u8; 32],
    id: &ContainerId,
) -> Result<bool, String> {
    let mut parts = match engine.fetch(id, &coming.path).await {
        Ok(parts) => parts,
        Err(_) => return Ok(false),
    };
    let told = |error: io::Error| format!("{place}: {error}");
    let fresh = beneath.begin(place).map_err(told)?;
    let mut file = tokio::fs::File::from_std(fresh.file.try_clone().map_err(told)?);
    let mut hasher = blake3::Hasher::new();
    loop {
        match parts.try_next().await {
            Ok(Some(Part::Bytes(bytes))) => {
                hasher.update(&bytes);
                file.write_all(&bytes).await.map_err(told)?;
            }
            Ok(Some(Part::Entry(_))) => {}
            Ok(None) => break,
            // It is looked at another time.
            Err(_) => return Ok(false),
        }
    }
    file.flush().await.map_err(told)?;
    if <[u8; 32]>::from(hasher.finalize()) != digest {
        return Ok(false);
    }
    fresh.finish(place, coming.mode).map_err(told)?;
    Ok(true)
}
