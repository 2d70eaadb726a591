//! How the engine calls what the spec names: Compose's names, so that both find each other's volumes and networks.

use crate::model::{ImageRef, NetworkName, VolumeName};
use crate::spec::Spec;

/// The image that a service builds when it names none: `<project>-<service>`.
pub(super) fn built_image(project: &str, service: &str) -> ImageRef {
    ImageRef::new(format!("{project}-{service}"))
}

/// A network: its own name, or `<project>_<key>`.
pub(super) fn network(spec: &Spec, key: &str) -> NetworkName {
    let own = spec.networks.get(key).and_then(|network| network.name.clone());
    NetworkName::new(own.unwrap_or_else(|| format!("{}_{key}", spec.name)))
}

/// A volume: its own name, or `<project>_<key>`.
pub(super) fn volume(spec: &Spec, key: &str) -> VolumeName {
    let own = spec.volumes.get(key).and_then(|volume| volume.name.clone());
    VolumeName::new(own.unwrap_or_else(|| format!("{}_{key}", spec.name)))
}
