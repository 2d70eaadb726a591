//! What the client does when files change: `develop.watch`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::hooks;
use crate::model::{ServiceName, WatchAction, WatchRule};
use crate::spec::{Spec, types};

/// The rules of each service that has some, in their order.
pub fn watch_rules(spec: &Spec) -> BTreeMap<ServiceName, Vec<WatchRule>> {
    let rules =
        |service: &types::Service| service.develop.iter().flat_map(|develop| &develop.watch).map(rule).collect();
    let all = spec.services.iter().map(|(name, service)| (ServiceName::new(name), rules(service)));
    all.filter(|(_, rules): &(_, Vec<_>)| !rules.is_empty()).collect()
}

fn rule(own: &types::Watch) -> WatchRule {
    let types::Watch { path, action, target, exec, include, ignore, initial_sync, extensions: _ } = own;
    WatchRule {
        path: Utf8PathBuf::from(path),
        action: match action {
            types::WatchAction::Rebuild => WatchAction::Rebuild,
            types::WatchAction::Sync => WatchAction::Sync,
            types::WatchAction::Restart => WatchAction::Restart,
            types::WatchAction::SyncRestart => WatchAction::SyncRestart,
            types::WatchAction::SyncExec => WatchAction::SyncExec,
        },
        target: target.clone(),
        exec: exec.as_ref().map(hooks::hook),
        include: include.clone(),
        ignore: ignore.clone(),
        initial_sync: *initial_sync,
    }
}

/// Paths of each service's containers whose changes come back (`x-dsenv.sync_back`).
pub fn sync_back(spec: &Spec) -> BTreeMap<ServiceName, Vec<String>> {
    let paths = |service: &types::Service| service.dsenv.iter().flat_map(|own| &own.sync_back).cloned().collect();
    let all = spec.services.iter().map(|(name, service)| (ServiceName::new(name), paths(service)));
    all.filter(|(_, paths): &(_, Vec<_>)| !paths.is_empty()).collect()
}

/// Services whose unhealthy containers are not restarted (`x-dsenv.restart_unhealthy`).
pub fn left_unhealthy(spec: &Spec) -> BTreeSet<ServiceName> {
    let left = |service: &types::Service| service.dsenv.as_ref().and_then(|own| own.restart_unhealthy) == Some(false);
    spec.services.iter().filter(|(_, service)| left(service)).map(|(name, _)| ServiceName::new(name)).collect()
}

/// Services whose logs are shown only to who asks for them by name (`attach: false`).
pub fn unattached(spec: &Spec) -> BTreeSet<ServiceName> {
    let services = spec.services.iter().filter(|(_, service)| service.attach == Some(false));
    services.map(|(name, _)| ServiceName::new(name)).collect()
}

/// The files that configs and secrets are made of.
pub fn content_files(spec: &Spec) -> Vec<Utf8PathBuf> {
    let objects = spec.configs.values().chain(spec.secrets.values());
    objects.filter_map(|object| object.file.as_deref()).map(Utf8PathBuf::from).collect()
}
