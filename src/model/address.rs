//! How plans, messages and origins name a thing: `service.web`, `service.web[2]`, `network.default`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{ImageRef, ModelKey, NetworkKey, ServiceName, VolumeKey};

/// A thing that a plan speaks of. The order is the order of a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// The project as a whole.
    Project,
    /// `image.REFERENCE`
    Image(ImageRef),
    /// `network.KEY`
    Network(NetworkKey),
    /// `model.KEY`
    Model(ModelKey),
    /// `volume.KEY`
    Volume(VolumeKey),
    /// `service.NAME`, all its replicas.
    Service(ServiceName),
    /// `service.NAME[NUMBER]`, one container; numbers start at 1.
    Replica(ServiceName, u32),
    /// `stray.NAME`: carries our labels and is in no spec.
    Stray(String),
}

impl Address {
    /// The service that this is about, if it is about one.
    pub fn service(&self) -> Option<&ServiceName> {
        match self {
            Self::Service(name) | Self::Replica(name, _) => Some(name),
            Self::Project | Self::Image(_) | Self::Network(_) | Self::Model(_) | Self::Volume(_) | Self::Stray(_) => {
                None
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("project"),
            Self::Image(name) => write!(f, "image.{name}"),
            Self::Network(key) => write!(f, "network.{key}"),
            Self::Model(key) => write!(f, "model.{key}"),
            Self::Volume(key) => write!(f, "volume.{key}"),
            Self::Service(name) => write!(f, "service.{name}"),
            Self::Replica(name, number) => write!(f, "service.{name}[{number}]"),
            Self::Stray(name) => write!(f, "stray.{name}"),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
