//! What a plan is made of: one engine operation each, with its payload.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::node::NodeId;
use crate::model::{
    Attachment, Build, Call, ContainerName, Content, EnvironmentSource, Fixed, Hook, ImageRef, NetworkDefinition,
    NetworkKey, NetworkName, ServiceName, Tunable, Variables, VolumeDefinition, VolumeName,
};
use crate::state::{ContainerId, NetworkId, label, record};

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
    /// Which one.
    pub handle: Handle<ContainerId>,
}

/// A network of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkRef {
    /// Its name.
    pub name: NetworkName,
    /// Which one.
    pub handle: Handle<NetworkId>,
}

/// One engine operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Pull an image.
    Pull {
        /// Which.
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
    /// Create a network.
    CreateNetwork {
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
    RemoveNetwork {
        /// Which.
        network: NetworkRef,
    },
    /// Create a volume. For a name that exists the engine answers with the first one.
    CreateVolume {
        /// Its name.
        name: VolumeName,
        /// What it is.
        definition: VolumeDefinition,
        /// Everything that goes on it.
        labels: BTreeMap<String, String>,
    },
    /// Remove a volume.
    RemoveVolume {
        /// Which.
        name: VolumeName,
    },
    /// Put contents into a volume of dsenv's own, through a container that mounts it and is never started.
    WriteFiles {
        /// The volume; made if it is not there.
        volume: VolumeName,
        /// Its labels.
        labels: BTreeMap<String, String>,
        /// Any image that is there by then.
        image: ImageRef,
        /// Files at the volume's root.
        files: Vec<VolumeFile>,
    },
    /// Create a container, complete, not started.
    CreateContainer(Box<NewContainer>),
    /// Start a container.
    Start {
        /// Which.
        container: ContainerRef,
    },
    /// Stop a container with its own signal and grace period.
    Stop {
        /// Which.
        container: ContainerRef,
        /// Seconds until the kill; the container's own by default.
        grace: Option<i64>,
    },
    /// Freeze's opposite.
    Unpause {
        /// Which.
        container: ContainerRef,
    },
    /// Remove a container that is not running. Never its volumes.
    Remove {
        /// Which.
        container: ContainerRef,
    },
    /// Give a container another name.
    Rename {
        /// Which.
        container: ContainerRef,
        /// The new name.
        to: ContainerName,
    },
    /// Change limits and restart policy in place, then look whether it holds.
    Update {
        /// Which.
        container: ContainerRef,
        /// All of them as they should be.
        tunable: Tunable,
    },
    /// Attach a container to a network.
    Connect {
        /// Which.
        container: ContainerRef,
        /// To what.
        network: NetworkRef,
        /// How.
        attachment: Attachment,
    },
    /// Detach a container from a network.
    Disconnect {
        /// Which.
        container: ContainerRef,
        /// From what.
        network: NetworkRef,
    },
    /// Wait until a container has reached something. Fails if it cannot any more, or after the limit.
    Wait {
        /// Which.
        container: ContainerRef,
        /// What.
        until: Until,
        /// The longest wait.
        limit: Duration,
    },
    /// Let time pass: a drain, or the pause between two batches.
    Pause {
        /// How long.
        duration: Duration,
    },
    /// Run a command in a running container; an exit code other than 0 fails.
    Hook {
        /// Which.
        container: ContainerRef,
        /// What.
        hook: Hook,
    },
    /// Copy files into a container, running or not. They belong to the container's own user.
    CopyIn {
        /// Which.
        container: ContainerRef,
        /// What, each folder before what is in it. What is there of another kind is replaced.
        files: Vec<CopiedFile>,
    },
    /// Delete files and folders in a container, running or not, whatever its image holds. What is not there is
    /// deleted already.
    DeleteFiles {
        /// Which.
        container: ContainerRef,
        /// Absolute paths, none of them below another.
        paths: Vec<String>,
    },
    /// Call a program of this machine. Nothing of it goes through the engine.
    Call {
        /// Which, and what it is to do.
        call: Call,
        /// What for.
        kind: CallKind,
    },
    /// Read the last lines of a container's log, for the message about its failure.
    CollectLogs {
        /// Which.
        container: ContainerRef,
        /// How many lines.
        lines: usize,
    },
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

/// A file of a [`Step::CopyIn`].
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

/// One file of a [`Step::WriteFiles`].
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeFile {
    /// Without folders.
    pub name: String,
    /// What it holds.
    pub content: Content,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
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
    /// The volume with the contents of configs and secrets; its files are named `0`, `1`, … in the order of
    /// [`Fixed::files`].
    pub files: Option<VolumeName>,
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

impl Step {
    /// What the plan's text and events call it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Pull { .. } => "pull",
            Self::Build { .. } => "build",
            Self::CreateNetwork { .. } => "create network",
            Self::RemoveNetwork { .. } => "remove network",
            Self::CreateVolume { .. } => "create volume",
            Self::RemoveVolume { .. } => "remove volume",
            Self::WriteFiles { .. } => "write files",
            Self::CreateContainer(_) => "create",
            Self::Start { .. } => "start",
            Self::Stop { .. } => "stop",
            Self::Unpause { .. } => "unpause",
            Self::Remove { .. } => "remove",
            Self::Rename { .. } => "rename",
            Self::Update { .. } => "update",
            Self::Connect { .. } => "connect",
            Self::Disconnect { .. } => "disconnect",
            Self::Wait { .. } => "wait",
            Self::Pause { .. } => "pause",
            Self::Hook { .. } => "hook",
            Self::CopyIn { .. } => "copy in",
            Self::DeleteFiles { .. } => "erase",
            Self::Call { .. } => "call",
            Self::CollectLogs { .. } => "collect logs",
        }
    }

    /// What it acts on, by name.
    pub fn object(&self) -> String {
        match self {
            Self::Pull { image, .. } => image.to_string(),
            Self::Build { tag, .. } => tag.to_string(),
            Self::CreateNetwork { name, .. } => name.to_string(),
            Self::RemoveNetwork { network } => network.name.to_string(),
            Self::CreateVolume { name, .. } | Self::RemoveVolume { name } => name.to_string(),
            Self::WriteFiles { volume, .. } => volume.to_string(),
            Self::CreateContainer(new) => new.name.to_string(),
            Self::Start { container }
            | Self::Stop { container, .. }
            | Self::Unpause { container }
            | Self::Remove { container }
            | Self::Rename { container, .. }
            | Self::Update { container, .. }
            | Self::Connect { container, .. }
            | Self::Disconnect { container, .. }
            | Self::Wait { container, .. }
            | Self::Hook { container, .. }
            | Self::CopyIn { container, .. }
            | Self::DeleteFiles { container, .. }
            | Self::CollectLogs { container, .. } => container.name.to_string(),
            Self::Call { call, .. } => call.program.clone(),
            Self::Pause { duration } => format!("{duration:?}"),
        }
    }
}
