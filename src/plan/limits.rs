//! What the engine at hand cannot do, told at the text that asks for it, before anything is done. Never silence: a
//! user who can do without a field says so (`--allow-lossy`), and is warned.

use super::planner::Planner;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Attachment, Fixed, Healthcheck, MountKind, Network, Service};
use crate::rules::ApiVersion;

/// The option of a network's driver that names the interface.
const INTERFACE_NAME: &str = "com.docker.network.endpoint.ifname";

/// A field that is asked for, and the API version that has it.
type Asked = (String, ApiVersion);

/// Checks every planned service, and every network that one uses.
pub(super) fn check(p: &mut Planner) {
    let api = p.request.rules.api;
    let mut asked: Vec<(Address, Asked)> = Vec::new();
    for (&name, service) in &p.planned {
        let address = Address::Service(name.clone());
        let beyond = of_service(service).into_iter().filter(|(_, needed)| *needed > api);
        asked.extend(beyond.map(|each| (address.clone(), each)));
    }
    for (key, network) in &p.request.project.networks {
        let beyond = of_network(network).into_iter().filter(|(_, needed)| *needed > api);
        asked.extend(beyond.map(|each| (Address::Network(key.clone()), each)));
    }
    for (address, (field, needed)) in asked {
        refuse(p, &address, &field, needed);
    }
}

fn refuse(p: &mut Planner, address: &Address, field: &str, needed: ApiVersion) {
    let rules = p.request.rules;
    let told = format!("{address}: {field} needs Engine API {needed}, and {} speaks {}", rules.engine, rules.api);
    let last = field.rsplit('.').next().unwrap_or(field);
    let lossy = &p.request.options.allow_lossy;
    let allowed = lossy.iter().any(|key| key == field || key == last || field.starts_with(&format!("{key}.")));
    let told = if allowed {
        Diagnostic::warning("DS0720", format!("{told}; it goes on without it"))
    } else {
        Diagnostic::error("DS0720", told)
            .help(format!("use a newer engine, or pass `--allow-lossy {last}` to go on without it"))
    };
    p.tell(told, address, field, "not on this engine");
}

fn of_service(service: &Service) -> Vec<Asked> {
    let mut asked = of_fixed(&service.fixed);
    let primary = service.networks.iter().max_by_key(|(key, how)| (how.priority, std::cmp::Reverse(*key)));
    for (key, attachment) in &service.networks {
        let Attachment {
            aliases: _,
            ipv4_address: _,
            ipv6_address: _,
            link_local_ips: _,
            mac_address,
            driver_opts,
            gw_priority,
            priority: _,
            links: _,
        } = attachment;
        let mut ask = |field: &str, minor| asked.push((format!("networks.{key}.{field}"), ApiVersion::v1(minor)));
        // Before, a container had one address, on its first network.
        if mac_address.is_some() && primary.is_none_or(|(primary, _)| primary != key) {
            ask("mac_address", 44);
        }
        if driver_opts.contains_key(INTERFACE_NAME) {
            ask("interface_name", 49);
        }
        if gw_priority.is_some() {
            ask("gw_priority", 48);
        }
    }
    asked
}

fn of_fixed(fixed: &Fixed) -> Vec<Asked> {
    let mut asked = Vec::new();
    let mut ask = |field: String, minor| asked.push((field, ApiVersion::v1(minor)));
    if !fixed.annotations.is_empty() {
        ask("annotations".into(), 43);
    }
    if let Some(Healthcheck::Probe(probe)) = &fixed.healthcheck
        && probe.start_interval.is_some()
    {
        ask("healthcheck.start_interval".into(), 44);
    }
    if fixed.device_requests.iter().any(|request| request.driver.as_deref() == Some("cdi")) {
        ask("devices".into(), 44);
    }
    for (target, mount) in &fixed.mounts {
        match &mount.kind {
            MountKind::Bind { recursive: Some(_), .. } => ask(format!("mounts.{target}.recursive"), 44),
            MountKind::Volume { subpath: Some(_), .. } => ask(format!("mounts.{target}.subpath"), 45),
            MountKind::Image { .. } => ask(format!("mounts.{target}"), 48),
            MountKind::Cluster { .. } => ask(format!("mounts.{target}"), 42),
            MountKind::Bind { recursive: None, .. }
            | MountKind::Volume { subpath: None, .. }
            | MountKind::Anonymous { .. }
            | MountKind::Tmpfs { .. }
            | MountKind::Npipe { .. } => {}
        }
    }
    asked
}

fn of_network(network: &Network) -> Vec<Asked> {
    let ipv4 = network.definition.as_ref().and_then(|definition| definition.enable_ipv4);
    ipv4.map(|_| ("enable_ipv4".to_owned(), ApiVersion::v1(47))).into_iter().collect()
}
