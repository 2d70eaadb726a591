//! What becomes of everything: made once, from the two sides alone, and never changed afterwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::model::{
    Attachment, Build, Call, Content, ImageRef, ModelKey, NetworkKey, NoteName, Provider, ServiceName, UpdateOrder,
    VolumeKey, VolumeName,
};
use crate::plan::compare::container::{Difference, Wake};
use crate::plan::compare::desired::DesiredService;
use crate::plan::vocabulary::Change;
use crate::state::{Container, ContainerId, Helper, Network, NetworkId, NoteFile, RunState};

/// What becomes of everything.
#[derive(Debug, Default)]
pub struct Decisions<'a> {
    /// What is told of each resource.
    pub changes: Vec<Change>,
    /// What the spec asks for and this engine or world cannot give.
    pub diagnostics: Vec<Diagnostic>,
    /// Images that are brought.
    pub images: BTreeMap<ImageRef, ImageFate>,
    /// Those of them that wait for no container to need them, in their order.
    pub refreshed: Vec<ImageRef>,
    /// Containers of dsenv's own that an interrupted apply left, and that go.
    pub helpers: &'a [Helper],
    /// Containers that go before anything else is done: strays, and replicas too many.
    pub removed: Vec<&'a Container>,
    /// Volumes of the spec that are used.
    pub volumes: BTreeMap<&'a VolumeKey, VolumeDecision<'a>>,
    /// Networks of the spec that are used.
    pub networks: BTreeMap<&'a NetworkKey, NetworkDecision<'a>>,
    /// Services in the order in which they are settled.
    pub units: Vec<Unit<'a>>,
    /// What becomes of each of them.
    pub services: BTreeMap<&'a ServiceName, ServiceDecision<'a>>,
    /// Services that are left as they are and that others wait for: their containers, by number.
    pub untouched: BTreeMap<&'a ServiceName, Vec<(u32, &'a Container)>>,
    /// Services that programs run.
    pub providers: BTreeMap<&'a ServiceName, ProviderFate>,
    /// Language models.
    pub models: BTreeMap<&'a ModelKey, ModelFate>,
    /// Notes with contents of configs and secrets that are written.
    pub files: BTreeMap<NoteName, WrittenFiles>,
    /// What is in no spec any more and goes, apart from containers.
    pub strays: Vec<StrayFate<'a>>,
    /// Notes with contents that nothing names any more.
    pub swept: Vec<SweptFiles<'a>>,
}

/// An image that is brought.
#[derive(Debug)]
pub enum ImageFate {
    /// It is pulled.
    Pull {
        /// `os/arch[/variant]`; the engine's own by default.
        platform: Option<String>,
    },
    /// It is built.
    Build {
        /// For whom.
        service: ServiceName,
        /// How. Contexts of other services are images by now.
        build: Box<Build>,
        /// What its secrets hold.
        secrets: BTreeMap<String, Content>,
        /// The digest of the inputs.
        digest: String,
        /// Images that it is made from and that are brought before.
        bases: Vec<ImageRef>,
    },
}

/// A volume of the spec.
#[derive(Debug)]
pub struct VolumeDecision<'a> {
    /// What becomes of it.
    pub fate: VolumeFate<'a>,
    /// Whether its labels differ, which nothing changes.
    pub labels_differ: bool,
}

/// What becomes of a volume.
#[derive(Debug)]
pub enum VolumeFate<'a> {
    /// It stays, or is refused.
    Keep,
    /// It is made.
    Create,
    /// It goes with its data and is made anew. These containers go before.
    Recreate {
        /// Who mounts it.
        users: Vec<&'a Container>,
    },
}

/// A network of the spec.
#[derive(Debug)]
pub struct NetworkDecision<'a> {
    /// What becomes of it.
    pub fate: NetworkFate<'a>,
    /// Second networks of its name, which go.
    pub twins: Vec<&'a Network>,
}

/// What becomes of a network.
#[derive(Debug)]
pub enum NetworkFate<'a> {
    /// It stays.
    Keep(&'a Network),
    /// It is made.
    Create,
    /// It goes and is made anew.
    Recreate {
        /// The one that goes.
        old: &'a Network,
        /// Containers on it that go before.
        gone: Vec<&'a Container>,
        /// Containers on it that stay, and how each is connected again.
        users: Vec<(&'a Container, Reconnection)>,
    },
}

/// How a container comes back on a network that is made anew.
#[derive(Debug)]
pub enum Reconnection {
    /// So.
    Connect(Attachment),
    /// Not at all.
    Away,
}

/// What is settled at once.
#[derive(Debug)]
pub enum Unit<'a> {
    /// One service.
    Service(&'a ServiceName),
    /// Several that change host ports.
    PortSwap(PortSwap<'a>),
}

/// Services that change host ports with each other, so that they are replaced together.
#[derive(Debug)]
pub struct PortSwap<'a> {
    /// All of them, in their order.
    pub services: Vec<&'a ServiceName>,
    /// Those that are replaced together, and whether each is made in its turn, since it borrows from another of them.
    pub members: BTreeMap<&'a ServiceName, bool>,
    /// Those that take a port from another.
    pub takers: BTreeSet<&'a ServiceName>,
}

/// One service.
#[derive(Debug)]
pub struct ServiceDecision<'a> {
    /// What its containers should be.
    pub desired: DesiredService<'a>,
    /// What becomes of each replica, by number.
    pub replicas: Vec<ReplicaDecision<'a>>,
    /// What must be there before a container of it is made, if one is.
    pub needs: Option<Needs>,
    /// The hooks before the first start that are run, by their place in the list.
    pub pre_start: Vec<usize>,
    /// Why no two containers of it can run at once, if they cannot.
    pub alone: Option<String>,
    /// Whether another service borrows from it.
    pub is_borrowed: bool,
}

/// One replica.
#[derive(Debug)]
pub struct ReplicaDecision<'a> {
    /// Which.
    pub number: u32,
    /// What becomes of it.
    pub fate: ReplicaFate<'a>,
    /// What an interrupted replacement left and has to go.
    pub leftover: Option<&'a Container>,
    /// Who gives up what it takes.
    pub takes: Handover<'a>,
}

/// What becomes of a replica.
#[derive(Debug)]
pub enum ReplicaFate<'a> {
    /// There is none, and it is made. These were it until now and go before.
    Create {
        /// They go with a volume.
        before: Vec<&'a Container>,
    },
    /// It stays, and what differs is mended in place.
    Keep {
        /// It.
        live: &'a Container,
        /// What differs.
        difference: Box<Difference<'a>>,
    },
    /// Another takes its place.
    Replace {
        /// What goes.
        old: &'a Container,
        /// What an interrupted replacement made already and is as it should be, and how its endpoints differ.
        next: Option<(&'a Container, Box<Difference<'a>>)>,
        /// Which of the two stands first.
        order: UpdateOrder,
    },
}

/// Who gives up what a replica takes, as far as they do so before it.
#[derive(Debug, Default)]
pub struct Handover<'a> {
    /// Containers that give up a host port.
    pub ports: Vec<&'a ContainerId>,
    /// The container that gives up its name.
    pub name: Option<&'a ContainerId>,
}

/// What must be there before a container of a service is made, and is brought in this plan. Volumes, networks, programs
/// and models are known from the service itself.
#[derive(Debug, Default)]
pub struct Needs {
    /// Its own image.
    pub image: Option<ImageRef>,
    /// Images that it mounts.
    pub mounted: Vec<ImageRef>,
    /// The note with contents of configs and secrets.
    pub files: Option<NoteName>,
}

/// What becomes of a service that a program runs.
#[derive(Debug)]
pub enum ProviderFate {
    /// It is up, as far as this process knows, or nobody can bring it up.
    Keep,
    /// It is brought up, or asked again.
    BringUp {
        /// How.
        call: Call,
        /// Who ran it before, and how that one releases it.
        release: Option<(Box<Provider>, Call)>,
    },
}

/// What becomes of a language model.
#[derive(Debug, Default)]
pub struct ModelFate {
    /// How it is pulled.
    pub pull: Option<Call>,
    /// How it is configured.
    pub configure: Option<Call>,
}

/// A volume with contents of configs and secrets that is written.
#[derive(Debug)]
pub struct WrittenFiles {
    /// For which service.
    pub service: ServiceName,
    /// The files.
    pub files: Vec<NoteFile>,
}

/// Something that is in no spec any more, and goes.
#[derive(Debug)]
pub enum StrayFate<'a> {
    /// A program releases a service.
    Release {
        /// Which.
        service: ServiceName,
        /// As the last record has it.
        provider: Box<Provider>,
        /// How.
        call: Call,
    },
    /// A network is removed, when these containers have left it.
    RemoveNetwork(&'a Network, Vec<&'a Container>),
    /// A volume is removed with its data, when these containers are gone.
    RemoveVolume(&'a VolumeName, Vec<&'a Container>),
}

/// A note with contents that nothing names any more. It goes with the last of these containers.
#[derive(Debug)]
pub struct SweptFiles<'a> {
    /// Its name.
    pub note: &'a NoteName,
    /// The containers that were created with it.
    pub users: Vec<&'a Container>,
}

impl<'a> Decisions<'a> {
    /// Whether one of a service's containers is new.
    pub fn is_anew(&self, name: &ServiceName) -> bool {
        self.services.get(name).is_some_and(|service| {
            service.replicas.iter().any(|replica| match replica.fate {
                ReplicaFate::Create { .. } | ReplicaFate::Replace { .. } => true,
                ReplicaFate::Keep { .. } => false,
            })
        })
    }

    /// Whether one of a service's containers starts.
    pub fn starts(&self, name: &ServiceName) -> bool {
        self.services.get(name).is_some_and(ServiceDecision::starts)
    }

    /// The container that others borrow from, if it stays.
    pub fn lender(&self, name: &ServiceName) -> Option<&'a Container> {
        match self.services.get(name) {
            Some(service) => match &service.replicas.first()?.fate {
                ReplicaFate::Keep { live, .. } => Some(live),
                ReplicaFate::Create { .. } | ReplicaFate::Replace { .. } => None,
            },
            None => self.untouched.get(name)?.first().map(|(_, container)| *container),
        }
    }
}

impl<'a> NetworkDecision<'a> {
    /// The network that containers are on until now.
    pub fn live(&self) -> Option<&'a NetworkId> {
        match &self.fate {
            NetworkFate::Keep(network) | NetworkFate::Recreate { old: network, .. } => Some(&network.id),
            NetworkFate::Create => None,
        }
    }
}

impl ServiceDecision<'_> {
    /// Whether one of its containers starts.
    pub fn starts(&self) -> bool {
        self.replicas.iter().any(|replica| replica.fate.starts())
    }
}

impl ReplicaFate<'_> {
    /// Whether a container of it starts.
    pub fn starts(&self) -> bool {
        match self {
            Self::Create { .. } | Self::Replace { .. } => true,
            Self::Keep { difference, .. } => difference.wake.is_some(),
        }
    }

    /// Whether a container of it starts that has never started.
    pub fn starts_first(&self) -> bool {
        match self {
            Self::Create { .. } => true,
            Self::Keep { difference, .. } => difference.wake == Some(Wake::Start(RunState::Created)),
            Self::Replace { next, .. } => next.as_ref().is_none_or(|(next, _)| next.state == RunState::Created),
        }
    }
}
