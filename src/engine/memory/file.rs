//! Files in volumes and in containers, and the paths that lead to them.

use std::path::{Component, Path};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::world::{Source, World};
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
