//! The planner alone, in this process: no reading, no engine, no printing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dsenv::engine::Observer;
use dsenv::engine::memory::Memory;
use dsenv::execute;
use dsenv::model::{ImageRef, Key, MountKind, ProjectName};
use dsenv::plan::{self, ContainerStep, ImageStep, NetworkStep, NewContainer, Options, Plan, Step, VolumeStep};
use dsenv::resolve::{self, Resolved};
use dsenv::spec::{self, Literals};
use dsenv::state::{
    AppliedProject, AppliedRecord, Container, ContainerId, Endpoint, Image, ImageId, LiveMount, LivePort, NetworkId,
    Observed, RunState, Scope, record,
};
use jiff::Timestamp;

/// A project, and the world after it was applied.
pub struct Planned {
    resolved: Resolved,
    key: Key,
    nothing: Observed,
    applied: Observed,
    /// What making the model of the spec took.
    pub resolving: Duration,
}

impl Planned {
    /// Resolves a spec, and does its plan's steps in thought.
    pub fn new(text: &str) -> Self {
        let files: Literals = [("/bench/env.yaml", text)].into_iter().collect();
        let request = spec::Request {
            files: vec!["/bench/env.yaml".into()],
            folder: "/bench".into(),
            shown_from: "/bench".into(),
            name: None,
            profiles: Vec::new(),
            part: spec::Part::default(),
            variables: BTreeMap::new(),
            interpolate: true,
        };
        let loaded = spec::load(&request, &files).expect("the bench's spec has no mistakes");
        let began = worked();
        let resolved = resolve::resolve(&loaded, &files, &BTreeSet::new()).expect("the bench's spec has no mistakes");
        let resolving = worked().saturating_sub(began);
        let key = Key::new([7; 32]);
        let (nothing, applied) = (Observed::default(), Observed::default());
        let mut planned = Self { resolved, key, nothing, applied, resolving };
        planned.applied = planned.settled();
        planned
    }

    /// The shortest of some plans, from nothing and with nothing to do: time of a processor, so that what else runs on
    /// the machine does not make it longer.
    pub fn times(&self, runs: usize) -> [Duration; 2] {
        [&self.nothing, &self.applied].map(|observed| {
            // The kernel counts by its own ticks, so a short time is that of many plans.
            let plans = 1 + u32::try_from(10_000 / self.resolved.project.services.len()).unwrap_or_default();
            let time = || {
                let began = worked();
                let made: Vec<Plan> = (0..plans).map(|_| self.plan(observed)).collect();
                let took = worked().saturating_sub(began) / plans;
                let meant = made.iter().all(|plan| plan.is_empty() != observed.containers.is_empty());
                assert!(meant, "it is not the plan that is meant");
                took
            };
            (0..runs).map(|_| time()).min().unwrap_or_default()
        })
    }

    fn plan(&self, observed: &Observed) -> Plan {
        plan::plan(&plan::Request {
            project: &self.resolved.project,
            origins: &self.resolved.origins,
            observed,
            rules: Memory::new().rules(),
            key: &self.key,
            digests: &BTreeMap::new(),
            bases: &BTreeMap::new(),
            options: &Options::at(Timestamp::UNIX_EPOCH),
        })
    }

    fn settled(&self) -> Observed {
        let name = &self.resolved.project.name;
        let mut world = Observed { key: Some(self.key.clone()), ..Observed::default() };
        for node in self.plan(&self.nothing).nodes.into_iter().filter(|node| !node.when.is_back()) {
            do_step(&mut world, name, node.step);
        }
        world.records.push(AppliedRecord {
            sequence: 1,
            note: format!("{name}_dsenv_record_1").as_str().into(),
            at: Timestamp::UNIX_EPOCH,
            by: "bench".to_owned(),
            partial: false,
            images: BTreeMap::new(),
            project: AppliedProject::of(execute::canonical(&self.resolved.project, &self.key)),
        });
        world.sort();
        world
    }
}

fn do_step(world: &mut Observed, project: &ProjectName, step: Step) {
    let scope = Scope::of(project.clone());
    match step {
        Step::Image(ImageStep::Pull { image, .. }) => {
            let found = Image { id: id_of(&image), build_digest: None, pulled_at: None, platform: None };
            world.images.insert(image, found);
        }
        Step::Network(NetworkStep::Create { name, definition, labels, .. }) => {
            world.add_network(&scope, NetworkId(name.to_string()), name, &labels, || definition);
        }
        Step::Volume(VolumeStep::Create { name, definition, labels }) => {
            world.add_volume(&scope, name, &labels, || definition);
        }
        Step::Container(ContainerStep::Create(new)) => world.containers.push(container(*new)),
        _ => {}
    }
}

fn id_of(image: &ImageRef) -> ImageId {
    ImageId(format!("sha256:{image}"))
}

fn container(new: NewContainer) -> Container {
    let NewContainer { name, service, replica, fixed, tunable, networks, labels, .. } = new;
    let endpoint = |(network, attachment): (plan::NetworkRef, _)| {
        let endpoint = Endpoint { network: network.name.clone(), attachment, addresses: Vec::new() };
        (NetworkId(network.name.to_string()), endpoint)
    };
    let mount = |(target, kind): (&String, &MountKind)| LiveMount {
        target: target.clone(),
        volume: match kind {
            MountKind::Volume { name, .. } => Some(name.clone()),
            _ => None,
        },
        anonymous: false,
    };
    let ports = fixed.ports.iter().filter_map(|port| {
        let (protocol, host_ip) = (port.protocol.as_str().to_owned(), "0.0.0.0".to_owned());
        Some(LivePort { target: port.target, protocol, host_ip, published: port.published.as_ref()?.parse().ok()? })
    });
    Container {
        id: ContainerId(name.to_string()),
        service,
        replica,
        oneoff: false,
        record: record::decode(&labels),
        image: id_of(&fixed.image),
        image_reference: fixed.image.clone(),
        config_hash: None,
        tunable,
        endpoints: networks.into_iter().map(endpoint).collect(),
        lives_in: BTreeSet::new(),
        mounts: fixed.mounts.iter().map(|(target, mount)| (target, &mount.kind)).map(mount).collect(),
        ports: ports.collect(),
        environment: fixed.environment,
        state: RunState::Running,
        health: None,
        started_at: None,
        ended: None,
        restart_count: 0,
        name,
    }
}

/// What this thread has had of a processor.
fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel counts");
    Duration::from_nanos(stat.split_whitespace().next().and_then(|time| time.parse().ok()).expect("it is a number"))
}
