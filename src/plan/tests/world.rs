//! A world that a plan is run on, step by step: it refuses what an engine refuses, fails where a test says so, and
//! stops in the middle like a killed process. The whole twin of an engine is [`crate::engine`]'s; this one is as pure
//! as the planner.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{ContainerName, ImageRef, MountKind, NoteName, ServiceName, Variables, VolumeName};
use crate::plan::{
    CallKind, ContainerRef, ContainerStep, FilesStep, Handle, ImageStep, NetworkRef, NetworkStep, NewContainer, Node,
    NodeId, NoteStep, Plan, ProviderAction, Step, Target, Until, VolumeStep, WaitStep, When,
};
use crate::rules;
use crate::state::{
    AppliedProject, AppliedRecord, Container, ContainerId, Ended, Endpoint, Helper, Image, ImageId, LiveMount,
    LivePort, Network, NetworkId, Note, NoteBody, Observed, RunState, Volume, label, record,
};

#[derive(Debug, Clone, Default)]
pub struct World {
    pub observed: Observed,
    /// What programs give, by the service that they run.
    pub gives: BTreeMap<ServiceName, Variables>,
    born: BTreeMap<ContainerId, NewContainer>,
    /// Containers that have passed a gate since they started last.
    passed: BTreeSet<ContainerId>,
    count: u32,
}

/// What became of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Done,
    Failed,
    Blocked,
    NotNeeded,
}

/// What goes wrong while a plan runs.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// These steps fail.
    pub failing: BTreeSet<NodeId>,
    /// The process dies after so many steps.
    pub dies_after: Option<usize>,
    /// In which order ready steps run; 0 is the plan's own.
    pub seed: u64,
}

#[derive(Default)]
struct Made {
    containers: BTreeMap<NodeId, ContainerId>,
    networks: BTreeMap<NodeId, NetworkId>,
    given: BTreeMap<NodeId, Variables>,
}

impl World {
    /// Runs a plan that must hold.
    pub fn apply(&mut self, plan: &Plan) {
        let fates = self.run(plan, &Trouble::default());
        for (node, fate) in plan.nodes.iter().zip(fates) {
            let wanted = if node.when.is_back() { Fate::NotNeeded } else { Fate::Done };
            assert_eq!(fate, wanted, "{} in\n{}", node.id, crate::plan::text(plan));
        }
    }

    /// Runs a plan that must hold, the steps in their order. Takes no time for who is ready.
    pub fn apply_in_order(&mut self, plan: &Plan) {
        let mut made = Made::default();
        for node in plan.nodes.iter().filter(|node| !node.when.is_back()) {
            assert_eq!(self.perform(node.id, &node.step, &mut made), Ok(true));
        }
    }

    /// Runs a plan, one ready step after the other. What has not settled when the process dies is blocked.
    pub fn run(&mut self, plan: &Plan, trouble: &Trouble) -> Vec<Fate> {
        let mut fates: Vec<Option<Fate>> = vec![None; plan.nodes.len()];
        let mut made = Made::default();
        let mut performed = 0;
        let mut open: BTreeSet<(u64, NodeId)> =
            plan.nodes.iter().map(|node| (turn(trouble.seed, node.id), node.id)).collect();
        while let Some(next) =
            open.iter().copied().find(|(_, id)| plan.node(*id).after.iter().all(|after| fates[after.0 - 1].is_some()))
        {
            open.remove(&next);
            let node = plan.node(next.1);
            let fate = match standing(node, &fates) {
                Fate::Done if trouble.dies_after.is_some_and(|limit| performed >= limit) => break,
                Fate::Done => {
                    performed += 1;
                    self.try_step(node, trouble, &mut made)
                }
                other => other,
            };
            fates[next.1.0 - 1] = Some(fate);
        }
        fates.into_iter().map(|fate| fate.unwrap_or(Fate::Blocked)).collect()
    }

    fn try_step(&mut self, node: &Node, trouble: &Trouble, made: &mut Made) -> Fate {
        if trouble.failing.contains(&node.id) {
            return Fate::Failed;
        }
        match self.perform(node.id, &node.step, made) {
            Ok(true) => Fate::Done,
            Ok(false) => Fate::NotNeeded,
            Err(_) => Fate::Failed,
        }
    }

    pub fn image(&mut self, image: &str) {
        let id = ImageId(format!("sha256:{}", blake3::hash(image.as_bytes()).to_hex()));
        self.observed.images.insert(image.into(), Image { id, build_digest: None, pulled_at: None, platform: None });
    }

    /// Another image gets the tag.
    pub fn move_image(&mut self, image: &str) {
        self.count += 1;
        let id = ImageId(format!("sha256:{}", blake3::hash(format!("{image} {}", self.count).as_bytes()).to_hex()));
        self.observed.images.get_mut(&ImageRef::from(image)).unwrap().id = id;
    }

    pub fn container(&mut self, name: &str) -> &mut Container {
        self.observed.containers.iter_mut().find(|container| container.name.as_str() == name).unwrap()
    }

    pub fn names(&self) -> Vec<&str> {
        self.observed.containers.iter().map(|container| container.name.as_str()).collect()
    }

    /// An apply of this project leaves its record.
    pub fn record(&mut self, project: &crate::model::Project) {
        let record = AppliedRecord {
            sequence: 1,
            note: "lab_dsenv_record_1".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "me@here".into(),
            partial: false,
            images: Default::default(),
            project: AppliedProject::of(serde_json::to_value(project).unwrap()),
        };
        self.observed.records.push(record);
    }

    /// Somebody removes a container.
    pub fn lose(&mut self, name: &str) {
        self.container(name);
        self.observed.containers.retain(|container| container.name.as_str() != name);
    }

    /// What an engine shows: helpers apart.
    pub fn look(&self) -> Observed {
        let mut observed = self.observed.clone();
        let is_helper = |id: &ContainerId| self.born.get(id).is_some_and(|new| label::identity(&new.labels).is_none());
        let (helpers, containers): (Vec<_>, _) =
            observed.containers.into_iter().partition(|container| is_helper(&container.id));
        observed.containers = containers;
        for container in &mut observed.containers {
            rules::clear_filled_swap(&mut container.tunable);
        }
        observed.helpers.extend(helpers.into_iter().map(|container| Helper {
            id: container.id,
            name: container.name,
            up: container.state.is_up(),
            note: None,
        }));
        observed
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}{:011}", self.count)
    }

    fn by_id(&mut self, id: &ContainerId) -> Result<&mut Container, String> {
        let containers = &mut self.observed.containers;
        // Most are where their name at birth sorts them.
        let born = self.born.get(id).map(|new| containers.partition_point(|other| other.name < new.name));
        let at = born.filter(|at| containers.get(*at).is_some_and(|container| container.id == *id));
        let at = at.or_else(|| containers.iter().position(|container| container.id == *id));
        at.map(|at| &mut containers[at]).ok_or("no such container".to_owned())
    }

    fn taken(&self, name: &ContainerName) -> Result<(), String> {
        let taken = self.observed.containers.iter().any(|container| container.name == *name);
        if taken { Err(format!("name {name} is taken")) } else { Ok(()) }
    }

    /// Ok(false): there is nothing to act on.
    fn perform(&mut self, node: NodeId, step: &Step, made: &mut Made) -> Result<bool, String> {
        if let Target::Container(container) = step.facts().target
            && id(container, made).is_none()
        {
            return Ok(false);
        }
        let of = |container: &ContainerRef, made: &Made| id(container, made).expect("looked at above");
        match step {
            Step::Image(ImageStep::Pull { image, .. }) => {
                if !self.observed.images.contains_key(image) {
                    self.image(image.as_str());
                }
            }
            Step::Image(ImageStep::Build { tag, digest, .. }) => {
                self.image(tag.as_str());
                self.move_image(tag.as_str());
                let image = self.observed.images.get_mut(tag).expect("it was just made");
                image.build_digest = Some(digest.clone());
            }
            Step::Network(NetworkStep::Create { key, name, definition, labels: _ }) => {
                let id = NetworkId(self.fresh("n"));
                made.networks.insert(node, id.clone());
                let key = Some(key.clone());
                let (record, live) = (Some(definition.clone()), definition.clone());
                self.observed.networks.push(Network { id, name: name.clone(), key, record, live });
                self.observed.networks.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
            }
            Step::Network(NetworkStep::Remove { network }) => {
                let id = network_id(network, made);
                if self.observed.containers.iter().any(|user| user.endpoints.contains_key(&id)) {
                    return Err("network has active endpoints".into());
                }
                self.observed.networks.retain(|network| network.id != id);
            }
            Step::Volume(VolumeStep::Create { name, definition, labels }) => {
                self.create_volume(name, definition, labels)
            }
            Step::Volume(VolumeStep::Remove { name }) => self.remove_volume(name)?,
            Step::Note(NoteStep::Keep(note)) => self.keep(note),
            Step::Note(NoteStep::Forget { name }) => self.forget(name)?,
            Step::Container(ContainerStep::Create(new)) => {
                let mut new = new.clone();
                new.settle(|node| made.given.get(&node).cloned());
                let id = self.create(&new, made)?;
                made.containers.insert(node, id);
            }
            Step::Container(ContainerStep::Start { container }) => self.start(&of(container, made))?,
            Step::Container(ContainerStep::Stop { container, .. }) => {
                let container = self.by_id(&of(container, made))?;
                if container.state.is_up() {
                    container.state = RunState::Exited { code: 0, oom: false };
                    container.ports.clear();
                    let id = container.id.clone();
                    let healthy = self.passed.contains(&id);
                    let after = if healthy { Duration::from_secs(3600) } else { Duration::ZERO };
                    self.by_id(&id)?.ended = Some(Ended { after, healthy });
                }
            }
            Step::Container(ContainerStep::Unpause { container }) => {
                self.by_id(&of(container, made))?.state = RunState::Running;
            }
            Step::Container(ContainerStep::Remove { container }) => {
                let id = of(container, made);
                if self.by_id(&id)?.state.is_up() {
                    return Err("it runs".into());
                }
                self.observed.containers.retain(|container| container.id != id);
            }
            Step::Container(ContainerStep::Rename { container, to }) => {
                self.taken(to)?;
                self.by_id(&of(container, made))?.name = to.clone();
            }
            Step::Container(ContainerStep::Update { container, tunable }) => {
                let live = &mut self.by_id(&of(container, made))?.tunable;
                let mut tunable = tunable.clone();
                tunable.memory = tunable.memory.or(live.memory);
                tunable.nano_cpus = tunable.nano_cpus.or(live.nano_cpus);
                *live = tunable;
            }
            Step::Container(ContainerStep::Connect { container, network, attachment }) => {
                let (id, network_id) = (of(container, made), network_id(network, made));
                if !self.observed.networks.iter().any(|network| network.id == network_id) {
                    return Err("no such network".into());
                }
                let endpoint =
                    Endpoint { network: network.name.clone(), attachment: attachment.clone(), addresses: vec![] };
                if self.by_id(&id)?.endpoints.insert(network_id, endpoint).is_some() {
                    return Err("endpoint already exists".into());
                }
            }
            Step::Container(ContainerStep::Disconnect { container, network }) => {
                let (id, network) = (of(container, made), network_id(network, made));
                self.by_id(&id)?.endpoints.remove(&network).ok_or("not connected")?;
            }
            Step::Wait(WaitStep::Until { container, until, .. }) => {
                let id = of(container, made);
                let container = self.by_id(&id)?;
                match until {
                    Until::Completed => container.state = RunState::Exited { code: 0, oom: false },
                    Until::Ready { .. } | Until::Healthy if container.state == RunState::Running => {}
                    Until::Ready { .. } | Until::Healthy => return Err("it does not run".into()),
                }
                self.passed.insert(id);
            }
            Step::Container(ContainerStep::Hook { container, .. }) => {
                if self.by_id(&of(container, made))?.state != RunState::Running {
                    return Err("it does not run".into());
                }
            }
            Step::Files(FilesStep::CopyIn { .. } | FilesStep::Delete { .. }) => {
                return Err("no plan for a spec copies files".into());
            }
            Step::Host { call, kind } => {
                let given = match kind {
                    CallKind::Service { service, action: ProviderAction::Up, definition: _ } => {
                        self.gives.get(service).cloned().unwrap_or_default()
                    }
                    CallKind::Service { .. } | CallKind::PullModel | CallKind::ConfigureModel => Default::default(),
                };
                made.given.insert(node, given.clone());
                self.observed.called.insert(call.clone(), given);
            }
            Step::Wait(WaitStep::Pause { .. }) | Step::Container(ContainerStep::CollectLogs { .. }) => {}
        }
        Ok(true)
    }

    fn create_volume(
        &mut self,
        name: &VolumeName,
        definition: &crate::model::VolumeDefinition,
        labels: &label::Labels,
    ) {
        if !self.observed.volumes.iter().any(|volume| volume.name == *name) {
            self.observed.volumes.push(Volume {
                name: name.clone(),
                key: labels.get(label::NAME).map(|key| key.as_str().into()),
                ours: true,
                anonymous: labels[label::KIND] == label::KIND_ANONYMOUS,
                record: Some(definition.clone()),
                live: definition.clone(),
            });
            self.observed.volumes.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }

    fn remove_volume(&mut self, name: &VolumeName) -> Result<(), String> {
        let mounts = |user: &Container| user.mounts.iter().any(|mount| mount.volume.as_ref() == Some(name));
        if self.observed.containers.iter().any(mounts) {
            return Err("volume is in use".into());
        }
        self.observed.volumes.retain(|volume| volume.name != *name);
        Ok(())
    }

    fn keep(&mut self, note: &Note) {
        match &note.body {
            NoteBody::Key(key) => {
                self.observed.key = Some(key.clone());
                self.observed.keys.insert(note.name.clone());
            }
            NoteBody::Files(files) => {
                assert!(!self.observed.images.is_empty(), "there is no image to write {} with", note.name);
                assert!(!files.is_empty());
                self.observed.files.insert(note.name.clone());
            }
            NoteBody::Lock(_) | NoteBody::Record(_) => unreachable!("no plan keeps {}", note.name),
        }
    }

    fn forget(&mut self, name: &NoteName) -> Result<(), String> {
        let files = |user: &Container| self.born.get(&user.id).is_some_and(|new| new.files.as_ref() == Some(name));
        if self.observed.containers.iter().any(files) {
            return Err("volume is in use".into());
        }
        self.observed.files.remove(name);
        self.observed.records.retain(|record| record.note != *name);
        if name.as_str().ends_with("_dsenv_key") {
            self.observed.key = None;
            self.observed.keys.clear();
        }
        Ok(())
    }

    fn create(&mut self, new: &NewContainer, made: &Made) -> Result<ContainerId, String> {
        self.taken(&new.name)?;
        let image = self.observed.images.get(&new.fixed.image).ok_or("no such image")?.id.clone();
        for owner in new.borrowed.values() {
            let owner = id(owner, made).ok_or("no such container")?;
            self.by_id(&owner)?;
        }
        if let Some(files) = &new.files {
            assert!(self.observed.files.contains(files), "{files} is not there");
        }
        let mut mounts = Vec::new();
        for (target, mount) in &new.fixed.mounts {
            let (volume, anonymous) = match &mount.kind {
                MountKind::Volume { name, .. } => {
                    assert!(self.observed.volumes.iter().any(|volume| volume.name == *name), "{name} is not there");
                    (Some(name.clone()), false)
                }
                MountKind::Anonymous { .. } => {
                    let volume = new.carried.get(target).cloned();
                    let volume = volume.unwrap_or_else(|| VolumeName::new(self.fresh("v")));
                    self.create_volume(&volume, &Default::default(), &new.volume_labels);
                    (Some(volume), true)
                }
                _ => (None, false),
            };
            mounts.push(LiveMount { target: target.clone(), volume, anonymous });
        }
        let endpoints = new.networks.iter().map(|(network, attachment)| {
            let id = network_id(network, made);
            (id, Endpoint { network: network.name.clone(), attachment: attachment.clone(), addresses: vec![] })
        });
        let endpoints: BTreeMap<_, _> = endpoints.collect();
        if endpoints.keys().any(|id| !self.observed.networks.iter().any(|network| network.id == *id)) {
            return Err("no such network".into());
        }
        let lives_in = new.fixed.shares().into_iter().filter_map(|owner| id(new.borrowed.get(owner)?, made)).collect();
        let id = ContainerId(self.fresh("c"));
        let mut tunable = new.tunable.clone();
        rules::fill_swap(&mut tunable);
        self.born.insert(id.clone(), new.clone());
        let place = self.observed.containers.partition_point(|other| other.name < new.name);
        let container = Container {
            id: id.clone(),
            name: new.name.clone(),
            service: new.service.clone(),
            replica: new.replica,
            oneoff: false,
            record: record::decode(&new.labels),
            image,
            image_reference: new.fixed.image.clone(),
            config_hash: new.labels.get(label::COMPOSE_CONFIG_HASH).cloned(),
            environment: new.fixed.environment.clone(),
            lives_in,
            tunable,
            endpoints,
            mounts,
            ports: vec![],
            state: RunState::Created,
            health: None,
            started_at: None,
            ended: None,
            restart_count: 0,
        };
        self.observed.containers.insert(place, container);
        Ok(id)
    }

    fn start(&mut self, id: &ContainerId) -> Result<(), String> {
        let networks: Vec<_> = self.by_id(id)?.endpoints.keys().cloned().collect();
        if !networks.iter().all(|id| self.observed.networks.iter().any(|network| network.id == *id)) {
            return Err("its network is gone".into());
        }
        let ports = |id: &ContainerId| -> BTreeSet<String> {
            let born = self.born.get(id).into_iter();
            born.flat_map(|new| new.fixed.ports.iter()).filter_map(|port| port.published.clone()).collect()
        };
        let wanted = ports(id);
        let others = self.observed.containers.iter().filter(|other| other.id != *id && other.state.is_up());
        if !wanted.is_empty()
            && let Some(other) = others.into_iter().find(|other| !ports(&other.id).is_disjoint(&wanted))
        {
            return Err(format!("{} has the port", other.name));
        }
        let published = self.born.get(id).into_iter().flat_map(|new| new.fixed.ports.iter());
        let ports = published.filter_map(|port| {
            let published = port.published.as_ref()?.parse().ok()?;
            let protocol = port.protocol.as_str().to_owned();
            Some(LivePort { target: port.target, protocol, host_ip: "0.0.0.0".into(), published })
        });
        let ports = ports.collect();
        self.passed.remove(id);
        let container = self.by_id(id)?;
        (container.state, container.ports, container.ended) = (RunState::Running, ports, None);
        Ok(())
    }
}

/// Whose turn it is: in the order of the plan, or shuffled by a seed.
fn turn(seed: u64, id: NodeId) -> u64 {
    let shuffled = || {
        let hash = blake3::hash(format!("{seed} {id}").as_bytes());
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap())
    };
    if seed == 0 { id.0 as u64 } else { shuffled() }
}

/// What becomes of a step whose predecessors have settled; `Done` if it runs.
fn standing(node: &Node, fates: &[Option<Fate>]) -> Fate {
    let fate = |id: &NodeId| fates[id.0 - 1];
    let is_fine = |id: &NodeId| matches!(fate(id), Some(Fate::Done | Fate::NotNeeded));
    let runs = match &node.when {
        When::Done => node.after.iter().all(is_fine),
        When::Failed(of) if of.iter().any(|id| fate(id) == Some(Fate::Failed)) => true,
        When::Failed(_) => return Fate::NotNeeded,
        When::TakenBack { done, unless, .. } if fate(done) != Some(Fate::Done) || fate(unless) == Some(Fate::Done) => {
            return Fate::NotNeeded;
        }
        When::TakenBack { of, failures, .. } => {
            of.iter().filter(|id| matches!(fate(id), Some(Fate::Failed | Fate::Blocked))).count() <= *failures
        }
        When::Tolerant { of, failures } => {
            node.after.difference(of).all(is_fine) && of.iter().filter(|id| !is_fine(id)).count() <= *failures
        }
    };
    if runs { Fate::Done } else { Fate::Blocked }
}

fn id(container: &ContainerRef, made: &Made) -> Option<ContainerId> {
    match &container.handle {
        Handle::Known(id) => Some(id.clone()),
        Handle::Made(node) => made.containers.get(node).cloned(),
    }
}

fn network_id(network: &NetworkRef, made: &Made) -> NetworkId {
    match &network.handle {
        Handle::Known(id) => id.clone(),
        Handle::Made(node) => made.networks.get(node).cloned().unwrap_or_else(|| NetworkId("nowhere".into())),
    }
}

/// A helper that an interrupted apply left.
pub fn helper(name: &str, note: Option<&str>) -> Helper {
    Helper { id: ContainerId(format!("h-{name}")), name: name.into(), up: false, note: note.map(Into::into) }
}
