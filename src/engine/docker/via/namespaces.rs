//! Converters for namespaces, shared with the host or with another container.

/// `container:ID`
fn join(container: &str) -> String {
    format!("container:{container}")
}

/// What is attached: networks, or a namespace of somebody else.
pub mod network_mode {
    use super::super::super::wire::Around;
    use crate::model::NetworkMode;

    pub fn write(model: &NetworkMode, wire: &mut Option<String>, around: &Around) {
        *wire = Some(match model {
            // Without any network the engine's own bridge would be taken, which nobody asked for.
            NetworkMode::Networks => around.network.clone().unwrap_or_else(|| "none".to_owned()),
            NetworkMode::None => "none".to_owned(),
            NetworkMode::Host => "host".to_owned(),
            NetworkMode::Service(service) => super::join(around.container(service)),
            NetworkMode::Container(name) => super::join(name),
            NetworkMode::Named(name) => name.clone(),
        });
    }

    pub fn read(wire: &Option<String>, around: &Around) -> NetworkMode {
        match wire.as_deref() {
            name if name.is_some() && name == around.network.as_deref() => NetworkMode::Networks,
            Some("none") => NetworkMode::None,
            Some("host") => NetworkMode::Host,
            None | Some("" | "default") => NetworkMode::Named("bridge".to_owned()),
            Some(name) => match name.strip_prefix("container:") {
                Some(container) => match around.service(container) {
                    Some(service) => NetworkMode::Service(service.clone()),
                    None => NetworkMode::Container(container.to_owned()),
                },
                None => NetworkMode::Named(name.to_owned()),
            },
        }
    }
}

/// The IPC namespace.
pub mod ipc {
    use super::super::super::wire::Around;
    use crate::model::IpcMode;

    pub fn write(model: &Option<IpcMode>, wire: &mut Option<String>, around: &Around) {
        *wire = model.as_ref().map(|mode| match mode {
            IpcMode::None => "none".to_owned(),
            IpcMode::Private => "private".to_owned(),
            IpcMode::Shareable => "shareable".to_owned(),
            IpcMode::Host => "host".to_owned(),
            IpcMode::Service(service) => super::join(around.container(service)),
            IpcMode::Container(name) => super::join(name),
        });
    }

    pub fn read(wire: &Option<String>, around: &Around) -> Option<IpcMode> {
        match wire.as_deref()? {
            "none" => Some(IpcMode::None),
            "private" => Some(IpcMode::Private),
            "shareable" => Some(IpcMode::Shareable),
            "host" => Some(IpcMode::Host),
            other => other.strip_prefix("container:").map(|container| match around.service(container) {
                Some(service) => IpcMode::Service(service.clone()),
                None => IpcMode::Container(container.to_owned()),
            }),
        }
    }
}

/// The PID, UTS and user namespaces. Their own is the engine's default, which it spells as nothing.
pub mod namespace {
    use super::super::super::wire::Around;
    use crate::model::NamespaceMode;

    pub fn write(model: &Option<NamespaceMode>, wire: &mut Option<String>, around: &Around) {
        *wire = model.as_ref().and_then(|mode| match mode {
            NamespaceMode::Host => Some("host".to_owned()),
            NamespaceMode::Private => None,
            NamespaceMode::Service(service) => Some(super::join(around.container(service))),
            NamespaceMode::Container(name) => Some(super::join(name)),
            NamespaceMode::Other(text) => Some(text.clone()),
        });
    }

    pub fn read(wire: &Option<String>, around: &Around) -> Option<NamespaceMode> {
        match wire.as_deref()? {
            "" | "private" => None,
            "host" => Some(NamespaceMode::Host),
            other => Some(match other.strip_prefix("container:") {
                Some(container) => match around.service(container) {
                    Some(service) => NamespaceMode::Service(service.clone()),
                    None => NamespaceMode::Container(container.to_owned()),
                },
                None => NamespaceMode::Other(other.to_owned()),
            }),
        }
    }
}

/// The cgroup namespace; another container's cgroup is a field of its own.
pub mod cgroup {
    use bollard::models::{HostConfig, HostConfigCgroupnsModeEnum as Mode};

    use super::super::super::wire::Around;
    use super::namespace;
    use crate::model::NamespaceMode;

    pub fn write(model: &Option<NamespaceMode>, host: &mut HostConfig, around: &Around) {
        match model {
            Some(NamespaceMode::Host) => host.cgroupns_mode = Some(Mode::HOST),
            Some(NamespaceMode::Private) => host.cgroupns_mode = Some(Mode::PRIVATE),
            other => namespace::write(other, &mut host.cgroup, around),
        }
    }

    pub fn read(host: &HostConfig, around: &Around) -> Option<NamespaceMode> {
        match host.cgroupns_mode {
            Some(Mode::HOST) => Some(NamespaceMode::Host),
            Some(Mode::PRIVATE) => Some(NamespaceMode::Private),
            None | Some(Mode::EMPTY) => namespace::read(&host.cgroup, around),
        }
    }
}

/// Isolation technology (Windows).
pub mod isolation {
    use bollard::models::HostConfigIsolationEnum as Isolation;

    use super::super::super::wire::Around;

    pub fn write(model: &Option<String>, wire: &mut Option<Isolation>, _: &Around) {
        *wire = model.as_deref().and_then(|name| name.parse().ok());
    }

    pub fn read(wire: &Option<Isolation>, _: &Around) -> Option<String> {
        wire.map(|isolation| isolation.to_string()).filter(|name| !name.is_empty())
    }
}
