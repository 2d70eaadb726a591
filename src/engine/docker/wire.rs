//! A container as the Engine API spells it: what create sends and what inspect shows.

use std::collections::BTreeMap;

use bollard::models::{ContainerConfig, ContainerCreateBody, ContainerInspectResponse, HostConfig};

use crate::model::{ServiceName, VolumeName};
use crate::rules::ApiVersion;

/// The engine's socket: where it listens by default, and where containers that it is lent to find it.
pub(super) const API_SOCKET: &str = "/var/run/docker.sock";

/// The parts of a create call that the codec fills and of an inspect answer that it reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wire {
    /// The query parameter of create. Inspect shows only the operating system, so nothing is read back.
    pub platform: Option<String>,
    /// `Config.MacAddress` up to API 1.43, the first endpoint's since.
    pub mac_address: Option<String>,
    /// `Links` of every endpoint, `service:alias`: names that the engine's own name server resolves.
    pub links: Vec<String>,
    /// `Config`
    pub config: ContainerConfig,
    /// `HostConfig`
    pub host: HostConfig,
}

/// What lies around a container and decides how it is spelled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Around {
    /// What both sides speak.
    pub api: ApiVersion,
    /// The first network, by the name or id that the create call uses.
    pub network: Option<String>,
    /// Containers whose namespaces or mounts are borrowed, by service.
    pub borrowed: BTreeMap<ServiceName, String>,
    /// Where the volume with the contents of configs and secrets lies on the engine's host.
    pub files: Option<String>,
    /// Anonymous volumes that are carried over, by target.
    pub carried: BTreeMap<String, VolumeName>,
    /// Labels of anonymous volumes that are made.
    pub volume_labels: BTreeMap<String, String>,
    /// The engine's socket on its own machine.
    pub socket: String,
}

impl Around {
    /// Nothing.
    pub fn nothing(api: ApiVersion) -> Self {
        Self {
            api,
            network: None,
            borrowed: BTreeMap::new(),
            files: None,
            carried: BTreeMap::new(),
            volume_labels: BTreeMap::new(),
            socket: API_SOCKET.to_owned(),
        }
    }

    /// The container of a service, for the engine. A service without one is left to the engine's own message.
    pub fn container<'a>(&'a self, service: &'a ServiceName) -> &'a str {
        self.borrowed.get(service).map_or(service.as_str(), String::as_str)
    }

    /// The service of a container, if it is one of those at hand.
    pub fn service(&self, container: &str) -> Option<&ServiceName> {
        self.borrowed.iter().find(|(_, at_hand)| *at_hand == container).map(|(service, _)| service)
    }
}

impl Wire {
    /// The body of create; networks are added by the caller.
    pub fn into_body(self) -> ContainerCreateBody {
        let Self { platform: _, mac_address: _, links: _, config, host } = self;
        let ContainerConfig {
            hostname,
            domainname,
            user,
            attach_stdin,
            attach_stdout,
            attach_stderr,
            exposed_ports,
            tty,
            open_stdin,
            stdin_once,
            env,
            cmd,
            healthcheck,
            args_escaped,
            image,
            volumes,
            working_dir,
            entrypoint,
            network_disabled,
            on_build,
            labels,
            stop_signal,
            stop_timeout,
            shell,
        } = config;
        ContainerCreateBody {
            hostname,
            domainname,
            user,
            attach_stdin,
            attach_stdout,
            attach_stderr,
            exposed_ports,
            tty,
            open_stdin,
            stdin_once,
            env,
            cmd,
            healthcheck,
            args_escaped,
            image,
            volumes,
            working_dir,
            entrypoint,
            network_disabled,
            on_build,
            labels,
            stop_signal,
            stop_timeout,
            shell,
            host_config: Some(host),
            networking_config: None,
        }
    }

    /// What inspect shows.
    pub fn of(inspect: ContainerInspectResponse) -> Self {
        Self {
            platform: None,
            mac_address: None,
            links: Vec::new(),
            config: inspect.config.unwrap_or_default(),
            host: inspect.host_config.unwrap_or_default(),
        }
    }
}
