//! Literal projects, and plans of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::world::World;
use crate::model::{
    Build, Condition, Content, Dependency, FileKind, FileMount, Fixed, Gate, ImageSource, Key, Mount, MountKind,
    Network, NetworkDefinition, Origins, Port, Project, Protocol, PullPolicy, Service, ServiceName, Volume,
    VolumeDefinition,
};
use crate::plan::{Drift, Options, Plan, Request, drift, plan, text};
use crate::rules::{ApiVersion, Builder, Dialect, Rules, Shape};
use crate::state::{Observed, own};

/// A project named `lab`, with what is planned beside it.
#[derive(Debug, Clone)]
pub struct Lab {
    pub project: Project,
    pub options: Options,
    pub digests: BTreeMap<ServiceName, String>,
    pub bases: BTreeMap<ServiceName, BTreeSet<ServiceName>>,
    pub origins: Origins,
    pub rules: Rules,
}

pub fn lab() -> Lab {
    let rules = Rules {
        engine: "Docker Engine 20.10.24".into(),
        api: ApiVersion::v1(41),
        shape: Shape::Containers,
        builder: Builder::BuildKit,
        dialect: Dialect::Docker,
        local: true,
        parallelism: 8,
        since: Default::default(),
    };
    let project = Project { history: 3, ..Project::nothing("lab".into()) };
    let options = Options::at(Timestamp::from_second(1_700_000_000).unwrap());
    Lab { project, options, digests: BTreeMap::new(), bases: BTreeMap::new(), origins: Origins::default(), rules }
}

pub fn key() -> Key {
    Key::new([7; 32])
}

impl Lab {
    /// Adds or changes a service; a new one runs nginx on the default network.
    pub fn service(mut self, name: &str, change: impl FnOnce(&mut Service)) -> Self {
        let service = self.project.services.entry(name.into()).or_insert_with(|| Service {
            source: ImageSource::Pull(PullPolicy::Missing),
            scale: 1,
            container_name: None,
            fixed: Fixed::of("nginx".into()),
            tunable: Default::default(),
            networks: [("default".into(), Default::default())].into(),
            depends_on: Default::default(),
            update: Default::default(),
            rollback: Default::default(),
            scheduling: Default::default(),
            hooks: Default::default(),
            gate: Gate { settle: Duration::from_secs(1), ..Gate::default() },
            job: false,
            ignore_changes: Default::default(),
            urls: Vec::new(),
            lossy: Default::default(),
        });
        change(service);
        let (mounts, networks) = (service.fixed.mounts.clone(), service.networks.clone());
        for key in networks.into_keys() {
            let name = format!("lab_{key}").as_str().into();
            let network =
                Network { name, definition: Some(NetworkDefinition::default()), ignore_changes: Default::default() };
            self.project.networks.entry(key).or_insert(network);
        }
        for mount in mounts.into_values() {
            if let MountKind::Volume { name, .. } = mount.kind
                && let Some(key) = name.as_str().strip_prefix("lab_")
            {
                let volume = Volume {
                    name: name.clone(),
                    definition: Some(VolumeDefinition::default()),
                    ignore_changes: Default::default(),
                };
                self.project.volumes.entry(key.into()).or_insert(volume);
            }
        }
        self
    }

    /// Adds a service that needs another.
    pub fn needing(self, name: &str, needed: &str, condition: Condition) -> Self {
        self.service(name, |service| {
            service.depends_on.insert(needed.into(), Dependency { condition, restart: false, required: true });
        })
    }

    /// Takes a service out of the file.
    pub fn without(mut self, name: &str) -> Self {
        self.project.services.remove(&name.into()).unwrap();
        self
    }

    /// Mounts a config at a path.
    pub fn config(mut self, service: &str, target: &str, content: &str) -> Self {
        let content = Content::new(content.as_bytes());
        let id = content.id();
        self.project.contents.insert(id.clone(), content);
        let file =
            FileMount { kind: FileKind::Config, source: "conf".into(), content: id, uid: 0, gid: 0, mode: 0o444 };
        self.service(service, |service| drop(service.fixed.files.insert(target.into(), file)))
    }

    pub fn network(mut self, key: &str, change: impl FnOnce(&mut NetworkDefinition)) -> Self {
        change(self.project.networks.get_mut(&key.into()).unwrap().definition.as_mut().unwrap());
        self
    }

    pub fn volume(mut self, key: &str, change: impl FnOnce(&mut VolumeDefinition)) -> Self {
        change(self.project.volumes.get_mut(&key.into()).unwrap().definition.as_mut().unwrap());
        self
    }

    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub fn digest(mut self, service: &str, digest: &str) -> Self {
        self.digests.insert(service.into(), digest.into());
        self
    }

    pub fn plan(&self, world: &World) -> Plan {
        self.plan_of(&world.look())
    }

    pub fn plan_of(&self, observed: &Observed) -> Plan {
        let fresh = key();
        plan(&self.request(observed, &fresh))
    }

    /// What is not as the last apply left it.
    pub fn drift(&self, world: &World) -> Option<Vec<Drift>> {
        let fresh = key();
        drift(&self.request(&world.look(), &fresh))
    }

    fn request<'r>(&'r self, observed: &'r Observed, fresh: &'r Key) -> Request<'r> {
        Request {
            project: &self.project,
            origins: &self.origins,
            observed,
            rules: &self.rules,
            key: observed.key.as_ref().unwrap_or(fresh),
            digests: &self.digests,
            bases: &self.bases,
            options: &self.options,
        }
    }

    /// The same as [`Self::applied`], for large ones: the steps run in their order.
    pub fn applied_in_order(&self) -> World {
        let mut world = World::default();
        world.apply_in_order(&self.plan(&World::default()));
        world
    }

    pub fn text(&self, world: &World) -> String {
        text(&self.plan(world))
    }

    /// The world after this was applied to nothing.
    pub fn applied(&self) -> World {
        let mut world = World::default();
        world.apply(&self.plan(&World::default()));
        world
    }
}

/// A world in which the images are there and the project has its key.
pub fn with_images(images: &[&str]) -> World {
    let mut world = World::default();
    world.observed.key = Some(key());
    world.observed.keys = [own::key(&"lab".into(), &BTreeSet::new())].into();
    for image in images {
        world.image(image);
    }
    world
}

pub fn env(service: &mut Service, name: &str, value: &str) {
    service.fixed.environment.insert(name.into(), Some(value.into()));
}

pub fn publish(service: &mut Service, host: &str, target: u16) {
    let port = Port { target, protocol: Protocol::Tcp, host_ip: None, published: Some(host.into()) };
    service.fixed.ports.insert(port);
}

pub fn mount(service: &mut Service, volume: &str, target: &str) {
    let kind = MountKind::Volume { name: volume.into(), nocopy: false, subpath: None };
    service.fixed.mounts.insert(target.into(), Mount { kind, read_only: false, consistency: None });
}

pub fn anonymous(service: &mut Service, target: &str) {
    let kind = MountKind::Anonymous { nocopy: false };
    service.fixed.mounts.insert(target.into(), Mount { kind, read_only: false, consistency: None });
}

pub fn build(service: &mut Service, tag: &str) {
    service.fixed.image = tag.into();
    service.source =
        ImageSource::Build(Box::new(Build { context: "/src".into(), ..Build::default() }), PullPolicy::Missing);
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
