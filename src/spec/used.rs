//! What the active services use of the rest.

use std::collections::BTreeSet;

use super::Spec;
use super::types::MountKind;

impl Spec {
    /// The spec without networks, volumes, secrets, configs and models that no active service uses: what `config`
    /// prints and `apply` makes.
    #[must_use]
    pub fn used(mut self) -> Self {
        let mut networks = BTreeSet::new();
        let mut volumes = BTreeSet::new();
        let mut secrets = BTreeSet::new();
        let mut configs = BTreeSet::new();
        let mut models = BTreeSet::new();
        for service in self.services.values() {
            networks.extend(service.networks.keys().cloned());
            let named = service.volumes.iter().filter(|mount| mount.kind == MountKind::Volume);
            volumes.extend(named.filter_map(|mount| mount.source.clone()));
            let lent = service.build.iter().flat_map(|build| &build.secrets);
            secrets.extend(service.secrets.iter().chain(lent).filter_map(|grant| grant.source.clone()));
            configs.extend(service.configs.iter().filter_map(|grant| grant.source.clone()));
            models.extend(service.models.keys().cloned());
        }
        self.networks.retain(|key, _| networks.contains(key));
        self.volumes.retain(|key, _| volumes.contains(key));
        self.secrets.retain(|key, _| secrets.contains(key));
        self.configs.retain(|key, _| configs.contains(key));
        self.models.retain(|key, _| models.contains(key));
        self
    }
}
