//! The live world as one look saw it. Plain data, made by an engine, read by the planner.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AppliedProject, ModelRunner, Platform, Program, Record};
use crate::model::{
    Address, Attachment, Call, ContainerName, ImageRef, Key, NetworkDefinition, NetworkKey, NetworkName, NoteName,
    ProjectName, ServiceName, Tunable, Variables, VolumeDefinition, VolumeKey, VolumeName,
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The whole id.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first twelve digits, as people know them.
            pub fn short(&self) -> &str {
                let digits = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
                digits.get(..12).unwrap_or(digits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.short())
            }
        }
    )*};
}

ids! {
    /// A container on the engine.
    ContainerId;
    /// A network on the engine. Networks are addressed by id, since Engine 20.10 allows two of one name.
    NetworkId;
    /// An image: the digest of its configuration (`sha256:…`).
    ImageId;
}

/// What a look should cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Everything with the label of this project, dsenv's own or Compose's.
    pub project: ProjectName,
    /// Images, whether they are there or not.
    pub images: BTreeSet<ImageRef>,
    /// Networks of these names, whoever made them: external ones, and names we are about to take.
    pub networks: BTreeSet<NetworkName>,
    /// Volumes of these names, whoever made them.
    pub volumes: BTreeSet<VolumeName>,
    /// Programs of this machine that services are to be run by; those that the last record names are looked at with
    /// them. `None`: nobody asks.
    pub programs: Option<BTreeSet<String>>,
    /// Whether the runner of language models is looked at.
    pub models: bool,
    /// Whether it matters what the engine's host has and how the engine keeps images: one request more.
    pub host: bool,
    /// Whether what the engine does not answer within seconds is left out, containers excepted.
    pub lenient: bool,
    /// Whether it matters who else is on the project's networks and mounts its volumes.
    pub guests: bool,
}

impl Scope {
    /// A project of which nothing more is known.
    pub fn of(project: ProjectName) -> Self {
        Self {
            project,
            images: BTreeSet::new(),
            networks: BTreeSet::new(),
            volumes: BTreeSet::new(),
            programs: None,
            models: false,
            host: false,
            lenient: false,
            guests: false,
        }
    }
}

/// One look at the engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// Containers of the project in any state, by name.
    pub containers: Vec<Container>,
    /// Networks of the project and those asked for, by name, then id.
    pub networks: Vec<Network>,
    /// Volumes of the project (dsenv's own apart, see the other fields) and those asked for, by name.
    pub volumes: Vec<Volume>,
    /// Those of the images asked for that are there.
    pub images: BTreeMap<ImageRef, Image>,
    /// What is in an image: a digest of its files and its configuration, dsenv's own labels left out. Of the images
    /// asked for, and of those that containers of the project run on, as far as the engine tells.
    pub image_contents: BTreeMap<ImageId, String>,
    /// The project's key for digests, if there is one yet.
    pub key: Option<Key>,
    /// Notes with contents of configs and secrets: names only.
    pub files: BTreeSet<NoteName>,
    /// Records of applied states, oldest first.
    pub records: Vec<AppliedRecord>,
    /// The notes with the key: one, and more only after its name was somebody else's for a time.
    pub keys: BTreeSet<NoteName>,
    /// Who holds the project's lock, if anybody: one, and more only after its name was somebody else's for a time.
    pub locks: BTreeMap<NoteName, LockHolder>,
    /// Signs of life of a lock, and rights to break one, won and not given back: somebody is at it, or died at it.
    pub around_locks: BTreeSet<NoteName>,
    /// Names of dsenv's own that something without its label has, whoever made it: never touched.
    pub taken: BTreeSet<NoteName>,
    /// Calls that the engine did not answer in time, of a lenient look: what they would have told is missing.
    pub unanswered: BTreeSet<&'static str>,
    /// Those of the programs asked for that are there, and those that the last record names.
    pub programs: BTreeMap<String, Program>,
    /// What the engine's host has; `None` where nobody asked.
    pub host: Option<Host>,
    /// The runner of language models; `None` where nobody asked, or where its plug-in is missing.
    pub models: Option<ModelRunner>,
    /// What this process has called already, and the variables that it gave. It can be seen in no other way.
    pub called: BTreeMap<Call, Variables>,
    /// Containers of dsenv's own that an interrupted apply left, by name. They are in no other list.
    pub helpers: Vec<Helper>,
    /// Containers that are not the project's and in whose namespaces containers of it live.
    pub lenders: BTreeMap<ContainerId, Lender>,
    /// Containers that are not the project's, by name; empty where nobody asked.
    pub guests: Vec<Guest>,
}

impl Observed {
    /// Who of others than the project is on a network, so that the engine does not remove it.
    pub fn guests_on(&self, network: &NetworkId) -> impl Iterator<Item = &Guest> {
        self.guests.iter().filter(move |guest| guest.networks.contains(network))
    }
}

/// A container of somebody else, in whose namespaces one of the project lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lender {
    /// Its name.
    pub name: ContainerName,
    /// When it started, if it is up.
    pub started_at: Option<Timestamp>,
}

/// A container of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Its name.
    pub name: ContainerName,
    /// The networks that it is on; one that is not up is on none.
    pub networks: BTreeSet<NetworkId>,
    /// The volumes that it mounts, whether it is up or not.
    pub volumes: BTreeSet<VolumeName>,
}

/// What an engine's host has. A list that is empty is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Whether images are kept in containerd's store.
    pub containerd_store: bool,
    /// Processors; 0 is not known.
    pub cpus: i64,
    /// Runtimes by name.
    pub runtimes: BTreeSet<String>,
    /// Drivers of logs; `none` is not among them.
    pub log_drivers: BTreeSet<String>,
    /// Whether the engine looks for devices of the CDI.
    pub cdi: bool,
}

/// A container of dsenv's own: it lives for the time of a step, and one that is seen was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// Whether its processes exist.
    pub up: bool,
    /// The note that it was to fill, if it is a carrier: what that note holds may be incomplete.
    pub note: Option<NoteName>,
}

/// A container.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its name now.
    pub name: ContainerName,
    /// From the label.
    pub service: ServiceName,
    /// From the label; counts from 1.
    pub replica: u32,
    /// Whether it is a one-off (`run`): no replica of its service, and left alone while it is up.
    pub oneoff: bool,
    /// What it was born as. `None`: dsenv did not make it.
    pub record: Option<Record>,
    /// The image that it runs on.
    pub image: ImageId,
    /// Compose's digest of the definition that it was made from, if there is one.
    pub config_hash: Option<String>,
    /// The reference that it was made with.
    pub image_reference: ImageRef,
    /// All its variables, the image's included.
    pub environment: BTreeMap<String, Option<String>>,
    /// The limits it has now.
    pub tunable: Tunable,
    /// Its endpoints now.
    pub endpoints: BTreeMap<NetworkId, Endpoint>,
    /// The containers whose network, IPC or PID namespace it was made to live in, whether they are there or not.
    pub lives_in: BTreeSet<ContainerId>,
    /// What is mounted now.
    pub mounts: Vec<LiveMount>,
    /// Ports on the host now, for URLs.
    pub ports: Vec<LivePort>,
    /// What it is doing.
    pub state: RunState,
    /// What its health check says; `None` without one.
    pub health: Option<Health>,
    /// When it started last.
    pub started_at: Option<Timestamp>,
    /// How its last run went; `None` while it runs, before the first, and where the engine does not tell.
    pub ended: Option<Ended>,
    /// How often the engine started it again by itself.
    pub restart_count: i64,
}

impl Container {
    /// What plans and reports call it. A one-off is no replica, whatever number it carries.
    pub fn address(&self) -> Address {
        match self.oneoff {
            true => Address::Stray(self.name.to_string()),
            false => Address::Replica(self.service.clone(), self.replica),
        }
    }
}

/// A run of a container that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How long it ran.
    pub after: Duration,
    /// Whether its health check passed meanwhile.
    pub healthy: bool,
}

/// One endpoint of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The network's name.
    pub network: NetworkName,
    /// How it is attached. The aliases that the engine adds by itself (short id, container name) are left out.
    pub attachment: Attachment,
    /// The addresses it got.
    pub addresses: Vec<String>,
}

/// One mount of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveMount {
    /// In the container.
    pub target: String,
    /// The volume, if it is one.
    pub volume: Option<VolumeName>,
    /// Whether that volume was made with a container and has no name of the user's.
    pub anonymous: bool,
}

/// A port of a container on the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LivePort {
    /// In the container.
    pub target: u16,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
    /// The host's address.
    pub host_ip: String,
    /// On the host.
    pub published: u16,
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Made, never started.
    Created,
    /// Running.
    Running,
    /// Frozen.
    Paused,
    /// Between two tries of its restart policy.
    Restarting,
    /// Ended.
    Exited {
        /// The exit code.
        code: i64,
        /// Whether the kernel killed it for its memory.
        oom: bool,
    },
    /// On its way out.
    Removing,
    /// The engine could not remove it.
    Dead,
}

impl RunState {
    /// Whether its processes exist.
    pub fn is_up(&self) -> bool {
        match self {
            Self::Running | Self::Paused | Self::Restarting => true,
            Self::Created | Self::Exited { .. } | Self::Removing | Self::Dead => false,
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Running => f.write_str("running"),
            Self::Paused => f.write_str("paused"),
            Self::Restarting => f.write_str("restarting"),
            Self::Exited { code, oom: false } => write!(f, "exited ({code})"),
            Self::Exited { code, oom: true } => write!(f, "exited ({code}, out of memory)"),
            Self::Removing => f.write_str("removing"),
            Self::Dead => f.write_str("dead"),
        }
    }
}

/// What a health check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// No answer yet.
    Starting,
    /// The last probe passed.
    Healthy,
    /// Too many failed in a row.
    Unhealthy {
        /// What the last probe printed.
        output: String,
    },
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy { .. } => "unhealthy",
        })
    }
}

/// A network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: NetworkName,
    /// The key in the spec, from a label of the project; `None` for one that is not the project's.
    pub key: Option<NetworkKey>,
    /// What it was born as. `None`: dsenv did not make it.
    pub record: Option<NetworkDefinition>,
    /// What it is now, as far as the engine shows; compared where there is no record.
    pub live: NetworkDefinition,
}

/// A volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Its name.
    pub name: VolumeName,
    /// The key in the spec, from a label of the project; `None` for one that is not the project's, and for an
    /// anonymous one.
    pub key: Option<VolumeKey>,
    /// Whether it carries the project's label, dsenv's or Compose's.
    pub ours: bool,
    /// Whether it was made with a container and has no name of the user's.
    pub anonymous: bool,
    /// What it was born as. `None`: dsenv did not make it.
    pub record: Option<VolumeDefinition>,
    /// What it is now.
    pub live: VolumeDefinition,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// The digest of the inputs it was built from, from our label.
    pub build_digest: Option<String>,
    /// When the engine got it, where the engine tells.
    pub pulled_at: Option<Timestamp>,
    /// What it is made for, where the engine tells.
    pub platform: Option<Platform>,
}

impl Observed {
    /// Whether two images are the same: one id, or the same files and the same configuration under two.
    pub fn is_one_image(&self, one: &ImageId, other: &ImageId) -> bool {
        let contents = |id| self.image_contents.get(id);
        one == other || (contents(one).is_some() && contents(one) == contents(other))
    }
}

/// A record of one apply. Evidence, never truth.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedRecord {
    /// Counts from 1.
    pub sequence: u64,
    /// The note that it is.
    pub note: NoteName,
    /// When.
    pub at: Timestamp,
    /// `user@host`.
    pub by: String,
    /// Whether it is of an apply that did not end well: what that apply was not done with stands in it as before.
    pub partial: bool,
    /// The images that its references meant then; empty in a record that does not say.
    pub images: BTreeMap<ImageRef, ImageId>,
    /// The applied project; compressed in the label, plain here.
    pub project: AppliedProject,
}

/// Who holds the lock of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Random; tells one hold from the next.
    pub token: String,
    /// The host's name, and which numbering of processes on it `pid` is of.
    pub host: String,
    /// Differs after each boot of a host; empty where that has no name.
    pub boot_id: String,
    /// The process.
    pub pid: u32,
    /// Start time of the process, in clock ticks since boot: a pid is used again, this pair is not.
    pub started: u64,
    /// `user@host`, for the message.
    pub by: String,
    /// When it was taken.
    pub since: String,
    /// Whether it gives signs of life while it works: then a long silence means that it is dead.
    #[serde(default)]
    pub beats: bool,
}

impl LockHolder {
    /// Reads what a lock says of its holder. What makes no sense is a holder of whom nothing is known but that it is
    /// silent.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            token: blake3::hash(text.as_bytes()).to_hex()[..16].to_owned(),
            host: String::new(),
            boot_id: String::new(),
            pid: 0,
            started: 0,
            by: "somebody".to_owned(),
            since: String::new(),
            beats: true,
        })
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, pid, since, token: _, host: _, boot_id: _, started: _, beats: _ } = self;
        match since.as_str() {
            "" => write!(f, "{by}"),
            since => write!(f, "{by} (process {pid}, since {since})"),
        }
    }
}
