//! The hand of somebody else: what a person does to an engine beside dsenv. None of it is counted, and nothing of it
//! goes wrong on purpose.

use super::file::File;
use super::image::Image;
use super::refusal::{no_container, no_network};
use super::twin::Memory;
use super::world::World;
use crate::engine::EngineError;
use crate::model::{
    Attachment, ContainerName, Fixed, ImageRef, NetworkDefinition, NetworkMode, NetworkName, Tunable, VolumeDefinition,
    VolumeName,
};
use crate::plan::NewContainer;
use crate::state::label::Labels;
use crate::state::{ContainerId, ImageId, NetworkId};

impl Memory {
    /// Acts on the world in whatever way it can be acted on.
    fn hand<T>(&self, act: impl FnOnce(&mut World) -> Result<T, EngineError>) -> Result<T, EngineError> {
        self.change(act)?
    }

    /// The container of this name.
    pub fn container(&self, name: &str) -> Result<ContainerId, EngineError> {
        self.hand(|world| {
            let mut all = world.containers.iter();
            let found = all.find(|(_, container)| container.name.as_str() == name).map(|(id, _)| id.clone());
            found.ok_or_else(|| EngineError::NotFound(format!("no such container: {name}")))
        })
    }

    /// `docker run -d` without any label of a project.
    pub fn run_foreign(&self, name: &str, image: &str, labels: Labels) -> Result<ContainerId, EngineError> {
        self.hand(|world| {
            if world.image(&image.into()).is_none() {
                world.pull(&image.into())?;
            }
            let id = world.create(&NewContainer {
                name: name.into(),
                service: "foreign".into(),
                replica: 1,
                fixed: Fixed { network_mode: NetworkMode::Named("bridge".to_owned()), ..Fixed::of(image.into()) },
                tunable: Tunable::default(),
                networks: Vec::new(),
                labels,
                volume_labels: Labels::new(),
                carried: Default::default(),
                files: None,
                borrowed: Default::default(),
                injected: Default::default(),
            })?;
            world.start(&id)?;
            Ok(id)
        })
    }

    /// `docker start`
    pub fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.hand(|world| world.start(id))
    }

    /// `docker stop`, of a process that hears it.
    pub fn stop(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.hand(|world| world.stop(id, Some(0)))
    }

    /// `docker kill`
    pub fn kill(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.hand(|world| world.kill(id))
    }

    /// The process dies by itself; the restart policy says what follows.
    pub fn die(&self, id: &ContainerId, code: i64) -> Result<(), EngineError> {
        self.hand(|world| {
            world.die(id, code);
            Ok(())
        })
    }

    /// `docker pause`
    pub fn pause(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.hand(|world| world.pause(id, true))
    }

    /// `docker rm -f`; its volumes stay.
    pub fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.hand(|world| {
            world.kill(id)?;
            world.stop(id, Some(0))?;
            world.remove(id)
        })
    }

    /// `docker rename`
    pub fn rename(&self, id: &ContainerId, to: &str) -> Result<(), EngineError> {
        self.hand(|world| world.rename(id, &ContainerName::new(to)))
    }

    /// `docker update`: exactly these limits, with no second look.
    pub fn docker_update(&self, id: &ContainerId, tunable: Tunable) -> Result<(), EngineError> {
        self.hand(|world| world.set_tunable(id, tunable))
    }

    /// `docker network connect`
    pub fn connect(&self, id: &ContainerId, network: &str, attachment: &Attachment) -> Result<(), EngineError> {
        self.hand(|world| {
            let network = world.network_named(network)?;
            world.connect(id, &network, attachment)
        })
    }

    /// `docker network disconnect`
    pub fn disconnect(&self, id: &ContainerId, network: &str) -> Result<(), EngineError> {
        self.hand(|world| {
            let network = world.network_named(network)?;
            world.disconnect(id, &network)
        })
    }

    /// `docker network create`
    pub fn create_network(&self, name: &str, labels: &Labels) -> Result<NetworkId, EngineError> {
        self.hand(|world| world.create_network(&NetworkName::new(name), &NetworkDefinition::default(), labels))
    }

    /// `docker network rm`, by id.
    pub fn remove_network(&self, id: &NetworkId) -> Result<(), EngineError> {
        self.hand(|world| world.remove_network(id))
    }

    /// The engine forgets to let go of an endpoint: the network cannot be removed until the engine restarts.
    pub fn jam_network(&self, id: &NetworkId) -> Result<(), EngineError> {
        self.hand(|world| {
            world.networks.get_mut(id).ok_or_else(|| no_network(id))?.jammed = true;
            Ok(())
        })
    }

    /// `docker volume create`
    pub fn create_volume(&self, name: &str, labels: &Labels) -> Result<(), EngineError> {
        let create = |world: &mut World| {
            world.create_volume(&VolumeName::new(name), &VolumeDefinition::default(), labels).map(|_| ())
        };
        self.hand(create)
    }

    /// `docker volume rm`
    pub fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        self.hand(|world| world.remove_volume(&VolumeName::new(name)))
    }

    /// The names of all containers, by name.
    pub fn containers(&self) -> Result<Vec<ContainerName>, EngineError> {
        self.hand(|world| {
            let mut names: Vec<_> = world.containers.values().map(|container| container.name.clone()).collect();
            names.sort();
            Ok(names)
        })
    }

    /// The names of all volumes.
    pub fn volumes(&self) -> Result<Vec<VolumeName>, EngineError> {
        self.hand(|world| Ok(world.volumes.keys().cloned().collect()))
    }

    /// The file at a container's path, as the container sees it; also of one that is not running.
    pub fn file(&self, id: &ContainerId, path: &str) -> Result<Option<File>, EngineError> {
        self.hand(|world| Ok(world.file(id, path).cloned()))
    }

    /// Writes a file at a container's path.
    pub fn put_file(&self, id: &ContainerId, path: &str, content: &str) -> Result<(), EngineError> {
        self.hand(|world| match world.put_file(id, path, File::new(content)) {
            true => Ok(()),
            false => Err(EngineError::Refused(format!("{path} is on a read-only file system"))),
        })
    }

    /// The file in a volume, by its path below the root.
    pub fn volume_file(&self, volume: &str, path: &str) -> Result<Option<File>, EngineError> {
        self.hand(|world| {
            let volume = world.volumes.get(&VolumeName::new(volume));
            Ok(volume.and_then(|volume| volume.files.get(path)).cloned())
        })
    }

    /// What a container was asked to be.
    pub fn fixed(&self, id: &ContainerId) -> Result<Fixed, EngineError> {
        self.hand(|world| {
            let container = world.containers.get(id).ok_or_else(|| no_container(id))?;
            Ok(container.fixed.clone())
        })
    }

    /// Puts an image into the engine's store, as a build or load by hand does.
    pub fn add_image(&self, reference: &str, image: Image) -> Result<ImageId, EngineError> {
        self.hand(|world| Ok(world.add_image(&ImageRef::new(reference), image)))
    }

    /// `docker rmi`
    pub fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        self.hand(|world| {
            world.remove_image(&ImageRef::new(reference));
            Ok(())
        })
    }

    /// Somebody pushes: what a pull of this reference gives from now on.
    pub fn publish(&self, reference: &str, image: Image) -> Result<(), EngineError> {
        self.hand(|world| {
            world.publish(&ImageRef::new(reference), image);
            Ok(())
        })
    }

    /// A program of the host takes a port, or gives it back.
    pub fn occupy(&self, port: u16, taken: bool) -> Result<(), EngineError> {
        self.hand(|world| {
            if taken {
                world.occupied.insert(port);
            } else {
                world.occupied.remove(&port);
            }
            Ok(())
        })
    }

    /// The engine stops and starts. Every stream of pokes ends.
    pub fn restart_engine(&self) -> Result<(), EngineError> {
        self.cut_streams();
        self.hand(|world| {
            world.restart_engine();
            Ok(())
        })
    }
}
