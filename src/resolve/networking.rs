//! How a service is on its networks, and what other names it knows services by.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::model::{Attachment, NetworkKey, Networking, ServiceName};
use crate::spec::code;
use crate::spec::types::{self, Service};

/// The network driver's option that names the interface in the container.
const INTERFACE_NAME: &str = "com.docker.network.endpoint.ifname";
/// The network of every service that says nothing about networks.
pub(super) const DEFAULT: &str = "default";

/// The networks of a service; none when `network_mode` says where it is.
pub(super) fn networking(name: &str, service: &Service) -> Networking {
    if service.network_mode.is_some() {
        return Networking::new();
    }
    let external: BTreeSet<String> = service.external_links.iter().map(|link| external_link(link)).collect();
    let attach = |own: Option<&types::Attachment>| attachment(name, own, &external);
    if service.networks.is_empty() {
        return Networking::from([(NetworkKey::new(DEFAULT), attach(None))]);
    }
    service.networks.iter().map(|(key, own)| (NetworkKey::new(key), attach(own.as_ref()))).collect()
}

fn attachment(service: &str, own: Option<&types::Attachment>, links: &BTreeSet<String>) -> Attachment {
    let default = types::Attachment::default();
    let types::Attachment {
        aliases,
        driver_opts,
        gw_priority,
        interface_name,
        ipv4_address,
        ipv6_address,
        link_local_ips,
        mac_address,
        priority,
        extensions: _,
    } = own.unwrap_or(&default);
    let mut driver_opts: BTreeMap<_, _> =
        driver_opts.iter().map(|(key, value)| (key.clone(), value.0.clone())).collect();
    if let Some(name) = interface_name {
        driver_opts.insert(INTERFACE_NAME.to_owned(), name.clone());
    }
    Attachment {
        aliases: aliases.iter().cloned().chain([service.to_owned()]).collect(),
        ipv4_address: ipv4_address.clone(),
        ipv6_address: ipv6_address.clone(),
        link_local_ips: link_local_ips.iter().cloned().collect(),
        mac_address: mac_address.clone(),
        driver_opts,
        gw_priority: Some(*gw_priority).filter(|priority| *priority != 0),
        priority: *priority,
        links: links.clone(),
    }
}

/// Reports a service's own hardware address that is not the one of its first network.
pub(super) fn disagreement(service: &Service, networks: &Networking, scope: &mut Scope<'_, '_>) {
    let first = networks.iter().max_by_key(|(key, attachment)| (attachment.priority, Reverse(*key)));
    let (Some(own), Some((key, attachment))) = (&service.mac_address, first) else { return };
    let Some(other) = attachment.mac_address.as_ref().filter(|other| !other.eq_ignore_ascii_case(own)) else { return };
    let message = format!("service `{}` has the hardware address {own}, and {other} on `{key}`", scope.name);
    let finding = Diagnostic::error(code::DISAGREE, message).help("keep the one of the network");
    scope.report(finding, &["mac_address"], "differs");
}

/// `NAME[:ALIAS]` with its alias.
fn external_link(link: &str) -> String {
    if link.contains(':') { link.to_owned() } else { format!("{link}:{link}") }
}

/// `links` by alias. A link under the service's own name says no more than the network does.
pub(super) fn links(list: &[String]) -> BTreeMap<String, ServiceName> {
    let aliased = list.iter().filter_map(|link| link.split_once(':'));
    aliased.filter(|(name, alias)| name != alias).map(|(name, alias)| (alias.to_owned(), name.into())).collect()
}
