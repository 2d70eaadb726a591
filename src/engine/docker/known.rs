//! What this connection has seen and need not ask again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bollard::models::ImageInspect;
use tokio::time::Instant;

use super::perform::About;
use crate::model::{ImageRef, VolumeName};
use crate::state::ContainerId;

/// Containers that are remembered at most.
const CONTAINERS: usize = 1000;

/// Facts that outlive one call. Whoever changes one of them forgets it here.
#[derive(Debug, Default)]
pub(super) struct Known {
    images: Mutex<BTreeMap<ImageRef, ImageFacts>>,
    mountpoints: Mutex<BTreeMap<VolumeName, String>>,
    containers: Mutex<BTreeMap<ContainerId, About>>,
    starts: Mutex<BTreeMap<ContainerId, Instant>>,
}

/// What the making of a container needs of its image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImageFacts {
    /// Its id.
    pub id: String,
    /// Targets of its `VOLUME`s.
    pub volumes: Vec<String>,
    /// Its `ENTRYPOINT`.
    pub entrypoint: Option<Vec<String>>,
}

impl ImageFacts {
    pub fn of(image: &ImageInspect) -> Self {
        let config = image.config.clone().unwrap_or_default();
        let mut volumes = config.volumes.unwrap_or_default();
        volumes.sort();
        Self { id: image.id.clone().unwrap_or_default(), volumes, entrypoint: config.entrypoint }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    pub fn image(&self, image: &ImageRef) -> Option<ImageFacts> {
        lock(&self.images).get(image).cloned()
    }

    pub fn learn_image(&self, image: &ImageRef, facts: ImageFacts) {
        lock(&self.images).insert(image.clone(), facts);
    }

    /// A pull or build may move any tag.
    pub fn forget_images(&self) {
        lock(&self.images).clear();
    }

    pub fn container(&self, id: &ContainerId) -> Option<About> {
        lock(&self.containers).get(id).cloned()
    }

    /// Ids are never used again, so what is known of containers that are gone only takes room.
    pub fn learn_container(&self, id: &ContainerId, about: About) {
        let mut containers = lock(&self.containers);
        if containers.len() >= CONTAINERS {
            containers.clear();
        }
        containers.insert(id.clone(), about);
    }

    /// When this program had started a container.
    pub fn started(&self, id: &ContainerId) -> Option<Instant> {
        lock(&self.starts).get(id).copied()
    }

    pub fn learn_start(&self, id: &ContainerId) {
        let mut starts = lock(&self.starts);
        if starts.len() >= CONTAINERS {
            starts.clear();
        }
        starts.insert(id.clone(), Instant::now());
    }

    pub fn mountpoint(&self, volume: &VolumeName) -> Option<String> {
        lock(&self.mountpoints).get(volume).cloned()
    }

    pub fn learn_mountpoint(&self, volume: &VolumeName, path: String) {
        lock(&self.mountpoints).insert(volume.clone(), path);
    }

    pub fn forget_volume(&self, volume: &VolumeName) {
        lock(&self.mountpoints).remove(volume);
    }
}
