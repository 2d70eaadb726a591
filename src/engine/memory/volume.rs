//! Volumes: made once, whoever asks again, and never removed with a container.

use std::collections::{BTreeMap, BTreeSet};

use super::file::File;
use super::refusal::{conflict, no_container, refused};
use super::world::{Source, Volume, World};
use crate::engine::{Done, EngineError};
use crate::model::{
    ContainerName, Fixed, ImageRef, Mount, MountKind, NetworkMode, ServiceName, Tunable, VolumeDefinition, VolumeName,
};
use crate::plan::NewContainer;
use crate::state::label::{self, Labels};
use crate::state::{ContainerId, Note, NoteBody, NoteFile, note, own};

impl World {
    /// Makes a volume, or finds the one of that name. Gives the labels that it truly has.
    pub(super) fn create_volume(
        &mut self,
        name: &VolumeName,
        definition: &VolumeDefinition,
        labels: &Labels,
    ) -> Result<Labels, EngineError> {
        let driver = definition.driver.as_deref().unwrap_or("local");
        if driver != "local" {
            return Err(EngineError::NotFound(format!("plugin \"{driver}\" not found")));
        }
        if let Some(volume) = self.volumes.get(name) {
            EngineError::unless_ours(name, labels, &volume.labels)?;
            return Ok(volume.labels.clone());
        }
        let definition = VolumeDefinition { driver: Some(driver.to_owned()), ..definition.clone() };
        let volume = Volume { definition, labels: labels.clone(), files: Default::default() };
        self.volumes.insert(name.clone(), volume);
        self.touch(labels);
        Ok(labels.clone())
    }

    /// Removes a volume that no container has, in whatever state.
    pub(super) fn remove_volume(&mut self, name: &VolumeName) -> Result<(), EngineError> {
        let users: Vec<_> = self
            .containers
            .values()
            .filter(|container| {
                container.mounts.values().any(|mount| matches!(&mount.source, Source::Volume(volume) if volume == name))
            })
            .map(|container| container.name.as_str())
            .collect();
        if !users.is_empty() {
            return Err(conflict(format!("volume {name} is in use by {}", users.join(", "))));
        }
        let Some(volume) = self.volumes.remove(name) else {
            return Err(EngineError::NotFound(format!("no such volume: {name}")));
        };
        self.touch(&volume.labels);
        Ok(())
    }

    /// How many bytes these volumes hold.
    pub(super) fn sizes(&self, volumes: &BTreeSet<VolumeName>) -> BTreeMap<VolumeName, u64> {
        let there = volumes.iter().filter_map(|name| self.volumes.get_key_value(name));
        let size = |volume: &Volume| volume.files.values().map(|file| file.content.len() as u64).sum();
        there.map(|(name, volume)| (name.clone(), size(volume))).collect()
    }

    /// Keeps a note in a volume of its own.
    pub(super) fn keep(&mut self, note: &Note) -> Result<Done, EngineError> {
        let (name, labels) = (note::volume(&note.name), note.labels());
        if let NoteBody::Files(_) = note.body {
            self.any_image()?;
        }
        let found = self.create_volume(&name, &VolumeDefinition::default(), &labels)?;
        match &note.body {
            NoteBody::Lock(_) => Ok(Done::Held(note::holder(&note.project, &name, &found))),
            NoteBody::Key(_) | NoteBody::Record(_) => Ok(Done::Nothing),
            NoteBody::Files(files) => {
                self.write_files(&name, files);
                Ok(Done::Nothing)
            }
        }
    }

    /// Puts files at a volume's root.
    fn write_files(&mut self, name: &VolumeName, files: &[NoteFile]) {
        let carrier = carrier(name);
        self.containers.retain(|_, container| container.name != carrier);
        let Some(volume) = self.volumes.get_mut(name) else { return };
        for NoteFile { name, content, uid, gid, mode } in files {
            let file = File { content: content.bytes().to_vec(), uid: *uid, gid: *gid, mode: *mode };
            volume.files.insert(name.clone(), file);
        }
    }

    /// An image to make the helper from that carries files into a volume.
    fn any_image(&self) -> Result<ImageRef, EngineError> {
        let image = self.images.keys().next();
        let image = image.ok_or_else(|| refused("no file can be written: there is no image on the engine"))?;
        Ok(ImageRef::new(image.as_str()))
    }

    /// What an interrupted [`Self::keep`] leaves: the volume without its files, and the helper that mounts it.
    pub(super) fn leave_carrier(&mut self, note: &Note) -> Result<(), EngineError> {
        let (name, mut labels) = (&note::volume(&note.name), note.labels());
        self.create_volume(name, &VolumeDefinition::default(), &labels)?;
        let mut fixed = Fixed::of(self.any_image()?);
        let kind = MountKind::Volume { name: name.clone(), nocopy: false, subpath: None };
        fixed.mounts.insert("/files".to_owned(), Mount { kind, read_only: false, consistency: None });
        fixed.network_mode = NetworkMode::None;
        labels.insert(label::KIND.to_owned(), label::KIND_CARRIER.to_owned());
        let made = self.create(&NewContainer {
            name: carrier(name),
            service: ServiceName::default(),
            replica: 1,
            fixed,
            tunable: Tunable::default(),
            networks: Vec::new(),
            labels,
            volume_labels: Labels::new(),
            carried: BTreeMap::new(),
            files: None,
            borrowed: BTreeMap::new(),
            injected: BTreeMap::new(),
        });
        made.map(|_| ())
    }

    /// Whether the files that a container binds are still there, as the engine looks at each start.
    pub(super) fn check_files(&self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        for (target, mount) in &container.mounts {
            if let Source::VolumeFile(volume, name) = &mount.source
                && !self.volumes.get(volume).is_some_and(|volume| volume.files.contains_key(name))
            {
                return Err(refused(format!("bind source path for {target} does not exist")));
            }
        }
        Ok(())
    }
}

/// The helper that carries files into a volume.
fn carrier(volume: &VolumeName) -> ContainerName {
    ContainerName::new(format!("{volume}{}", own::CARRIER))
}
