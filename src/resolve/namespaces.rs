//! Whose namespaces a container lives in.

use crate::model::{IpcMode, NamespaceMode, NetworkMode, ServiceName};
use crate::spec::types::CgroupNamespace;

/// `service:NAME` and `container:NAME`, told apart.
enum Borrowed<'a> {
    Service(ServiceName),
    Container(String),
    Other(&'a str),
}

fn borrowed(mode: &str) -> Borrowed<'_> {
    match mode.split_once(':') {
        Some(("service", name)) => Borrowed::Service(ServiceName::new(name)),
        Some(("container", name)) => Borrowed::Container(name.to_owned()),
        _ => Borrowed::Other(mode),
    }
}

/// `network_mode`; unset, the service is on its networks.
pub(super) fn network(mode: Option<&str>) -> NetworkMode {
    let Some(mode) = mode else { return NetworkMode::Networks };
    match borrowed(mode) {
        Borrowed::Service(name) => NetworkMode::Service(name),
        Borrowed::Container(name) => NetworkMode::Container(name),
        Borrowed::Other("none") => NetworkMode::None,
        Borrowed::Other("host") => NetworkMode::Host,
        Borrowed::Other(other) => NetworkMode::Named(other.to_owned()),
    }
}

/// `ipc`; `None` where the engine would not know the word, which the checks of the spec refuse.
pub(super) fn ipc(mode: &str) -> Option<IpcMode> {
    Some(match borrowed(mode) {
        Borrowed::Service(name) => IpcMode::Service(name),
        Borrowed::Container(name) => IpcMode::Container(name),
        Borrowed::Other("none") => IpcMode::None,
        Borrowed::Other("host") => IpcMode::Host,
        Borrowed::Other("private") => IpcMode::Private,
        Borrowed::Other("shareable") => IpcMode::Shareable,
        Borrowed::Other(_) => return None,
    })
}

/// `pid`, `uts` and `userns_mode`.
pub(super) fn other(mode: &str) -> NamespaceMode {
    match borrowed(mode) {
        Borrowed::Service(name) => NamespaceMode::Service(name),
        Borrowed::Container(name) => NamespaceMode::Container(name),
        Borrowed::Other("host") => NamespaceMode::Host,
        Borrowed::Other("private") => NamespaceMode::Private,
        Borrowed::Other(other) => NamespaceMode::Other(other.to_owned()),
    }
}

/// `cgroup`
pub(super) fn cgroup(mode: CgroupNamespace) -> NamespaceMode {
    match mode {
        CgroupNamespace::Host => NamespaceMode::Host,
        CgroupNamespace::Private => NamespaceMode::Private,
    }
}
