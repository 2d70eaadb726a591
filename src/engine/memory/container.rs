//! Containers: made, renamed, removed.

use std::collections::BTreeMap;

use super::process::Phase;
use super::refusal::{conflict, known, no_container, no_image, refused};
use super::world::{Container, Endpoint, Mounted, Source, World};
use crate::engine::EngineError;
use crate::model::{
    ContainerName, Fixed, Healthcheck, Mount, MountKind, NetworkMode, Probe, VolumeDefinition, VolumeName, VolumesFrom,
};
use crate::plan::NewContainer;
use crate::state::label::{self, Labels};
use crate::state::{ContainerId, NetworkId, note};

impl World {
    /// Makes a container, complete and not started.
    pub(super) fn create(&mut self, new: &NewContainer) -> Result<ContainerId, EngineError> {
        let NewContainer {
            name,
            service: _,
            replica: _,
            fixed,
            tunable,
            networks: _,
            labels,
            volume_labels,
            carried,
            files,
            borrowed,
            injected: _,
        } = new;
        self.check_name(name)?;
        let Some((image_id, image)) = self.image(&fixed.image) else {
            return Err(no_image(&fixed.image));
        };
        let (image_id, image) = (image_id.clone(), image.clone());
        let entrypoint = fixed.entrypoint.as_ref().unwrap_or(&image.entrypoint);
        // As Docker does: an empty command is none, and then the image's stands unless the entrypoint is another.
        let own = fixed.command.as_ref().filter(|command| !command.is_empty());
        let arguments = own.or(fixed.entrypoint.is_none().then_some(&image.command)).into_iter().flatten();
        let command: Vec<_> = entrypoint.iter().chain(arguments).cloned().collect();
        if command.is_empty() {
            return Err(refused("no command specified"));
        }
        let borrowed = borrowed
            .iter()
            .map(|(service, container)| {
                let id = known(&container.handle)?;
                self.containers.get(id).map(|_| (service.clone(), id.clone())).ok_or_else(|| no_container(id))
            })
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let endpoints = self.first_endpoints(new)?;
        check_mounts(fixed)?;

        let mut mounts = self.borrowed_mounts(fixed, &borrowed)?;
        let covered = |target: &String| {
            fixed.mounts.contains_key(target) || fixed.tmpfs.contains_key(target) || fixed.files.contains_key(target)
        };
        for target in image.volumes.iter().filter(|target| !covered(target)) {
            if mounts.contains_key(target) {
                continue;
            }
            mounts.insert(target.clone(), self.anonymous(carried.get(target), volume_labels)?);
        }
        for (target, Mount { kind, read_only, consistency: _ }) in &fixed.mounts {
            let mounted = match kind {
                MountKind::Anonymous { nocopy: _ } => self.anonymous(carried.get(target), volume_labels)?,
                MountKind::Volume { name, nocopy: _, subpath: _ } => {
                    self.create_volume(name, &VolumeDefinition::default(), &Labels::new())?;
                    Mounted { source: Source::Volume(name.clone()), read_only: false }
                }
                MountKind::Bind { .. }
                | MountKind::Tmpfs { .. }
                | MountKind::Image { .. }
                | MountKind::Npipe { .. }
                | MountKind::Cluster { .. } => Mounted { source: Source::Elsewhere, read_only: false },
            };
            mounts.insert(target.clone(), Mounted { read_only: *read_only, ..mounted });
        }
        for target in fixed.tmpfs.keys() {
            mounts.insert(target.clone(), Mounted { source: Source::Elsewhere, read_only: false });
        }
        if let Some(note) = files {
            let volume = &note::volume(note);
            for (number, target) in fixed.files.keys().enumerate() {
                let source = Source::VolumeFile(volume.clone(), number.to_string());
                mounts.insert(target.clone(), Mounted { source, read_only: true });
            }
        }

        let mut environment = image.environment.clone();
        for (name, value) in &fixed.environment {
            match value {
                Some(value) => environment.insert(name.clone(), value.clone()),
                None => environment.remove(name),
            };
        }
        let id = ContainerId(self.new_id());
        let mut labels: Labels =
            image.labels.iter().chain(labels).map(|(key, value)| (key.clone(), value.clone())).collect();
        label::note_image(&mut labels, image_id.as_str());
        let mut container = Container {
            name: name.clone(),
            labels,
            image: image_id,
            fixed: fixed.clone(),
            environment,
            command,
            probe: probe(fixed.healthcheck.as_ref(), image.health.as_ref()),
            tunable: tunable.clone(),
            endpoints,
            mounts,
            files: BTreeMap::new(),
            borrowed,
            ports: Vec::new(),
            phase: Phase::Created,
            started_at: None,
            ended: None,
            restart_count: 0,
            last_code: None,
            stopped_by_hand: false,
            log: Vec::new(),
        };
        container.fill_swap();
        self.containers.insert(id.clone(), container);
        self.touch_container(&id);
        Ok(id)
    }

    /// Removes a container that is not up. Its volumes stay, the anonymous ones too.
    pub(super) fn remove(&mut self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        if matches!(container.phase, Phase::Up(_) | Phase::Restarting { .. }) {
            return Err(conflict(format!(
                "cannot remove the running container {}: stop it before removing it",
                container.name
            )));
        }
        self.touch_container(id);
        self.containers.remove(id);
        Ok(())
    }

    /// Gives a container another name.
    pub(super) fn rename(&mut self, id: &ContainerId, to: &ContainerName) -> Result<(), EngineError> {
        if self.containers.get(id).ok_or_else(|| no_container(id))?.name == *to {
            return Ok(());
        }
        self.check_name(to)?;
        if let Some(container) = self.containers.get_mut(id) {
            container.name = to.clone();
        }
        self.touch_container(id);
        Ok(())
    }

    /// Whether what a container borrows from still runs, as the engine looks at each start.
    pub(super) fn check_borrowed(&self, id: &ContainerId) -> Result<(), EngineError> {
        let container = self.containers.get(id).ok_or_else(|| no_container(id))?;
        let NetworkMode::Service(service) = &container.fixed.network_mode else { return Ok(()) };
        match container.borrowed.get(service).map(|id| (id, self.containers.get(id))) {
            Some((_, Some(lender))) if matches!(lender.phase, Phase::Up(_)) => Ok(()),
            Some((id, Some(_))) => Err(conflict(format!("cannot join network of a non running container: {id}"))),
            Some((id, None)) => Err(no_container(id)),
            None => Err(refused(format!("the container of service {service} is not named"))),
        }
    }

    fn check_name(&self, name: &ContainerName) -> Result<(), EngineError> {
        match self.containers.iter().find(|(_, container)| container.name == *name) {
            None => Ok(()),
            Some((id, _)) => {
                Err(conflict(format!("the container name \"{name}\" is already in use by container {id}")))
            }
        }
    }

    /// The endpoints that a container is born with.
    fn first_endpoints(&self, new: &NewContainer) -> Result<BTreeMap<NetworkId, Endpoint>, EngineError> {
        let named = |name: &str| {
            let id = self.network_named(name)?;
            let endpoint = self.endpoint(&id, &Default::default())?;
            Ok(BTreeMap::from([(id, endpoint)]))
        };
        match &new.fixed.network_mode {
            NetworkMode::Networks if new.networks.is_empty() => named("none"),
            NetworkMode::Networks => new
                .networks
                .iter()
                .map(|(network, attachment)| {
                    let id = known(&network.handle)?;
                    Ok((id.clone(), self.endpoint(id, attachment)?))
                })
                .collect(),
            NetworkMode::None => named("none"),
            NetworkMode::Host => named("host"),
            NetworkMode::Named(name) => named(name),
            NetworkMode::Service(_) | NetworkMode::Container(_) => Ok(BTreeMap::new()),
        }
    }

    /// A volume without a name: the one that is carried over, or a new one.
    fn anonymous(&mut self, carried: Option<&VolumeName>, labels: &Labels) -> Result<Mounted, EngineError> {
        let name = carried.cloned().unwrap_or_else(|| VolumeName::new(self.new_id()));
        self.create_volume(&name, &VolumeDefinition::default(), labels)?;
        Ok(Mounted { source: Source::Volume(name), read_only: false })
    }

    /// The mounts of others that a container takes over.
    fn borrowed_mounts(
        &self,
        fixed: &Fixed,
        borrowed: &BTreeMap<crate::model::ServiceName, ContainerId>,
    ) -> Result<BTreeMap<String, Mounted>, EngineError> {
        let mut mounts = BTreeMap::new();
        for from in &fixed.volumes_from {
            let (lender, read_only) = match from {
                VolumesFrom::Service { service, read_only } => {
                    (borrowed.get(service).and_then(|id| self.containers.get(id)), *read_only)
                }
                VolumesFrom::Container { container: name, read_only } => {
                    let mut all = self.containers.values();
                    (all.find(|container| container.name.as_str() == name), *read_only)
                }
            };
            let lender = lender.ok_or_else(|| EngineError::NotFound(format!("no such container for {from:?}")))?;
            for (target, mount) in &lender.mounts {
                let read_only = read_only || mount.read_only;
                mounts.insert(target.clone(), Mounted { read_only, ..mount.clone() });
            }
        }
        Ok(mounts)
    }
}

/// A path with a part `absent` is not on the twin's host, as an image with one is in no registry.
fn check_mounts(fixed: &Fixed) -> Result<(), EngineError> {
    for mount in fixed.mounts.values() {
        if let MountKind::Bind { source, create_host_path: false, .. } = &mount.kind
            && source.split('/').any(|part| part == "absent")
        {
            return Err(refused(format!("bind source path does not exist: {source}")));
        }
    }
    Ok(())
}

/// The health check that a container has: its own, what is unset in it the image's.
fn probe(own: Option<&Healthcheck>, image: Option<&Probe>) -> Option<Probe> {
    match own {
        None => image.cloned(),
        Some(Healthcheck::Disabled) => None,
        Some(Healthcheck::Probe(own)) => {
            let image = image.cloned().unwrap_or_default();
            let test = if own.test.is_empty() { image.test } else { own.test.clone() };
            let probe = Probe {
                test,
                interval: own.interval.or(image.interval),
                timeout: own.timeout.or(image.timeout),
                retries: own.retries.or(image.retries),
                start_period: own.start_period.or(image.start_period),
                start_interval: own.start_interval.or(image.start_interval),
            };
            Some(probe).filter(|probe| !probe.test.is_empty())
        }
    }
}
