//! What a plan is made of: one engine operation each, with its payload.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::node::NodeId;
use crate::model::{
    Attachment, Build, Call, ContainerName, Content, EnvironmentSource, Fixed, Hook, ImageRef, NetworkDefinition,
    NetworkKey, NetworkName, NoteName, ServiceName, Tunable, Variables, VolumeDefinition, VolumeName,
};
use crate::state::{ContainerId, NetworkId, Note, label, record};

/// An object that is there, or that an earlier step of the same plan makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle<Id> {
    /// Its id.
    Known(Id),
    /// The step that makes it. The executor puts the id in before the step is performed.
    Made(NodeId),
}

/// A container of a plan: the name is for people, the handle for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRef {
    /// The name that it has when the step runs.
    pub name: ContainerName,
    /// The object itself.
    pub handle: Handle<ContainerId>,
}

/// A network of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkRef {
    /// Its name.
    pub name: NetworkName,
    /// The object itself.
    pub handle: Handle<NetworkId>,
}

/// One operation of an engine, or of this machine.
///
/// What holds for every step of a kind is a row of [`Step::facts`].
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// An image comes to the engine.
    Image(ImageStep),
    /// A network is made or goes.
    Network(NetworkStep),
    /// A volume is made or goes.
    Volume(VolumeStep),
    /// A container is made, changes or goes.
    Container(ContainerStep),
    /// Something is waited for; the engine is asked for nothing else.
    Wait(WaitStep),
    /// Files of a container come or go.
    Files(FilesStep),
    /// Something of dsenv's own is kept or forgotten.
    Note(NoteStep),
    /// A program of this machine is called. Nothing of it goes through the engine.
    Host {
        /// Which program, and what it is to do.
        call: Call,
        /// What for.
        kind: CallKind,
    },
}

/// How an image comes to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageStep {
    /// Pull an image.
    Pull {
        /// Its reference.
        image: ImageRef,
        /// `os/arch[/variant]`; the engine's own by default.
        platform: Option<String>,
    },
    /// Build an image and tag it.
    Build {
        /// For whom, for messages.
        service: ServiceName,
        /// How. Contexts of other services are images by now.
        build: Box<Build>,
        /// What its secrets hold, by the ids that its Dockerfile knows.
        secrets: BTreeMap<String, Content>,
        /// The tag of the result.
        tag: ImageRef,
        /// The digest of the inputs, for the image's label.
        digest: String,
    },
}

/// What is done to a network.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkStep {
    /// Create a network.
    Create {
        /// The key in the spec.
        key: NetworkKey,
        /// Its name.
        name: NetworkName,
        /// What it is.
        definition: NetworkDefinition,
        /// Everything that goes on it: the user's labels, ours, Compose's.
        labels: BTreeMap<String, String>,
    },
    /// Remove a network.
    Remove {
        /// The network.
        network: NetworkRef,
    },
}

/// What is done to a volume.
#[derive(Debug, Clone, PartialEq)]
pub enum VolumeStep {
    /// Create a volume. For a name that exists the engine answers with the first one.
    Create {
        /// Its name.
        name: VolumeName,
        /// What it is.
        definition: VolumeDefinition,
        /// Everything that goes on it.
        labels: BTreeMap<String, String>,
    },
    /// Remove a volume.
    Remove {
        /// Its name.
        name: VolumeName,
    },
}

/// What is done to a container.
#[derive(Debug, Clone, PartialEq)]
pub enum ContainerStep {
    /// Create a container, complete, not started.
    Create(Box<NewContainer>),
    /// Start a container.
    Start {
        /// The container.
        container: ContainerRef,
    },
    /// Stop a container with its own signal and grace period.
    Stop {
        /// The container.
        container: ContainerRef,
        /// Seconds until the kill; the container's own by default.
        grace: Option<i64>,
    },
    /// Freeze's opposite.
    Unpause {
        /// The container.
        container: ContainerRef,
    },
    /// Remove a container that is not running. Never its volumes.
    Remove {
        /// The container.
        container: ContainerRef,
    },
    /// Give a container another name.
    Rename {
        /// The container.
        container: ContainerRef,
        /// The new name.
        to: ContainerName,
    },
    /// Change limits and restart policy in place, then look whether it holds.
    Update {
        /// The container.
        container: ContainerRef,
        /// All of them as they should be.
        tunable: Tunable,
    },
    /// Attach a container to a network.
    Connect {
        /// The container.
        container: ContainerRef,
        /// To what.
        network: NetworkRef,
        /// How.
        attachment: Attachment,
    },
    /// Detach a container from a network.
    Disconnect {
        /// The container.
        container: ContainerRef,
        /// From what.
        network: NetworkRef,
    },
    /// Run a command in a running container; an exit code other than 0 fails.
    Hook {
        /// The container.
        container: ContainerRef,
        /// The command.
        hook: Hook,
    },
    /// Read the last lines of a container's log, for the message about its failure.
    CollectLogs {
        /// The container.
        container: ContainerRef,
        /// How many lines.
        lines: usize,
    },
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitStep {
    /// Wait until a container has reached something. Fails if it cannot any more, or after the limit.
    Until {
        /// The container.
        container: ContainerRef,
        /// What it must reach.
        until: Until,
        /// The longest wait.
        limit: Duration,
    },
    /// Let time pass: a drain, or the pause between two batches.
    Pause {
        /// How long.
        duration: Duration,
    },
}

/// What is done to files of a container.
#[derive(Debug, Clone, PartialEq)]
pub enum FilesStep {
    /// Copy files into a container, running or not. They belong to the container's own user.
    CopyIn {
        /// The container.
        container: ContainerRef,
        /// What, each folder before what is in it. What is there of another kind is replaced.
        files: Vec<CopiedFile>,
    },
    /// Delete files and folders in a container, running or not, whatever its image holds. What is not there is
    /// deleted already.
    Delete {
        /// The container.
        container: ContainerRef,
        /// Absolute paths, none of them below another.
        paths: Vec<String>,
    },
}

/// What becomes of something of dsenv's own.
#[derive(Debug, Clone, PartialEq)]
pub enum NoteStep {
    /// Keep a note. Where one of that name is kept already it stays what it is, but files are written again.
    Keep(Note),
    /// Forget a note.
    Forget {
        /// Its name.
        name: NoteName,
    },
}

macro_rules! steps {
    ($($kind:ident($inner:ident);)*) => {$(
        impl From<$inner> for Step {
            fn from(step: $inner) -> Self {
                Self::$kind(step)
            }
        }
    )*};
}

steps! {
    Image(ImageStep);
    Network(NetworkStep);
    Volume(VolumeStep);
    Container(ContainerStep);
    Wait(WaitStep);
    Files(FilesStep);
    Note(NoteStep);
}

/// What a program is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallKind {
    /// A service that it runs. It answers with messages, a line of JSON each, and may ask for the service's definition.
    Service {
        /// Which.
        service: ServiceName,
        /// What becomes of it.
        action: ProviderAction,
        /// What the program is told when it asks, one line.
        definition: String,
    },
    /// A language model comes to its runner. What the program prints is for people.
    PullModel,
    /// A language model is run with other settings from now on.
    ConfigureModel,
}

/// What becomes of a service that a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderAction {
    /// It is brought up, and what it gives is told. That it is up already is no error.
    Up,
    /// It is paused and keeps what it holds.
    Stop,
    /// It is released, with what it holds.
    Down,
}

/// Variables that a new container is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Injected {
    /// These.
    Known(Variables),
    /// What this step brings; none if it is let go that it failed.
    Made(NodeId),
}

/// A file of a [`FilesStep::CopyIn`].
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedFile {
    /// In the container, absolute.
    pub path: String,
    /// What it is.
    pub kind: CopiedKind,
    /// Permission bits.
    pub mode: u32,
}

/// What a copied file is.
#[derive(Debug, Clone, PartialEq)]
pub enum CopiedKind {
    /// A folder.
    Folder,
    /// A file with this content.
    File(Content),
    /// A regular file of this machine, with what it holds when it is copied.
    Source(Utf8PathBuf),
    /// A symbolic link to this path.
    Link(String),
}

/// What a container must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// With a health check: healthy. Without one: it has lived this long, or ended with 0 where its restart policy is
    /// `no` or `on-failure`.
    Ready {
        /// How long.
        settle: Duration,
    },
    /// Its health check passes; one without a health check fails at once.
    Healthy,
    /// It ended with 0.
    Completed,
}

/// A container to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewContainer {
    /// Its name when it is created; a replacement has a temporary one.
    pub name: ContainerName,
    /// Of which service.
    pub service: ServiceName,
    /// Which of its replicas, from 1.
    pub replica: u32,
    /// What it is.
    pub fixed: Fixed,
    /// Its limits.
    pub tunable: Tunable,
    /// Its networks, the primary one first. Empty unless the network mode is `Networks`.
    pub networks: Vec<(NetworkRef, Attachment)>,
    /// Everything that goes on it: the user's labels, ours with the record, Compose's.
    pub labels: BTreeMap<String, String>,
    /// Labels for each anonymous volume that is made with it.
    pub volume_labels: BTreeMap<String, String>,
    /// Anonymous volumes of the one it replaces, by target.
    pub carried: BTreeMap<String, VolumeName>,
    /// The note with the contents of configs and secrets; its files are named `0`, `1`, … in the order of
    /// [`Fixed::files`].
    pub files: Option<NoteName>,
    /// Containers whose namespaces or mounts it borrows, by service.
    pub borrowed: BTreeMap<ServiceName, ContainerRef>,
    /// Variables that others than the file give it. The executor puts them among [`Fixed::environment`] before the step
    /// is performed, and their names on a label.
    pub injected: BTreeMap<EnvironmentSource, Injected>,
}

impl NewContainer {
    /// Puts what others than the file give among its variables, and their names on a label.
    pub fn settle(&mut self, made: impl Fn(NodeId) -> Option<Variables>) {
        let known = |(source, injected)| match injected {
            Injected::Known(variables) => Some((source, variables)),
            Injected::Made(node) => Some((source, made(node)?)),
        };
        let injected = std::mem::take(&mut self.injected).into_iter();
        let injected: BTreeMap<EnvironmentSource, Variables> = injected.filter_map(known).collect();
        if injected.is_empty() {
            return;
        }
        let variables = injected.values().flatten().map(|(name, value)| (name.clone(), Some(value.clone())));
        self.fixed.environment.extend(variables);
        self.labels.insert(label::GIVEN.to_owned(), record::encode_given(&injected));
    }
}

/// What a step refers to and an earlier step of the same plan may make.
#[derive(Debug, Default)]
pub struct References<'s> {
    /// Containers.
    pub containers: Vec<&'s mut ContainerRef>,
    /// Networks.
    pub networks: Vec<&'s mut NetworkRef>,
    /// Variables.
    pub injected: Vec<&'s mut Injected>,
}

impl Step {
    /// What it refers to.
    pub fn references(&mut self) -> References<'_> {
        let on = |container| References { containers: vec![container], ..References::default() };
        match self {
            Self::Image(_) | Self::Volume(_) | Self::Note(_) | Self::Host { call: _, kind: _ } => References::default(),
            Self::Network(NetworkStep::Create { key: _, name: _, definition: _, labels: _ }) => References::default(),
            Self::Network(NetworkStep::Remove { network }) => {
                References { networks: vec![network], ..References::default() }
            }
            Self::Container(ContainerStep::Create(new)) => {
                let NewContainer { networks, borrowed, injected, .. } = &mut **new;
                References {
                    containers: borrowed.values_mut().collect(),
                    networks: networks.iter_mut().map(|(network, _)| network).collect(),
                    injected: injected.values_mut().collect(),
                }
            }
            Self::Container(
                ContainerStep::Connect { container, network, attachment: _ }
                | ContainerStep::Disconnect { container, network },
            ) => References { networks: vec![network], ..on(container) },
            Self::Container(
                ContainerStep::Start { container }
                | ContainerStep::Stop { container, grace: _ }
                | ContainerStep::Unpause { container }
                | ContainerStep::Remove { container }
                | ContainerStep::Rename { container, to: _ }
                | ContainerStep::Update { container, tunable: _ }
                | ContainerStep::Hook { container, hook: _ }
                | ContainerStep::CollectLogs { container, lines: _ },
            )
            | Self::Wait(WaitStep::Until { container, until: _, limit: _ })
            | Self::Files(FilesStep::CopyIn { container, files: _ } | FilesStep::Delete { container, paths: _ }) => {
                on(container)
            }
            Self::Wait(WaitStep::Pause { duration: _ }) => References::default(),
        }
    }
}
