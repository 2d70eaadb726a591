//! Published and declared ports.

use std::collections::BTreeSet;

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::model::{Port, Protocol};
use crate::spec::code;
use crate::spec::types;
use crate::spec::value::Text;

/// `ports`. What Docker has no field for (a name, a mode, the protocol spoken) describes the port and changes nothing.
pub(super) fn ports(list: &[types::Port], scope: &mut Scope<'_, '_>) -> BTreeSet<Port> {
    let mut ports = BTreeSet::new();
    for (at, own) in list.iter().enumerate() {
        let types::Port { name: _, mode: _, host_ip, target, published, protocol, app_protocol: _, extensions: _ } =
            own;
        let Some(protocol) = self::protocol(protocol.as_deref()) else {
            let name = protocol.as_deref().unwrap_or_default();
            let message = format!("service `{}` publishes a port of the unknown protocol `{name}`", scope.name);
            let help = "use tcp, udp or sctp";
            let finding = Diagnostic::error(code::PROTOCOL, message).help(help);
            scope.report(finding, &["ports", &at.to_string(), "protocol"], "no such protocol");
            continue;
        };
        ports.insert(Port {
            target: *target,
            protocol,
            host_ip: host_ip.clone().filter(|address| !address.is_empty()),
            published: published.as_ref().map(|port| port.0.clone()).filter(|port| !matches!(port.as_str(), "" | "0")),
        });
    }
    ports
}

/// `expose`, each with its protocol: `8000/tcp`.
pub(super) fn expose(list: &[Text]) -> BTreeSet<String> {
    let with_protocol =
        |port: &Text| if port.0.contains('/') { port.0.to_ascii_lowercase() } else { format!("{port}/tcp") };
    list.iter().map(with_protocol).collect()
}

fn protocol(name: Option<&str>) -> Option<Protocol> {
    match name.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "tcp") => Some(Protocol::Tcp),
        Some("udp") => Some(Protocol::Udp),
        Some("sctp") => Some(Protocol::Sctp),
        Some(_) => None,
    }
}
