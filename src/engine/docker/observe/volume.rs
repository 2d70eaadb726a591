//! Reading a volume.

use bollard::models::{Volume, VolumeCreateRequest};

use super::super::codec;
use super::super::wire::Around;
use super::Docker;
use crate::model::{VolumeDefinition, VolumeName};
use crate::rules::ApiVersion;
use crate::state::label::Labels;
use crate::state::own::{self, Own};
use crate::state::{Observed, Scope};

/// Adds a volume, if the scope covers it.
pub(super) fn add(observed: &mut Observed, scope: &Scope, volume: Volume, docker: &Docker) {
    let name = VolumeName::new(volume.name.as_str());
    let labels: Labels = volume.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    if own::own(&scope.project, &name, &labels) == Some(Own::Files) {
        docker.known.learn_mountpoint(&name, volume.mountpoint.clone());
    }
    observed.add_volume(scope, name, &labels, || live(volume, docker.rules.api));
}

fn live(volume: Volume, api: ApiVersion) -> VolumeDefinition {
    let wire = VolumeCreateRequest {
        name: Some(volume.name),
        driver: Some(volume.driver),
        driver_opts: Some(volume.options),
        ..Default::default()
    };
    codec::read_volume(&wire, &Around::nothing(api))
}
