//! What the client does when files change: `develop.watch`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::hooks;
use crate::model::{ServiceName, WatchAction, WatchRule};
use crate::spec::{Spec, clean, types};

/// The rules of each service that has some, in their order.
pub fn watch_rules(spec: &Spec) -> BTreeMap<ServiceName, Vec<WatchRule>> {
    let rules =
        |service: &types::Service| service.develop.iter().flat_map(|develop| &develop.watch).map(rule).collect();
    let all = spec.services.iter().map(|(name, service)| (ServiceName::new(name), rules(service)));
    all.filter(|(_, rules): &(_, Vec<_>)| !rules.is_empty()).collect()
}

fn rule(own: &types::Watch) -> WatchRule {
    let types::Watch { path, action, target, exec, include, ignore, initial_sync, extensions } = own;
    // What older files call it.
    let initial_sync = *initial_sync || extensions.0.get("x-initialSync").and_then(|on| on.as_bool()) == Some(true);
    WatchRule {
        path: Utf8PathBuf::from(path),
        action: match action {
            types::WatchAction::Rebuild => WatchAction::Rebuild,
            types::WatchAction::Sync => WatchAction::Sync,
            types::WatchAction::Restart => WatchAction::Restart,
            types::WatchAction::SyncRestart => WatchAction::SyncRestart,
            types::WatchAction::SyncExec => WatchAction::SyncExec,
        },
        target: target.as_deref().map(inside),
        exec: exec.as_ref().map(hooks::hook),
        include: include.clone(),
        ignore: ignore.clone(),
        initial_sync,
    }
}

/// A path in a container, from its root. A `/` at its end says that it is a folder.
fn inside(path: &str) -> String {
    let clean = clean(&format!("/{path}"));
    if path.ends_with('/') && clean != "/" { format!("{clean}/") } else { clean }
}

/// Paths of each service's containers whose changes come back (`x-dsenv.sync_back`).
pub fn sync_back(spec: &Spec) -> BTreeMap<ServiceName, Vec<String>> {
    let paths = |service: &types::Service| {
        service.dsenv.iter().flat_map(|own| &own.sync_back).map(|path| inside(path)).collect()
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_container_begins_at_its_root() {
        for (text, path) in [
            ("/app", "/app"),
            ("app/", "/app/"),
            ("/app/../x", "/x"),
            ("./", "/"),
            ("/a//b/./c/", "/a/b/c/"),
            ("/", "/"),
        ] {
            assert_eq!(inside(text), path);
        }
    }

    #[test]
    fn older_files_ask_for_a_first_copy_by_another_name() {
        let asked = |on: serde_json::Value| {
            let extensions = crate::spec::value::Extensions([("x-initialSync".to_owned(), on)].into());
            let (path, action) = (".".to_owned(), types::WatchAction::Sync);
            let (target, exec, include, ignore) = (Some("/app".to_owned()), None, Vec::new(), Vec::new());
            rule(&types::Watch { path, action, target, exec, include, ignore, initial_sync: false, extensions })
                .initial_sync
        };
        assert!(asked(true.into()));
        assert!(!asked(false.into()));
    }
}
