//! Reading volumes, and telling dsenv's own from the user's.

use bollard::models::VolumeCreateRequest;

use super::super::codec;
use super::super::via::is_anonymous;
use super::super::wire::Around;
use super::Docker;
use crate::model::{Key, VolumeKey, VolumeName};
use crate::state::own::{self, Own};
use crate::state::{Observed, Scope, Volume, applied, label};

/// Puts each volume where it belongs.
pub(super) fn sort(docker: &Docker, scope: &Scope, volumes: Vec<bollard::models::Volume>, observed: &mut Observed) {
    for volume in volumes {
        let name = VolumeName::new(volume.name.as_str());
        let labels: label::Labels = volume.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        match own::own(&scope.project, &name, &labels) {
            Some(Own::Files) => {
                docker.known.learn_mountpoint(&name, volume.mountpoint);
                observed.files.insert(name);
            }
            Some(Own::Key) => observed.key = labels.get(label::VALUE).and_then(|value| Key::parse(value)),
            Some(Own::Record) => observed.records.extend(applied::read(&scope.project, &name, &labels)),
            Some(Own::Lock) if name == own::lock(&scope.project) => {
                observed.lock = labels.get(label::VALUE).and_then(|value| serde_json::from_str(value).ok());
            }
            // The right to break a lock is nobody's business but the breaker's.
            Some(Own::Lock) => {}
            None => observed.volumes.extend(read(volume, name, labels, scope, docker)),
        }
    }
    observed.volumes.sort_by(|a, b| a.name.cmp(&b.name));
    observed.records.sort_by_key(|record| record.sequence);
}

/// `None` for one that is neither the project's nor asked for.
fn read(
    volume: bollard::models::Volume,
    name: VolumeName,
    labels: label::Labels,
    scope: &Scope,
    docker: &Docker,
) -> Option<Volume> {
    let ours = label::belongs(&labels, &scope.project);
    if !ours && !scope.volumes.contains(&name) {
        return None;
    }
    let wire = VolumeCreateRequest {
        name: Some(volume.name),
        driver: Some(volume.driver),
        driver_opts: Some(volume.options),
        labels: Some(volume.labels),
        cluster_volume_spec: None,
    };
    let anonymous =
        is_anonymous(name.as_str()) || labels.get(label::KIND).is_some_and(|kind| kind == label::KIND_ANONYMOUS);
    let key = labels.get(label::NAME).or_else(|| labels.get(label::COMPOSE_VOLUME)).filter(|_| ours && !anonymous);
    Some(Volume {
        key: key.map(|key| VolumeKey::new(key)),
        ours,
        anonymous,
        record: labels.get(label::APPLIED).filter(|_| ours).and_then(|text| serde_json::from_str(text).ok()),
        live: codec::read_volume(&wire, &Around::nothing(docker.rules.api)),
        name,
    })
}
