//! Numbers that no engine takes, each an error at its line: an engine would find them in the middle of an apply.
//!
//! The bounds are those of Docker and of the Linux kernel behind it. A number that an engine takes without effect, or
//! takes for "no limit", is not refused.

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::model::FileKind;
use crate::spec::code;
use crate::spec::types::{Blkio, Deploy, Healthcheck, Resource, Service};
use crate::spec::value::{Bytes, Cpus, Duration};

/// A number of a service and its bounds. Zero is "unset" for all of them.
struct Range {
    /// The key.
    key: &'static str,
    /// The number, if it is said.
    number: fn(&Service) -> Option<i64>,
    /// The least that is taken.
    least: i64,
    /// The most that is taken.
    most: i64,
    /// Whether a negative number is taken, for "no limit".
    or_none: bool,
    /// The bounds in words.
    bounds: &'static str,
}

const MEMORY: &str = "6m or more";
const PERIOD: &str = "from 1ms to 720h";
const WEIGHT: &str = "from 10 to 1000";
const MOST_PIDS: i64 = 4 << 20;
const LEAST_MEMORY: i64 = 6 << 20;
const MILLISECOND: i64 = 1_000_000;
/// Thirty days: what is asked as seldom is never waited for.
const LONGEST: i64 = 720 * 3_600 * 1_000 * MILLISECOND;
/// Most processors that Linux can be built for, in billionths.
const MOST_NANO_CPUS: i64 = 8192 * 1_000_000_000;

const RANGES: &[Range] = &[
    Range { bounds: MEMORY, ..from("mem_limit", |own| bytes(own.mem_limit), LEAST_MEMORY) },
    Range {
        bounds: MEMORY,
        ..from("deploy.resources.limits.memory", |own| limits(own).and_then(|own| bytes(own.memory)), LEAST_MEMORY)
    },
    Range { bounds: MEMORY, or_none: true, ..from("mem_reservation", |own| bytes(own.mem_reservation), LEAST_MEMORY) },
    Range {
        bounds: MEMORY,
        or_none: true,
        ..from(
            "deploy.resources.reservations.memory",
            |own| reservations(own).and_then(|own| bytes(own.memory)),
            LEAST_MEMORY,
        )
    },
    Range { bounds: "from -1 to 100", most: 100, ..from("mem_swappiness", |own| bytes(own.mem_swappiness), -1) },
    Range { bounds: "0 or more", ..from("shm_size", |own| bytes(own.shm_size), 0) },
    Range {
        bounds: "from 0.01 to 8192",
        most: MOST_NANO_CPUS,
        ..from("cpus", |own| own.cpus.map(Cpus::nano), 10 * MILLISECOND)
    },
    Range {
        bounds: "from 0.01 to 8192",
        most: MOST_NANO_CPUS,
        ..from(
            "deploy.resources.limits.cpus",
            |own| limits(own).and_then(|own| own.cpus).map(Cpus::nano),
            10 * MILLISECOND,
        )
    },
    Range { bounds: "from 2 to 262144", most: 262_144, ..from("cpu_shares", |own| Some(own.cpu_shares), 2) },
    Range {
        bounds: "from 1000 to 1000000 microseconds",
        most: 1_000_000,
        ..from("cpu_period", |own| Some(own.cpu_period), 1000)
    },
    Range {
        bounds: "1000 microseconds or more, or -1 for no limit",
        or_none: true,
        ..from("cpu_quota", |own| Some(own.cpu_quota), 1000)
    },
    Range { bounds: "0 or more microseconds", ..from("cpu_rt_period", |own| Some(own.cpu_rt_period), 0) },
    Range { bounds: "0 or more microseconds", ..from("cpu_rt_runtime", |own| Some(own.cpu_rt_runtime), 0) },
    Range {
        bounds: "from 1 to 4194304, or -1 for no limit",
        most: MOST_PIDS,
        or_none: true,
        ..from("pids_limit", |own| Some(own.pids_limit), 1)
    },
    Range {
        bounds: "from 1 to 4194304, or -1 for no limit",
        most: MOST_PIDS,
        or_none: true,
        ..from("deploy.resources.limits.pids", |own| limits(own).map(|own| own.pids), 1)
    },
    Range { bounds: "from -1000 to 1000", most: 1000, ..from("oom_score_adj", |own| Some(own.oom_score_adj), -1000) },
    Range {
        bounds: WEIGHT,
        most: 1000,
        ..from("blkio_config.weight", |own| own.blkio_config.as_ref().map(|own| own.weight.into()), 10)
    },
    span("healthcheck.interval", |own| health(own, |own| own.interval)),
    span("healthcheck.timeout", |own| health(own, |own| own.timeout)),
    span("healthcheck.start_period", |own| health(own, |own| own.start_period)),
    span("healthcheck.start_interval", |own| health(own, |own| own.start_interval)),
    Range { bounds: "10000 or less", most: 10_000, ..from("scale", |own| own.scale.map(i64::from), 0) },
    Range {
        bounds: "10000 or less",
        most: 10_000,
        ..from("deploy.replicas", |own| deploy(own).and_then(|own| own.replicas).map(i64::from), 0)
    },
];

const fn from(key: &'static str, number: fn(&Service) -> Option<i64>, least: i64) -> Range {
    Range { key, number, least, most: i64::MAX, or_none: false, bounds: "" }
}

const fn span(key: &'static str, number: fn(&Service) -> Option<i64>) -> Range {
    Range { bounds: PERIOD, most: LONGEST, ..from(key, number, MILLISECOND) }
}

fn bytes(amount: Option<Bytes>) -> Option<i64> {
    amount.map(|amount| amount.0)
}

fn deploy(own: &Service) -> Option<&Deploy> {
    own.deploy.as_ref()
}

fn limits(own: &Service) -> Option<&Resource> {
    deploy(own)?.resources.limits.as_ref()
}

fn reservations(own: &Service) -> Option<&Resource> {
    deploy(own)?.resources.reservations.as_ref()
}

/// A span of the health check; of one that is switched off nothing is asked.
fn health(own: &Service, part: fn(&Healthcheck) -> Option<Duration>) -> Option<i64> {
    part(own.healthcheck.as_ref().filter(|own| !own.disable)?).map(|span| span.0)
}

/// Reports each number of a service that is out of its bounds.
pub(super) fn report(own: &Service, scope: &mut Scope<'_, '_>) {
    for Range { key, number, least, most, or_none, bounds } in RANGES {
        let fits = |number: i64| number == 0 || *or_none && number < 0 || (*least..=*most).contains(&number);
        if (number)(own).is_none_or(fits) {
            continue;
        }
        refuse(key, bounds, &key.split('.').collect::<Vec<_>>(), scope);
    }
    swap(own, scope);
    ulimits(own, scope);
    modes(own, scope);
    if let Some(blkio) = &own.blkio_config {
        devices(blkio, scope);
    }
}

fn refuse(key: &str, bounds: &str, path: &[&str], scope: &mut Scope<'_, '_>) {
    let message = format!("`{key}` of service `{}` is out of range", scope.name);
    let finding = Diagnostic::error(code::WRONG_VALUE, message).help(format!("write {bounds}"));
    scope.report(finding, path, "no engine takes this");
}

/// Memory and swap together are no less than memory alone.
fn swap(own: &Service, scope: &mut Scope<'_, '_>) {
    let memory = bytes(own.mem_limit).or(limits(own).and_then(|own| bytes(own.memory))).filter(|bytes| *bytes > 0);
    let mut told = |key: &str, message: &str, help: &str| {
        let message = format!("`{key}` of service `{}` {message}", scope.name);
        scope.report(Diagnostic::error(code::WRONG_VALUE, message).help(help), &[key], "no engine takes this");
    };
    match (bytes(own.memswap_limit).filter(|bytes| *bytes > 0), memory) {
        (Some(_), None) => told("memswap_limit", "is memory and swap together, and `mem_limit` is not set", "set both"),
        (Some(both), Some(memory)) if both < memory => {
            let help = "write memory and swap together, or -1 for no limit";
            told("memswap_limit", "is less than `mem_limit`", help);
        }
        _ => {}
    }
    let reserved = bytes(own.mem_reservation).or(reservations(own).and_then(|own| bytes(own.memory)));
    if let (Some(reserved), Some(memory)) = (reserved, memory)
        && reserved > memory
    {
        told("mem_reservation", "is more than the limit", "reserve less, or raise `mem_limit`");
    }
}

/// The names that Linux has.
const ULIMITS: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

fn ulimits(own: &Service, scope: &mut Scope<'_, '_>) {
    for (name, limit) in &own.ulimits {
        let (soft, hard) = limit.soft_and_hard();
        // -1 is no limit, which is more than any.
        let order = |limit: i64| if limit == -1 { i64::MAX } else { limit };
        let (message, help) = if !ULIMITS.contains(&name.to_lowercase().as_str()) {
            (format!("Linux has no limit `{name}`"), format!("there are {}", ULIMITS.join(", ")))
        } else if soft < -1 || hard < -1 {
            (format!("the limit `{name}` is negative"), "write -1 for no limit".to_owned())
        } else if order(soft) > order(hard) {
            (format!("the limit `{name}` is more than its hard one"), "write `hard` as large as `soft`".to_owned())
        } else {
            continue;
        };
        let finding = Diagnostic::error(code::WRONG_VALUE, message).help(help);
        scope.report(finding, &["ulimits", name.as_str()], "no engine takes this");
    }
}

fn devices(blkio: &Blkio, scope: &mut Scope<'_, '_>) {
    let Blkio {
        weight: _,
        weight_device,
        device_read_bps,
        device_read_iops,
        device_write_bps,
        device_write_iops,
        extensions: _,
    } = blkio;
    for (at, device) in weight_device.iter().enumerate() {
        if device.weight != 0 && !(10..=1000).contains(&device.weight) {
            let path = ["blkio_config", "weight_device", &at.to_string(), "weight"];
            refuse("blkio_config.weight_device", WEIGHT, &path, scope);
        }
    }
    let rates = [
        ("device_read_bps", device_read_bps),
        ("device_read_iops", device_read_iops),
        ("device_write_bps", device_write_bps),
        ("device_write_iops", device_write_iops),
    ];
    for (key, list) in rates {
        for (at, _) in list.iter().enumerate().filter(|(_, device)| device.rate.0 < 0) {
            let path = ["blkio_config", key, &at.to_string(), "rate"];
            refuse(&format!("blkio_config.{key}"), "0 or more", &path, scope);
        }
    }
}

/// Permissions of files and of memory.
fn modes(own: &Service, scope: &mut Scope<'_, '_>) {
    const MOST: u32 = 0o7777;
    let files = [(FileKind::Config, &own.configs), (FileKind::Secret, &own.secrets)];
    for (kind, grants) in files {
        let section = match kind {
            FileKind::Config => "configs",
            FileKind::Secret => "secrets",
        };
        for (at, _) in grants.iter().enumerate().filter(|(_, grant)| grant.mode.is_some_and(|mode| mode.0 > MOST)) {
            refuse(&format!("{section}.mode"), "up to \"7777\"", &[section, &at.to_string(), "mode"], scope);
        }
    }
    for (at, mount) in own.volumes.iter().enumerate() {
        if mount.tmpfs.as_ref().is_some_and(|tmpfs| tmpfs.mode.0 > MOST) {
            refuse("volumes.tmpfs.mode", "up to \"7777\"", &["volumes", &at.to_string(), "tmpfs", "mode"], scope);
        }
    }
}
