//! Files in volumes and in containers, and the paths that lead to them.

#![expect(clippy::disallowed_methods, reason = "what is copied into a container may be a file")]

use std::path::{Component, Path};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::refusal::no_container;
use super::world::{Source, World};
use crate::engine::{EngineError, Entry, EntryKind, Part};
use crate::plan::{CopiedFile, CopiedKind};
use crate::state::ContainerId;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it holds.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

impl File {
    /// A file as a shell makes it: root's, 0644.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self { content: content.into(), uid: 0, gid: 0, mode: 0o644 }
    }
}

/// Where a path of a container leads.
enum Spot {
    /// Into the container's own layer.
    Layer(String),
    /// Into a volume, at this path below its root.
    Volume(crate::model::VolumeName, String),
}

impl World {
    /// The file at a container's path.
    pub fn file(&self, id: &ContainerId, path: &str) -> Option<&File> {
        match self.spot(id, path)?.0 {
            Spot::Layer(path) => self.containers.get(id)?.files.get(&path),
            Spot::Volume(volume, path) => self.volumes.get(&volume)?.files.get(&path),
        }
    }

    /// Puts a file at a container's path. `false` if that is read-only.
    pub fn put_file(&mut self, id: &ContainerId, path: &str, file: File) -> bool {
        let Some((spot, true)) = self.spot(id, path) else {
            return false;
        };
        let files = match &spot {
            Spot::Layer(_) => self.containers.get_mut(id).map(|container| &mut container.files),
            Spot::Volume(volume, _) => self.volumes.get_mut(volume).map(|volume| &mut volume.files),
        };
        let (Spot::Layer(path) | Spot::Volume(_, path)) = spot;
        files.is_some_and(|files| {
            files.insert(path, file);
            true
        })
    }

    /// Copies files in, for the container's user. Folders are there as soon as something is in them; a link is a file
    /// that holds the path it leads to.
    pub(super) fn copy_in(&mut self, id: &ContainerId, files: &[CopiedFile]) -> Result<(), EngineError> {
        let user = self.containers.get(id).ok_or_else(|| no_container(id))?.fixed.user.clone().unwrap_or_default();
        let (uid, gid) = user.split_once(':').unwrap_or((&user, "0"));
        let (uid, gid) = (uid.parse().unwrap_or_default(), gid.parse().unwrap_or_default());
        for CopiedFile { path, kind, mode } in files {
            let content = match kind {
                CopiedKind::Folder => continue,
                CopiedKind::File(content) => content.bytes().to_vec(),
                CopiedKind::Link(to) => to.clone().into_bytes(),
                CopiedKind::Source(path) => {
                    std::fs::read(path).map_err(|error| EngineError::Local(error.to_string()))?
                }
            };
            self.erase_one(id, path)?;
            if !self.put_file(id, path, File { content, uid, gid, mode: *mode }) {
                return Err(read_only(path));
            }
        }
        Ok(())
    }

    /// Files of a container's own layer or of a volume, at a path and below it.
    pub(super) fn fetch(&self, id: &ContainerId, path: &str) -> Result<Vec<Part>, EngineError> {
        let absent = || EngineError::NotFound(format!("no such file in the container: {path}"));
        let (spot, _) = self.spot(id, path).ok_or_else(|| no_container(id))?;
        let (files, inner) = match &spot {
            Spot::Layer(inner) => (self.containers.get(id).map(|container| &container.files), inner),
            Spot::Volume(volume, inner) => (self.volumes.get(volume).map(|volume| &volume.files), inner),
        };
        let mut parts = Vec::new();
        for (name, file) in files.into_iter().flatten() {
            let Some(rest) = name.strip_prefix(inner.as_str()) else { continue };
            if !rest.is_empty() && !rest.starts_with('/') {
                continue;
            }
            let entry = |path: String, kind| Part::Entry(Entry { path, kind, mode: file.mode });
            if parts.is_empty() && !rest.is_empty() {
                parts.push(entry(path.to_owned(), EntryKind::Folder));
            }
            parts.push(entry(format!("{}{rest}", path.trim_end_matches('/')), EntryKind::File));
            parts.push(Part::Bytes(file.content.clone().into()));
        }
        if parts.is_empty() { Err(absent()) } else { Ok(parts) }
    }

    /// Deletes files and what is below them.
    pub(super) fn erase(&mut self, id: &ContainerId, paths: &[String]) -> Result<(), EngineError> {
        paths.iter().try_for_each(|path| self.erase_one(id, path))
    }

    fn erase_one(&mut self, id: &ContainerId, path: &str) -> Result<(), EngineError> {
        let Some((spot, writable)) = self.spot(id, path) else { return Err(no_container(id)) };
        if !writable {
            return Err(read_only(path));
        }
        let files = match &spot {
            Spot::Layer(_) => self.containers.get_mut(id).map(|container| &mut container.files),
            Spot::Volume(volume, _) => self.volumes.get_mut(volume).map(|volume| &mut volume.files),
        };
        let (Spot::Layer(path) | Spot::Volume(_, path)) = spot;
        let below = format!("{path}/");
        files.into_iter().for_each(|files| files.retain(|file, _| *file != path && !file.starts_with(&below)));
        Ok(())
    }

    /// Where the path leads, and whether that may be written: the innermost mount above it decides.
    fn spot(&self, id: &ContainerId, path: &str) -> Option<(Spot, bool)> {
        let container = self.containers.get(id)?;
        let path = normal(path);
        let above = |target: &str| match path.strip_prefix(target.trim_end_matches('/')) {
            Some("") => Some(String::new()),
            Some(rest) => rest.strip_prefix('/').map(str::to_owned),
            None => None,
        };
        let inner = container.mounts.iter().filter_map(|(target, mount)| Some((target.len(), above(target)?, mount)));
        let Some((_, rest, mount)) = inner.max_by_key(|(depth, ..)| *depth) else {
            return Some((Spot::Layer(path), !container.fixed.read_only));
        };
        let spot = match &mount.source {
            Source::Volume(volume) => Spot::Volume(volume.clone(), rest),
            Source::VolumeFile(volume, name) => Spot::Volume(volume.clone(), name.clone()),
            Source::Elsewhere => Spot::Layer(path.clone()),
        };
        Some((spot, !mount.read_only))
    }
}

fn read_only(path: &str) -> EngineError {
    EngineError::Refused(format!("{path} is on a read-only file system"))
}

/// The path without dots and doubled slashes, from the root.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir => {
                parts.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    format!("/{}", parts.join("/"))
}

mod bytes {
    //! Bytes as Base64, for JSON.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{STANDARD, *};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
