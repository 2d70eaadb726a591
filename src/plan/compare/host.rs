//! What a service asks of the engine's host: what is not there is told by the plan, and not by the engine in the middle
//! of an apply.

use crate::diagnostic::Severity;
use crate::model::{NetworkMode, Service};
use crate::rules::Rules;
use crate::state::Host;

/// What a host lacks for a service.
pub struct Lack {
    /// The field that asks for it.
    pub field: String,
    /// A warning where the host may have it all the same.
    pub severity: Severity,
    /// What is missing.
    pub told: String,
    /// What to do.
    pub help: String,
}

/// Whether a service asks for something that not every host has. Only then the engine is asked what its host has.
pub fn needs(service: &Service) -> bool {
    let Service { fixed, tunable, .. } = service;
    let driver = fixed.logging.as_ref().and_then(|logging| logging.driver.as_ref());
    fixed.runtime.is_some() || driver.is_some() || !fixed.device_requests.is_empty() || tunable.nano_cpus.is_some()
}

/// What the host lacks for a service.
pub fn lacks(service: &Service, host: &Host, rules: &Rules) -> Vec<Lack> {
    [runtime(service, host), log_driver(service, host, rules), cpus(service, host), devices(service, host, rules)]
        .into_iter()
        .flatten()
        .collect()
}

fn lack(field: &str, told: String, help: impl Into<String>) -> Option<Lack> {
    Some(Lack { field: field.to_owned(), severity: Severity::Error, told, help: help.into() })
}

/// A path or the name of a shim need not be registered.
fn runtime(service: &Service, host: &Host) -> Option<Lack> {
    let name = service.fixed.runtime.as_ref()?;
    let is_shim = name.contains('/') || name.starts_with("io.containerd.");
    if is_shim || host.runtimes.is_empty() || host.runtimes.contains(name) {
        return None;
    }
    let has = host.runtimes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    lack(
        "runtime",
        format!("the engine has no runtime `{name}`"),
        format!("register it with the engine, or use one of {has}"),
    )
}

fn log_driver(service: &Service, host: &Host, rules: &Rules) -> Option<Lack> {
    let name = service.fixed.logging.as_ref()?.driver.as_ref()?;
    let is_known = |known: &String| known == name || known.strip_suffix(":latest") == Some(name.as_str());
    if name == "none"
        || host.log_drivers.is_empty()
        || host.log_drivers.iter().any(is_known)
        || !rules.dialect.capabilities().lists_all_log_drivers
    {
        return None;
    }
    let has = host.log_drivers.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let help = format!("install its plug-in (`docker plugin install {name}`), or use one of {has}");
    lack("logging.driver", format!("the engine has no log driver `{name}`"), help)
}

fn cpus(service: &Service, host: &Host) -> Option<Lack> {
    const BILLION: i64 = 1_000_000_000;
    let asked = service.tunable.nano_cpus?;
    if host.cpus <= 0 || asked <= host.cpus.saturating_mul(BILLION) {
        return None;
    }
    let (whole, rest) = (asked / BILLION, asked % BILLION);
    let rest = format!("{rest:09}");
    let asked = format!("{whole}.{}", rest.trim_end_matches('0'));
    let told =
        format!("it may use {} processors, and the engine's host has {}", asked.trim_end_matches('.'), host.cpus);
    lack("nano_cpus", told, format!("ask for {} at most", host.cpus))
}

/// What the engine offers for GPUs besides a runtime or the CDI cannot be asked for, so they are a warning.
fn devices(service: &Service, host: &Host, rules: &Rules) -> Option<Lack> {
    if host.cdi || !rules.dialect.capabilities().tells_cdi || service.fixed.device_requests.is_empty() {
        return None;
    }
    let is_cdi = |driver: &Option<String>| driver.as_deref() == Some("cdi");
    if service.fixed.device_requests.iter().any(|request| is_cdi(&request.driver)) {
        let told = "the engine does not look for devices of the CDI".to_owned();
        return lack(
            "device_requests",
            told,
            "switch the CDI on in the engine (`features.cdi`, Engine 25.0 and newer)",
        );
    }
    let has_runtime = host.runtimes.iter().any(|name| name.starts_with("nvidia"));
    let is_gpu = service.fixed.device_requests.iter().any(|request| request.capabilities.contains("gpu"));
    if has_runtime || !is_gpu {
        return None;
    }
    let told = "it asks for GPUs, and the engine shows no runtime and no CDI devices for them".to_owned();
    let help = "install the NVIDIA Container Toolkit on the engine's host and restart the engine, if that is not done";
    Some(Lack { severity: Severity::Warning, ..lack("device_requests", told, help)? })
}

/// Kernel parameters that belong to the whole host, with what to do. A runtime of another kind may have a kernel for each
/// container.
pub fn foreign_sysctls(service: &Service) -> Vec<(String, String)> {
    let fixed = &service.fixed;
    if fixed.runtime.as_ref().is_some_and(|name| name != "runc" && name != "crun") {
        return Vec::new();
    }
    let of_ipc = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax"];
    let more = ["kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname", "kernel.hostname"];
    let is_own = |name: &str| {
        of_ipc.contains(&name) || more.contains(&name) || name.starts_with("fs.mqueue.") || name.starts_with("net.")
    };
    let shares_network = fixed.network_mode == NetworkMode::Host;
    let names = fixed.sysctls.keys().filter_map(|name| {
        let plain = name.replace('/', ".");
        if !is_own(&plain) {
            return Some((name.clone(), format!("set it on the host: `sysctl -w {plain}=…`")));
        }
        let help = "without `network_mode: host` it is the container's own; or set it on the host";
        (shares_network && plain.starts_with("net.")).then(|| (name.clone(), help.to_owned()))
    });
    names.collect()
}
