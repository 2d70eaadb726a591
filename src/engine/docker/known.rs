//! What this connection has seen and need not ask again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bollard::models::ImageInspect;

use crate::model::{ImageRef, VolumeName};

/// Facts that outlive one call. Whoever changes one of them forgets it here.
#[derive(Debug, Default)]
pub(super) struct Known {
    images: Mutex<BTreeMap<ImageRef, ImageFacts>>,
    mountpoints: Mutex<BTreeMap<VolumeName, String>>,
}

/// What the making of a container needs of its image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImageFacts {
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
        Self { volumes, entrypoint: config.entrypoint }
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
