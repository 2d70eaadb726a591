//! What a plan says of each resource: what happens, why, and what it may cost.

use serde::Serialize;

use crate::diff::FieldChange;
use crate::model::{Address, ServiceName, VolumeName};
use crate::place::Place;
use crate::state::{ImageId, RunState};

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which.
    pub address: Address,
    /// Its name on the engine.
    pub name: String,
    /// What happens.
    pub action: Action,
    /// Why, most important first. Empty only for [`Action::Keep`].
    pub reasons: Vec<Reason>,
    /// What it may cost.
    pub hazards: Vec<Hazard>,
    /// Facts worth a line, such as "stop-first: publishes host port 8080".
    pub notes: Vec<String>,
    /// The text that asks for the resource.
    pub place: Option<Place>,
}

impl Change {
    /// A change with nothing said about it yet.
    pub fn new(address: Address, name: impl ToString, action: Action) -> Self {
        Self {
            address,
            name: name.to_string(),
            action,
            reasons: Vec::new(),
            hazards: Vec::new(),
            notes: Vec::new(),
            place: None,
        }
    }
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// The old one goes when the new one has passed its gate.
    Replace,
    /// The same, if the image that is built first turns out to be another than that of the old one. What can happen at
    /// most is planned; what is left of it is planned anew when the image is there.
    PerhapsReplace,
    /// It is started, unpaused or restarted; nothing of its definition changes.
    Start,
    /// It is removed.
    Delete,
    /// It is left and no longer looked after.
    Forget,
    /// An image is pulled.
    Pull,
    /// An image is built.
    Build,
    /// A one-shot's command runs again.
    Run,
    /// It is put on record: no container changes by it.
    Record,
    /// Nothing.
    Keep,
}

impl Action {
    /// The mark before a line, so that colour never carries meaning alone.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "±",
            Self::PerhapsReplace => "?",
            Self::Start => "▸",
            Self::Delete => "-",
            Self::Forget => "!",
            Self::Pull => "↓",
            Self::Build => "*",
            Self::Run => "▸",
            Self::Record => "~",
            Self::Keep => " ",
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update in place",
            Self::Replace => "replace",
            Self::PerhapsReplace => "perhaps replace",
            Self::Start => "start",
            Self::Delete => "remove",
            Self::Forget => "leave",
            Self::Pull => "pull",
            Self::Build => "build",
            Self::Run => "run",
            Self::Record => "record",
            Self::Keep => "keep",
        }
    }
}

/// Why a resource changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// It is not there.
    Missing,
    /// Fields differ; each with the place that asks for it.
    Changed(Vec<PlacedChange>),
    /// The tag points at another image than the container runs on.
    ImageMoved {
        /// What it runs on.
        from: ImageId,
        /// What the tag points at; `None` before a pull or build of this very plan.
        to: Option<ImageId>,
    },
    /// The build's inputs differ from those of the image at hand.
    InputsChanged,
    /// It should run and does not.
    NotRunning(RunState),
    /// Its health check fails.
    Unhealthy,
    /// Something that it borrows from, or restarts with, is replaced.
    DependencyReplaced(ServiceName),
    /// It shares a namespace with this container, or one of this service, which was started after it and has a new one.
    LeftBehind(String),
    /// Another tool made it: it is replaced once, to carry a record.
    Adopted,
    /// It carries our labels and is in no spec.
    Stray,
    /// Fewer replicas are asked for.
    ScaledDown,
    /// The user asked for it (`--replace`, `destroy`, `pull_policy: always`).
    Asked,
    /// An interrupted apply left it.
    Repair,
    /// What a program of this machine runs cannot be looked at, so it is asked again; that it is up already is no error.
    Unseen,
}

/// A field change and the text that asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedChange {
    /// The field, old and new.
    pub change: FieldChange,
    /// The text; `None` for what only the engine side shows.
    pub place: Option<Place>,
    /// Whether the file asks for it, or an external actor changed the engine since the last apply.
    pub drift: bool,
    /// Whether it can be had by a replacement only.
    pub forces: bool,
}

/// What a change may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hazard {
    /// A volume's data is in danger.
    DataLoss {
        /// Which.
        volume: VolumeName,
    },
    /// A running service stops.
    Downtime {
        /// Which.
        service: ServiceName,
    },
    /// A host port is taken by a container of the project that stays.
    PortTaken {
        /// The port.
        port: u16,
        /// Who has it.
        by: String,
    },
    /// Something that is not ours uses it.
    ExternalInUse {
        /// Who.
        by: String,
    },
}
