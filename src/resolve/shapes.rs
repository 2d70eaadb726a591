//! Texts that no engine takes, each an error at its line: an engine would find them in the middle of an apply.

use std::net::IpAddr;

use super::context::{Context, Scope};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::spec::code;
use crate::spec::expand::clean;
use crate::spec::types::{Attachment, Grant, IpamPool, MountKind, Network, Service};
use crate::yaml::{Node, Value};

/// Longest name of a volume in bytes: it is the name of a folder.
const LONGEST_VOLUME: usize = 255;
/// Longest name of a file in a container: a file system of layers keeps some of the 255 bytes for itself.
const LONGEST_NAME: usize = 250;

/// What the runtime lets be mounted below `/proc`, memory apart.
const IN_PROC: [&str; 11] = [
    "cpuinfo",
    "diskstats",
    "meminfo",
    "stat",
    "swaps",
    "uptime",
    "loadavg",
    "slabinfo",
    "net/dev",
    "sys/kernel/ns_last_pid",
    "sys/crypto/fips_enabled",
];

/// Reports each text of a service that no engine takes.
pub(super) fn report(own: &Service, scope: &mut Scope<'_, '_>) {
    zeros(scope);
    variables(scope);
    folders(own, scope);
    targets(own, scope);
    addresses(own, scope);
}

/// Reports a volume whose name no engine can make a folder of.
pub(super) fn volume(key: &str, name: &str, context: &mut Context<'_>) {
    if name.len() > LONGEST_VOLUME {
        let message =
            format!("the name of this volume comes to {} bytes, and {LONGEST_VOLUME} are the most", name.len());
        let finding = Diagnostic::error(code::NAME, message).help("shorten it, or give it a `name:` of its own");
        context.report(finding, &["volumes", key], "too long");
    }
}

/// Reports each pool of a network that is none.
pub(super) fn pools(key: &str, network: &Network, context: &mut Context<'_>) {
    // Only the engine's own way of handing out addresses is known.
    if network.external || network.ipam.driver.as_deref().is_some_and(|driver| !matches!(driver, "" | "default")) {
        return;
    }
    for (at, pool) in network.ipam.config.iter().enumerate() {
        let at = at.to_string();
        for (part, message, help) in pool_mistakes(pool) {
            let finding = Diagnostic::error(code::WRONG_VALUE, message).help(help);
            context.report(finding, &["networks", key, "ipam", "config", &at, part], "no engine takes this");
        }
    }
}

fn pool_mistakes(pool: &IpamPool) -> Vec<(&'static str, String, &'static str)> {
    let IpamPool { subnet, gateway, ip_range, aux_addresses, extensions: _ } = pool;
    let mut found = Vec::new();
    let whole = subnet.as_deref().and_then(block);
    for (part, text) in [("subnet", subnet), ("ip_range", ip_range)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty() && block(text).is_none()) {
            found.push((part, format!("`{text}` is no block of addresses"), "such as 172.28.0.0/16"));
        }
    }
    let addresses = aux_addresses.values().map(|address| ("aux_addresses", address.as_str()));
    let gateway = gateway.as_deref().map(|address| ("gateway", address));
    for (part, text) in gateway.into_iter().chain(addresses).filter(|(_, text)| !text.is_empty()) {
        let Ok(address) = text.parse::<IpAddr>() else {
            found.push((part, format!("`{text}` is no address"), "such as 172.28.0.1"));
            continue;
        };
        if whole.is_some_and(|whole| !holds(whole, address)) {
            found.push((part, format!("`{text}` is not in the subnet"), "take one of the subnet's addresses"));
        }
    }
    found
}

/// A block such as `172.28.0.0/16`: an address, and how many bits of it are the block's.
fn block(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits = bits.parse::<u32>().ok().filter(|_| bits.bytes().all(|byte| byte.is_ascii_digit()))?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

fn holds((block, bits): (IpAddr, u32), address: IpAddr) -> bool {
    match (block, address) {
        (IpAddr::V4(block), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            block.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(block), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            block.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

/// No process can be given a text with a zero in it. Labels never reach one.
fn zeros(scope: &mut Scope<'_, '_>) {
    let Some(service) = scope.context.places.get(&["services", scope.name]) else { return };
    let mut found = Vec::new();
    for (key, value) in service.as_map().into_iter().flatten() {
        if !matches!(key.text.as_str(), "labels" | "annotations") && !key.text.starts_with("x-") {
            with_zero(value, &mut found);
        }
    }
    for place in found {
        let message = format!("service `{}` has a text with a NUL in it, which no process can be given", scope.name);
        scope.context.found.push(Diagnostic::error(code::WRONG_VALUE, message).at(place, "").help("remove the `\\0`"));
    }
}

fn with_zero(node: &Node, found: &mut Vec<Place>) {
    match &node.value {
        Value::Text(text) if text.contains('\0') => found.push(node.place.clone()),
        Value::List(list) => list.iter().for_each(|item| with_zero(item, found)),
        Value::Map(map) => {
            for (key, value) in map.iter() {
                if key.text.contains('\0') {
                    found.push(key.place.clone());
                }
                with_zero(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// A process reads a name up to the first `=`, so one with it is another variable.
fn variables(scope: &mut Scope<'_, '_>) {
    let environment = scope.context.places.get(&["services", scope.name, "environment"]);
    for key in environment.and_then(Node::as_map).into_iter().flat_map(|map| map.keys()) {
        if let Some((name, rest)) = key.text.split_once('=') {
            let message = format!("`{}` cannot be the name of a variable: it has `=` in it", key.text);
            let finding = Diagnostic::error(code::NAME, message).at(key.place.clone(), "");
            scope.context.found.push(finding.help(format!("write `{name}: \"{rest}=…\"`")));
        }
    }
}

fn folders(own: &Service, scope: &mut Scope<'_, '_>) {
    let hooks = [("pre_start", &own.pre_start), ("post_start", &own.post_start), ("pre_stop", &own.pre_stop)];
    let of_hooks = hooks.into_iter().flat_map(|(key, hooks)| {
        hooks.iter().enumerate().map(move |(at, hook)| (vec![key.to_owned(), at.to_string()], &hook.working_dir))
    });
    let all: Vec<_> = [(Vec::new(), &own.working_dir)].into_iter().chain(of_hooks).collect();
    for (mut path, folder) in all {
        let Some(folder) = folder.as_deref().filter(|folder| !folder.is_empty() && !is_absolute(folder)) else {
            continue;
        };
        path.push("working_dir".to_owned());
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let message = format!("`working_dir` of service `{}` does not begin at the root", scope.name);
        let finding = Diagnostic::error(code::WRONG_VALUE, message).help(format!("write `/{}`", clean(folder)));
        scope.report(finding, &path, "not absolute");
    }
}

/// Absolute for Linux, or for Windows.
fn is_absolute(path: &str) -> bool {
    let drive = |path: &str| path.as_bytes().get(1..3).is_some_and(|rest| matches!(rest, b":\\" | b":/"));
    path.starts_with('/') || path.starts_with('\\') || drive(path)
}

/// Where things are mounted in the container.
fn targets(own: &Service, scope: &mut Scope<'_, '_>) {
    let mounts = own.volumes.iter().map(|mount| mount.target.clone()).enumerate().map(|mount| ("volumes", mount));
    let memory = own.tmpfs.iter().map(|line| line.split(':').next().map(str::to_owned)).enumerate();
    let memory = memory.map(|mount| ("tmpfs", mount));
    let files = [("configs", &own.configs, "/"), ("secrets", &own.secrets, "/run/secrets/")];
    let files = files.into_iter().flat_map(|(key, grants, below)| {
        let target =
            move |target: &str| if target.starts_with('/') { target.to_owned() } else { below.to_owned() + target };
        let of = move |grant: &Grant| {
            grant.target.as_deref().filter(|target| !target.is_empty()).or(grant.source.as_deref()).map(target)
        };
        grants.iter().map(of).enumerate().map(move |target| (key, target))
    });
    for (key, (at, target)) in mounts.chain(memory).chain(files).collect::<Vec<_>>() {
        let Some(target) = target.filter(|target| !target.is_empty()) else { continue };
        let is_file = matches!(key, "configs" | "secrets");
        let is_memory = key == "tmpfs"
            || key == "volumes" && own.volumes.get(at).is_some_and(|mount| mount.kind == MountKind::Tmpfs);
        let Some((why, help)) = target_mistake(&target, is_file, is_memory) else { continue };
        let message = format!("service `{}` mounts something at `{target}`, which {why}", scope.name);
        let finding = Diagnostic::error(code::MOUNT, message).help(help);
        let at = at.to_string();
        let mut path = vec![key, at.as_str()];
        if key != "tmpfs" {
            path.push("target");
        }
        scope.report(finding, &path, "no engine takes this");
    }
}

fn target_mistake(target: &str, is_file: bool, is_memory: bool) -> Option<(&'static str, &'static str)> {
    let cleaned = clean(target);
    let in_proc = !is_memory && cleaned.strip_prefix("/proc/").is_some_and(|rest| !IN_PROC.contains(&rest));
    if !is_absolute(target) {
        Some(("does not begin at the root", "begin it with `/`"))
    } else if cleaned == "/" {
        Some(("is the root of the container", "name a path below it"))
    } else if is_file && matches!(target.rsplit('/').next(), Some("" | "." | "..")) {
        Some(("is a folder", "name the file, too"))
    } else if in_proc {
        Some(("is the kernel's own", "take a path that is not below `/proc`"))
    } else if cleaned.split('/').any(|name| name.len() > LONGEST_NAME) {
        Some(("has a name of more than 250 bytes", "shorten it"))
    } else {
        None
    }
}

fn addresses(own: &Service, scope: &mut Scope<'_, '_>) {
    let mut refuse = |path: &[&str], text: &str, what: &str, help: &str| {
        let message = format!("`{text}` of service `{}` is no {what}", scope.name);
        scope.report(Diagnostic::error(code::WRONG_VALUE, message).help(help), path, "no engine takes this");
    };
    let hardware = |text: &Option<String>| text.clone().filter(|text| !text.is_empty() && !is_hardware_address(text));
    if let Some(text) = hardware(&own.mac_address) {
        refuse(&["mac_address"], &text, "address of hardware", "such as 02:42:ac:11:00:02");
    }
    for (key, attachment) in own.networks.iter().filter_map(|(key, own)| Some((key.as_str(), own.as_ref()?))) {
        let Attachment { ipv4_address, ipv6_address, mac_address, .. } = attachment;
        if let Some(text) = hardware(mac_address) {
            refuse(&["networks", key, "mac_address"], &text, "address of hardware", "such as 02:42:ac:11:00:02");
        }
        let addresses = [
            ("ipv4_address", ipv4_address, false, "such as 172.28.0.5"),
            ("ipv6_address", ipv6_address, true, "such as fd00:28::5"),
        ];
        for (part, text, six, help) in addresses {
            let Some(text) = text.as_deref().filter(|text| !text.is_empty()) else { continue };
            if !text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6() == six) {
                refuse(&["networks", key, part], text, if six { "IPv6 address" } else { "IPv4 address" }, help);
            }
        }
    }
}

/// Whether it is 6, 8 or 20 bytes in hexadecimal with `:` or `-` between them, or in groups of two with dots.
fn is_hardware_address(text: &str) -> bool {
    let groups = |by: char, digits: usize, counts: [usize; 3]| {
        let parts: Vec<_> = text.split(by).collect();
        let hexadecimal = |part: &&str| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        counts.contains(&parts.len()) && parts.iter().all(hexadecimal)
    };
    groups(':', 2, [6, 8, 20]) || groups('-', 2, [6, 8, 20]) || groups('.', 4, [3, 4, 10])
}
