//! The labels that dsenv writes and every engine reads back. They cannot be changed on a living object, so the set
//! is part of the contract: an old label is never given another meaning.

use std::collections::BTreeMap;

use crate::model::{ProjectName, VolumeName};

/// The project.
pub const ENV: &str = "dev.dsenv.env";
/// One of the `KIND_` values.
pub const KIND: &str = "dev.dsenv.kind";
/// The service, or the key of a network or volume.
pub const NAME: &str = "dev.dsenv.name";
/// The number of a container among its service's, from 1.
pub const REPLICA: &str = "dev.dsenv.replica";
/// The shape of [`APPLIED`].
pub const SCHEMA: &str = "dev.dsenv.schema";
/// The canonical definition at birth, as JSON; see [`super::record`].
pub const APPLIED: &str = "dev.dsenv.applied";
/// The variables that others than the file gave to a container: their names by giver, as JSON.
pub const GIVEN: &str = "dev.dsenv.given";
/// On an image: the digest of the inputs that it was built from.
pub const BUILD: &str = "dev.dsenv.build";
/// On the key volume: the project's key for digests. On a lock: who holds it.
pub const VALUE: &str = "dev.dsenv.value";

/// A service's container.
pub const KIND_CONTAINER: &str = "container";
/// A network of the spec.
pub const KIND_NETWORK: &str = "network";
/// A volume of the spec: the user's data.
pub const KIND_VOLUME: &str = "volume";
/// A volume without a name, made with a container: the user's data.
pub const KIND_ANONYMOUS: &str = "anonymous";
/// Contents of configs and secrets: dsenv's own.
pub const KIND_FILES: &str = "files";
/// The helper that carries contents into a volume and is never started: dsenv's own.
pub const KIND_CARRIER: &str = "carrier";
/// A container that runs a `pre_start` hook to its end: dsenv's own.
pub const KIND_HOOK: &str = "hook";
/// The lock: dsenv's own.
pub const KIND_LOCK: &str = "lock";
/// The record of an apply: dsenv's own.
pub const KIND_RECORD: &str = "record";
/// The key for digests: dsenv's own.
pub const KIND_KEY: &str = "key";

/// Compose's project label.
pub const COMPOSE_PROJECT: &str = "com.docker.compose.project";
/// Compose's service label.
pub const COMPOSE_SERVICE: &str = "com.docker.compose.service";
/// Compose's number of a container.
pub const COMPOSE_NUMBER: &str = "com.docker.compose.container-number";
/// Compose's mark of a one-off (`True`, `False`).
pub const COMPOSE_ONEOFF: &str = "com.docker.compose.oneoff";
/// Compose's digest of a service's definition. Compose sees no container without it.
pub const COMPOSE_CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// Compose's note of `depends_on`.
pub const COMPOSE_DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// The id of the image that a container was made from.
pub const COMPOSE_IMAGE: &str = "com.docker.compose.image";
/// The spec's files, with commas between.
pub const COMPOSE_CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// The project's folder.
pub const COMPOSE_WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// The version of Compose whose labels these are.
pub const COMPOSE_VERSION: &str = "com.docker.compose.version";
/// The one that dsenv's labels are held against.
pub const COMPOSE_VERSION_VALUE: &str = "2.40.3";
/// Compose's network key.
pub const COMPOSE_NETWORK: &str = "com.docker.compose.network";
/// Compose's volume key.
pub const COMPOSE_VOLUME: &str = "com.docker.compose.volume";
/// The engine's mark on a volume without a name; from Engine 23.
pub const ENGINE_ANONYMOUS: &str = "com.docker.volume.anonymous";

/// Labels of an engine's object.
pub type Labels = BTreeMap<String, String>;

/// Notes for Compose which image a container is made from: that is known when it is made. Without Compose's other
/// labels there is nobody to read it.
pub fn note_image(labels: &mut Labels, image: &str) {
    if labels.contains_key(COMPOSE_CONFIG_HASH) {
        labels.insert(COMPOSE_IMAGE.to_owned(), image.to_owned());
    }
}

/// Whether the object belongs to the project, by dsenv's label or else by Compose's.
pub fn belongs(labels: &Labels, project: &ProjectName) -> bool {
    labels.get(ENV).or_else(|| labels.get(COMPOSE_PROJECT)).is_some_and(|name| name == project.as_str())
}

/// The labels that a user gave: all but dsenv's, Compose's and the engine's.
pub fn users(labels: &Labels) -> Labels {
    const OTHERS: [&str; 3] = ["dev.dsenv.", "com.docker.compose.", "com.docker.volume."];
    labels
        .iter()
        .filter(|(key, _)| !OTHERS.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Whether a volume was made with a container and has no name of the user's: by label, or by the name that the
/// engine gives such volumes, 64 hexadecimal digits.
pub fn is_anonymous(labels: &Labels, name: &VolumeName) -> bool {
    labels.get(KIND).is_some_and(|kind| kind == KIND_ANONYMOUS)
        || labels.contains_key(ENGINE_ANONYMOUS)
        || (name.as_str().len() == 64 && name.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What a container says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The service.
    pub service: String,
    /// From 1.
    pub replica: u32,
    /// Whether it is a one-off.
    pub oneoff: bool,
}

/// Reads a service container's labels, dsenv's or else Compose's. `None` for helpers and strangers.
pub fn identity(labels: &Labels) -> Option<Identity> {
    if labels.get(KIND).is_some_and(|kind| kind != KIND_CONTAINER) {
        return None;
    }
    let text = |ours: &str, compose: &str| labels.get(ours).or_else(|| labels.get(compose));
    Some(Identity {
        service: text(NAME, COMPOSE_SERVICE)?.clone(),
        replica: text(REPLICA, COMPOSE_NUMBER).and_then(|number| number.parse().ok()).unwrap_or(1),
        oneoff: labels.get(COMPOSE_ONEOFF).is_some_and(|value| value.eq_ignore_ascii_case("true")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_container_of_compose_is_known_by_its_labels() {
        let labels = labels(&[(COMPOSE_PROJECT, "lab"), (COMPOSE_SERVICE, "web"), (COMPOSE_NUMBER, "2")]);
        assert!(belongs(&labels, &"lab".into()));
        assert_eq!(identity(&labels), Some(Identity { service: "web".into(), replica: 2, oneoff: false }));
    }

    #[test]
    fn a_helper_is_no_service() {
        assert_eq!(identity(&labels(&[(KIND, KIND_CARRIER), (NAME, "web")])), None);
    }
}
