//! What a service says must make sense by itself.

use std::collections::BTreeMap;

use super::Check;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::expand::clean;
use crate::spec::types::{DeviceRequest, MountKind, Service, WatchAction};

pub(super) fn check(check: &mut Check<'_>) {
    let spec = check.spec;
    for (name, service) in &spec.services {
        source(check, name, service);
        exclusive(check, name, service);
        replicas(check, name, service);
        resources(check, name, service);
        container_name(check, name, service);
        mounts(check, name, service);
        temporary(check, name, service);
        devices(check, name, service);
        watches(check, name, service);
        ways_back(check, name, service);
        device_targets(check, name, service);
        processors(check, name, service);
        ports(check, name, service);
        health(check, name, service);
        environment(check, name);
    }
    one_name_twice(check);
}

fn source(check: &mut Check<'_>, name: &str, service: &Service) {
    let has_image = service.image.as_ref().is_some_and(|image| !image.is_empty());
    if !check.broken.contains(name) && !has_image && service.build.is_none() && service.provider.is_none() {
        let place = match &service.image {
            Some(_) => check.place(&["services", name, "image"]),
            None => check.service(name),
        };
        let message = match &service.image {
            Some(_) => format!("the image of service `{name}` is empty"),
            None => format!("service `{name}` has neither `image` nor `build`"),
        };
        check.error(code::NO_IMAGE, message, place, "name an image, or say how to build one");
    }
    if let Some(provider) = &service.provider
        && provider.kind.as_deref().unwrap_or_default().is_empty()
    {
        let place = check.key(&["services", name], "provider");
        check.error(code::MISSING_KEY, "`type` is missing: which provider?", place, "add `type: …`");
    }
}

fn exclusive(check: &mut Check<'_>, name: &str, service: &Service) {
    let networks = check.node(&["services", name]).get("networks");
    if let (Some(mode), Some(networks)) = (&service.network_mode, networks)
        && !mode.is_empty()
        && !service.networks.is_empty()
    {
        let mode = check.key(&["services", name], "network_mode");
        let message = format!("service `{name}` has both `networks` and `network_mode`");
        let told = Diagnostic::error(code::EXCLUSIVE, message).at(mode, "");
        check.said.push(told.related(networks.place.clone(), "and here").help("keep one of the two"));
    }
    if let Some(build) = &service.build {
        let both = build.dockerfile_inline.is_some() && build.dockerfile.is_some();
        if both {
            let place = check.key(&["services", name, "build"], "dockerfile_inline");
            let message = format!("the build of `{name}` has both `dockerfile` and `dockerfile_inline`");
            check.error(code::EXCLUSIVE, message, place, "keep one of the two");
        }
        if let Some(platform) = &service.platform
            && !build.platforms.is_empty()
            && !build.platforms.contains(platform)
        {
            let place = check.place(&["services", name, "platform"]);
            let message = format!("service `{name}` runs on {platform}, for which it is not built");
            check.error(code::DISAGREE, message, place, format!("add `{platform}` to `build.platforms`"));
        }
    }
}

/// The long form says both sides.
fn device_targets(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, device) in service.devices.iter().enumerate() {
        if device.target.as_deref().unwrap_or_default().is_empty() {
            let place = check.place(&["services", name, "devices", &index.to_string()]);
            let help = "add `target: …`: its path in the container";
            check.error(code::MISSING_KEY, "`target` is missing here", place, help);
        }
    }
}

/// A share of the processors, for Windows.
fn processors(check: &mut Check<'_>, name: &str, service: &Service) {
    if service.cpu_count < 0 {
        let place = check.place(&["services", name, "cpu_count"]);
        check.error(code::WRONG_VALUE, "a number of processors cannot be negative", place, "write 1 or more");
    }
    if !(0.0..=100.0).contains(&service.cpu_percent) || service.cpu_percent.fract() != 0.0 {
        let place = check.place(&["services", name, "cpu_percent"]);
        check.error(code::WRONG_VALUE, "a share of processors is a whole number from 0 to 100", place, "such as 50");
    }
}

fn replicas(check: &mut Check<'_>, name: &str, service: &Service) {
    let deploy = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
    if let (Some(scale), Some(replicas)) = (service.scale, deploy)
        && scale != replicas
    {
        let place = check.place(&["services", name, "scale"]);
        let message = format!("`scale` is {scale} and `deploy.replicas` is {replicas}");
        check.error(code::DISAGREE, message, place, "keep one of the two");
    }
    if service.container_name.is_some() && service.replicas() > 1 {
        let place = check.place(&["services", name, "container_name"]);
        let message = format!("service `{name}` has {} replicas, which cannot share one name", service.replicas());
        check.error(code::CONTAINER_NAME, message, place, "remove `container_name`, or run one replica");
    }
}

fn resources(check: &mut Check<'_>, name: &str, service: &Service) {
    let resources = service.deploy.as_ref().map(|deploy| &deploy.resources);
    let limits = resources.and_then(|resources| resources.limits.as_ref());
    let reservations = resources.and_then(|resources| resources.reservations.as_ref());
    let pairs = [
        ("cpus", "deploy.resources.limits.cpus", differ(service.cpus, limits.and_then(|limits| limits.cpus))),
        (
            "mem_limit",
            "deploy.resources.limits.memory",
            differ(service.mem_limit, limits.and_then(|limits| limits.memory)),
        ),
        (
            "mem_reservation",
            "deploy.resources.reservations.memory",
            differ(service.mem_reservation, reservations.and_then(|reservations| reservations.memory)),
        ),
        (
            "pids_limit",
            "deploy.resources.limits.pids",
            differ(nonzero(service.pids_limit), limits.and_then(|limits| nonzero(limits.pids))),
        ),
    ];
    for (key, other, differ) in pairs {
        if differ {
            let place = check.place(&["services", name, key]);
            check.error(code::DISAGREE, format!("`{key}` and `{other}` differ"), place, "keep one of the two");
        }
    }
}

fn nonzero(number: i64) -> Option<i64> {
    (number != 0).then_some(number)
}

fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// The pattern is Compose's; an engine is stricter at the ends.
fn container_name(check: &mut Check<'_>, name: &str, service: &Service) {
    let Some(own) = &service.container_name else { return };
    let rest = own.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if rest.len() != own.len() || own.len() < 2 || !own.chars().all(is_part) {
        let place = check.place(&["services", name, "container_name"]);
        let message = format!("`{own}` cannot be the name of a container");
        let help = "use letters, digits, `_`, `.` and `-`, two or more, a letter or digit first";
        check.error(code::CONTAINER_NAME, message, place, help);
    }
}

fn one_name_twice(check: &mut Check<'_>) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, service) in &check.spec.services {
        let Some(own) = service.container_name.as_deref() else { continue };
        let Some(other) = taken.insert(own, name) else { continue };
        let place = check.place(&["services", name, "container_name"]);
        let first = check.place(&["services", other, "container_name"]);
        let message = format!("the containers of `{other}` and `{name}` have one name: `{own}`");
        let told = Diagnostic::error(code::CONTAINER_NAME, message).at(place, "");
        let help = "give each its own, or remove `container_name`";
        check.said.push(told.related(first, "first here").help(help));
    }
}

/// One path holds one thing: what is mounted into memory cannot be mounted over.
fn temporary(check: &mut Check<'_>, name: &str, service: &Service) {
    let mut taken: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    let tmpfs = service.tmpfs.iter().enumerate().map(|(index, mount)| ("tmpfs", index, mount.split(':').next()));
    let mounts = service.volumes.iter().enumerate().map(|(index, mount)| ("volumes", index, mount.target.as_deref()));
    for (key, index, target) in tmpfs.chain(mounts) {
        let Some(target) = target.map(clean).filter(|target| !target.is_empty()) else { continue };
        let place =
            |check: &Check<'_>, key: &str, index: usize| check.place(&["services", name, key, &index.to_string()]);
        if let Some((first, at)) = taken.get(&target) {
            let (here, there) = (place(check, key, index), place(check, first, *at));
            let message = format!("`{target}` is mounted twice");
            let told = Diagnostic::error(code::MOUNT, message).at(here, "").related(there, "first here");
            check.said.push(told.help("keep one of the two, or give one another target"));
        } else {
            taken.insert(target, (key, index));
        }
    }
}

fn mounts(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, mount) in service.volumes.iter().enumerate() {
        let path = ["services", name, "volumes", &index.to_string()];
        if check.is_misspelt(&path) {
            continue;
        }
        if mount.target.as_deref().unwrap_or_default().is_empty() {
            let place = check.place(&path);
            check.error(code::MOUNT, "a mount needs a `target`: a path in the container", place, "add `target: …`");
        }
        let needs_source = matches!(mount.kind, MountKind::Bind | MountKind::Image | MountKind::Npipe);
        if needs_source && mount.source.as_deref().unwrap_or_default().is_empty() {
            let place = check.place(&path);
            let help = match mount.kind {
                MountKind::Bind => "add `source: ./…`, a path of the host; a volume has `type: volume`",
                MountKind::Image => "add `source: …`, the image",
                _ => "add `source: …`",
            };
            check.error(code::MOUNT, "this mount needs a `source`", place, help);
        }
        if let Some(size) = mount.tmpfs.as_ref().and_then(|tmpfs| tmpfs.size)
            && size.0 < 0
        {
            let place = check.place(&["services", name, "volumes", &index.to_string(), "tmpfs", "size"]);
            check.error(
                code::WRONG_VALUE,
                "a size cannot be negative",
                place,
                "such as `64m`; without a size, half the memory",
            );
        }
    }
}

fn devices(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, device) in service.devices.iter().enumerate() {
        let path = ["services", name, "devices", &index.to_string()];
        if device.source.is_none() && !check.is_misspelt(&path) {
            let place = check.place(&["services", name, "devices", &index.to_string()]);
            check.error(code::MISSING_KEY, "`source` is missing: which device?", place, "add `source: …`");
        }
    }
    let reserved = service.deploy.as_ref().and_then(|deploy| deploy.resources.reservations.as_ref());
    for (index, request) in reserved.map(|reserved| reserved.devices.as_slice()).unwrap_or_default().iter().enumerate()
    {
        let path = ["services", name, "deploy", "resources", "reservations", "devices", &index.to_string()];
        if request.capabilities.is_empty() && !check.is_misspelt(&path) {
            let place = check.place(&path);
            check.error(code::MISSING_KEY, "`capabilities` is missing here", place, "add `capabilities: [gpu]`");
        }
        one_way(check, request, &path);
    }
    for (index, request) in service.gpus.iter().enumerate() {
        one_way(check, request, &["services", name, "gpus", &index.to_string()]);
    }
}

fn one_way(check: &mut Check<'_>, request: &DeviceRequest, path: &[&str]) {
    if request.count.0 != 0 && !request.device_ids.is_empty() {
        let place = check.place(path);
        check.error(code::EXCLUSIVE, "`count` and `device_ids` exclude each other", place, "keep one of the two");
    }
}

fn watches(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, watch) in service.develop.iter().flat_map(|develop| &develop.watch).enumerate() {
        let path = ["services", name, "develop", "watch", &index.to_string()];
        if watch.path.is_empty() {
            let place = check.place(&path);
            check.error(code::WRONG_VALUE, "`path` is empty", place, "such as `path: ./src`");
        }
        let copies = matches!(watch.action, WatchAction::Sync | WatchAction::SyncRestart | WatchAction::SyncExec);
        if copies && watch.target.is_none() && !check.is_misspelt(&path) {
            let place = check.place(&path);
            check.error(code::MISSING_KEY, "`target` is missing: where do the files go?", place, "add `target: …`");
        }
        if let Some(mistake) = watch.target.as_deref().and_then(leads_astray) {
            let place = check.place(&["services", name, "develop", "watch", &index.to_string(), "target"]);
            let message = format!("this target {mistake}");
            check.error(code::WRONG_VALUE, message, place, "write where the files go in the container: `/app`");
        }
        if watch.action == WatchAction::SyncExec && watch.exec.as_ref().is_none_or(|hook| hook.command.is_none()) {
            let place = check.place(&path);
            check.error(
                code::MISSING_KEY,
                "`exec.command` is missing: what is to run?",
                place,
                "add `exec: {command: …}`",
            );
        }
    }
}

fn ways_back(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, path) in service.dsenv.iter().flat_map(|own| &own.sync_back).enumerate() {
        if let Some(mistake) = leads_astray(path) {
            let place = check.place(&["services", name, "x-dsenv", "sync_back", &index.to_string()]);
            check.error(code::WRONG_VALUE, format!("this path {mistake}"), place, "write a folder of the container");
        }
    }
}

/// What is wrong with a path in a container, if something is.
fn leads_astray(path: &str) -> Option<&'static str> {
    let mut depth = 0_i64;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return Some("leads above the container's root");
        }
    }
    if path.contains('\0') {
        return Some("holds a NUL, which no path can");
    }
    path.is_empty().then_some("is empty")
}

fn ports(check: &mut Check<'_>, name: &str, service: &Service) {
    for (index, port) in service.ports.iter().enumerate() {
        if port.target == 0 && !check.is_misspelt(&["services", name, "ports", &index.to_string()]) {
            let place = check.place(&["services", name, "ports", &index.to_string()]);
            check.error(
                code::MISSING_KEY,
                "`target` is missing: which port of the container?",
                place,
                "add `target: 80`",
            );
        }
        if let Some(address) = &port.host_ip
            && address.parse::<std::net::IpAddr>().is_err()
        {
            let place = check.place(&["services", name, "ports", &index.to_string(), "host_ip"]);
            let message = format!("`{address}` is no address of the host");
            check.error(code::WRONG_VALUE, message, place, "such as 127.0.0.1 or ::1");
        }
    }
}

fn health(check: &mut Check<'_>, name: &str, service: &Service) {
    let Some(first) = service.healthcheck.as_ref().and_then(|health| health.test.first()) else { return };
    if !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE") {
        let place = check.place(&["services", name, "healthcheck", "test", "0"]);
        let message = format!("a list for `test` begins with `CMD`, `CMD-SHELL` or `NONE`, not with `{first}`");
        check.error(code::WRONG_VALUE, message, place, format!("write `[CMD, {first}, …]`, or one text for the shell"));
    }
}

fn environment(check: &mut Check<'_>, name: &str) {
    let Some(map) = check.node(&["services", name]).get("environment").and_then(|map| map.as_map()) else { return };
    for key in map.keys().filter(|key| key.text.contains(char::is_whitespace)) {
        let message = format!("`{}` is an odd name for a variable", key.text);
        let help = "write `NAME=VALUE` without spaces around the name";
        if key.text.trim() == key.text {
            check.warning(code::NAME, message, key.place.clone(), help);
        } else {
            check.error(code::NAME, message, key.place.clone(), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::leads_astray;

    #[test]
    fn a_path_in_a_container_stays_below_its_root() {
        for fine in ["/app", "app/", "/app/../x", "./", "/"] {
            assert_eq!(leads_astray(fine), None, "{fine}");
        }
        for wrong in ["../..", "/app/../../x", "..", "/..", "/a\0b", ""] {
            assert!(leads_astray(wrong).is_some(), "{wrong:?}");
        }
    }
}
