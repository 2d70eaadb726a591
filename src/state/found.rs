//! Sorts what an engine lists into a look, by labels and names: the same for every engine.

use std::collections::BTreeSet;

use super::label::{self, Labels};
use super::own::{self, Own};
use super::{ContainerId, Helper, Network, NetworkId, Observed, Scope, Volume, applied, note};
use crate::model::{
    ContainerName, Key, NetworkDefinition, NetworkKey, NetworkName, NoteName, VolumeDefinition, VolumeKey, VolumeName,
};

impl Observed {
    /// Adds a volume, if the scope covers it; only then `live` is read. Its labels are put in here.
    pub fn add_volume(
        &mut self,
        scope: &Scope,
        name: VolumeName,
        labels: &Labels,
        live: impl FnOnce() -> VolumeDefinition,
    ) {
        let ours = label::belongs(labels, &scope.project);
        let own = own::own(&scope.project, &name, labels);
        if own.is_none() && own::reserved(&scope.project, &name).is_some() {
            self.taken.insert(note::name(&name));
        }
        match own {
            Some(Own::Files) => {
                self.files.insert(note::name(&name));
            }
            Some(Own::Record) => self.records.extend(applied::read(&scope.project, &name, labels)),
            Some(Own::Key) => {
                if let Some(key) = labels.get(label::VALUE).and_then(|value| Key::parse(value)) {
                    self.key = Some(key);
                    self.keys.insert(note::name(&name));
                } else {
                    self.taken.insert(note::name(&name));
                }
            }
            Some(Own::Lock) if own::is_lock(&scope.project, &name) => {
                self.locks
                    .extend(note::holder(&scope.project, &name, labels).map(|holder| (note::name(&name), holder)));
            }
            // Signs of life, and the right to break a lock, are nobody's business but who wants the lock.
            Some(Own::Lock) => {
                self.around_locks.insert(note::name(&name));
            }
            None if ours || scope.volumes.contains(&name) => {
                let anonymous = label::is_anonymous(labels, &name);
                let key = key(labels, ours && !anonymous, label::COMPOSE_VOLUME).map(VolumeKey::new);
                let live = VolumeDefinition { labels: label::users(labels), ..live() };
                self.volumes.push(Volume { name, key, ours, anonymous, record: record(labels, ours), live });
            }
            None => {}
        }
    }

    /// Adds a network, if the scope covers it; only then `live` is read. Its labels are put in here.
    pub fn add_network(
        &mut self,
        scope: &Scope,
        id: NetworkId,
        name: NetworkName,
        labels: &Labels,
        live: impl FnOnce() -> NetworkDefinition,
    ) {
        let ours = label::belongs(labels, &scope.project);
        if ours || scope.networks.contains(&name) {
            let key = key(labels, ours, label::COMPOSE_NETWORK).map(NetworkKey::new);
            let live = NetworkDefinition { labels: label::users(labels), ..live() };
            self.networks.push(Network { id, name, key, record: record(labels, ours), live });
        }
    }

    /// Adds a container of dsenv's own, if its labels say that it is one. Whether it was.
    pub fn add_helper(
        &mut self,
        scope: &Scope,
        id: ContainerId,
        name: &ContainerName,
        labels: &Labels,
        up: bool,
    ) -> bool {
        let kind = labels.get(label::KIND).map(String::as_str).filter(|_| label::belongs(labels, &scope.project));
        let note = match kind {
            Some(label::KIND_CARRIER) => name.as_str().strip_suffix(own::CARRIER).map(NoteName::new),
            Some(label::KIND_HOOK) => None,
            _ => return false,
        };
        self.helpers.push(Helper { id, name: name.clone(), up, note });
        true
    }

    /// Adds the volumes without a name that only the containers of the project know of, since another tool made them
    /// without a label.
    fn add_nameless(&mut self) {
        let known: BTreeSet<_> = self.volumes.iter().map(|volume| volume.name.clone()).collect();
        let mounts = self.containers.iter().flat_map(|container| &container.mounts).filter(|mount| mount.anonymous);
        let names: BTreeSet<_> = mounts.filter_map(|mount| mount.volume.clone()).collect();
        self.volumes.extend(names.difference(&known).map(|name| Volume {
            name: name.clone(),
            key: None,
            ours: true,
            anonymous: true,
            record: None,
            live: VolumeDefinition::default(),
        }));
    }

    /// Puts everything in the order that a look has.
    pub fn sort(&mut self) {
        self.add_nameless();
        self.helpers.sort_by(|one, other| one.name.cmp(&other.name));
        self.guests.sort_by(|one, other| one.name.cmp(&other.name));
        self.containers.sort_by(|one, other| one.name.cmp(&other.name));
        self.networks.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        self.volumes.sort_by(|one, other| one.name.cmp(&other.name));
        self.records.sort_by_key(|record| record.sequence);
    }
}

fn key(labels: &Labels, ours: bool, compose: &str) -> Option<String> {
    labels.get(label::NAME).or_else(|| labels.get(compose)).filter(|_| ours).cloned()
}

fn record<T: serde::de::DeserializeOwned>(labels: &Labels, ours: bool) -> Option<T> {
    labels.get(label::APPLIED).filter(|_| ours).and_then(|text| serde_json::from_str(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn look(volumes: &[(&str, &[(&str, &str)])]) -> Observed {
        let scope = Scope { volumes: ["mine".into()].into(), ..Scope::of("lab".into()) };
        let mut observed = Observed::default();
        for (name, pairs) in volumes {
            observed.add_volume(&scope, (*name).into(), &labels(pairs), VolumeDefinition::default);
        }
        observed.sort();
        observed
    }

    #[test]
    fn volumes_are_told_apart_by_label_and_name() {
        let ours = (label::ENV, "lab");
        let key = "ab".repeat(32);
        let observed = look(&[
            ("lab_data", &[ours, (label::KIND, label::KIND_VOLUME), (label::NAME, "data"), (label::APPLIED, "{}")]),
            ("lab_dsenv_key", &[ours, (label::KIND, label::KIND_KEY), (label::VALUE, &key)]),
            ("lab_dsenv_files_1", &[ours, (label::KIND, label::KIND_FILES)]),
            ("mine", &[("a", "b")]),
            ("other", &[]),
            ("0123", &[ours, (label::KIND, label::KIND_ANONYMOUS), (label::NAME, "web")]),
            ("old", &[(label::COMPOSE_PROJECT, "lab"), (label::COMPOSE_VOLUME, "old"), ("tier", "gold")]),
        ]);
        assert_eq!(observed.key.map(|key| key.to_hex()), Some(key));
        assert_eq!(observed.files.len(), 1);
        let told: Vec<_> = observed
            .volumes
            .iter()
            .map(|volume| {
                let key = volume.key.as_ref().map(VolumeKey::as_str);
                (volume.name.as_str(), key, volume.ours, volume.anonymous, volume.record.is_some())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("0123", None, true, true, false),
                ("lab_data", Some("data"), true, false, true),
                ("mine", None, false, false, false),
                ("old", Some("old"), true, false, false),
            ]
        );
        assert_eq!(observed.volumes[3].live.labels, labels(&[("tier", "gold")]));
    }

    #[test]
    fn what_has_the_name_of_dsenvs_own_and_not_its_label_is_somebody_elses() {
        let ours = (label::ENV, "lab");
        let observed = look(&[
            ("lab_dsenv_lock", &[]),
            ("lab_dsenv_key", &[ours, (label::KIND, label::KIND_VOLUME), (label::NAME, "dsenv_key")]),
            ("lab_dsenv_record_1", &[(label::ENV, "other"), (label::KIND, label::KIND_RECORD)]),
            ("lab_dsenv_beat_t_1", &[ours, (label::KIND, label::KIND_LOCK)]),
            ("lab_dsenv_lock_2", &[ours, (label::KIND, label::KIND_LOCK), (label::VALUE, "no JSON")]),
        ]);
        let names = |names: &[&str]| names.iter().map(|name| NoteName::new(*name)).collect();
        assert_eq!(observed.taken, names(&["lab_dsenv_lock", "lab_dsenv_key", "lab_dsenv_record_1"]));
        assert_eq!(observed.around_locks, names(&["lab_dsenv_beat_t_1"]));
        assert_eq!(observed.locks[&NoteName::new("lab_dsenv_lock_2")].by, "somebody");
        assert!(observed.key.is_none() && observed.records.is_empty());
        assert_eq!(observed.volumes.len(), 1, "the user's volume is in the look");
    }
}
