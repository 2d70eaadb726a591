//! One service as the table shows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{ImageRef, Project, Service, ServiceName};
use crate::plan;
use crate::state::{Container, Health, LivePort, Observed, RunState};

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub service: ServiceName,
    /// How many containers the spec asks for.
    pub wanted: u32,
    /// Whether it is done when it exits 0.
    pub job: bool,
    /// What is there, by number.
    pub containers: Vec<Instance>,
    /// One-offs (`run`) that are there, by name.
    pub one_offs: Vec<Instance>,
    /// The image that the first container was made with, or else the one that the spec asks for.
    pub image: Option<ImageRef>,
    /// Where it can be reached.
    pub urls: Vec<String>,
    /// What differs from the last apply, in words (`memory: 512 MiB -> 1 GiB`).
    pub drift: Vec<String>,
    /// Why the spec asks for no container of it (`not in the spec`, `profile gpu is off`, `run by awesomecloud`).
    pub note: Option<String>,
}

/// One container of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its number, from 1.
    pub replica: u32,
    /// What it is doing.
    pub state: RunState,
    /// What its health check says; `None` without one.
    pub health: Option<Health>,
    /// When it started last.
    pub started_at: Option<Timestamp>,
    /// Whether it has done what it was for: a job that exited with 0, and what may end and had nothing more to do.
    pub finished: bool,
    /// How often the engine started it again by itself.
    pub restarts: i64,
}

/// The services of the spec and what is there of them; then those that programs run, and services that are there and
/// the spec does not ask for.
/// `drift` has the words of [`Row::drift`] by service.
pub fn rows(project: &Project, observed: &Observed, drift: &BTreeMap<ServiceName, Vec<String>>) -> Vec<Row> {
    let mut there: BTreeMap<&ServiceName, There> = BTreeMap::new();
    for container in &observed.containers {
        let there = there.entry(&container.service).or_default();
        if container.oneoff { &mut there.one_offs } else { &mut there.replicas }.push(container);
    }
    let row = |name: &ServiceName, service: Option<&Service>, there: &There, note: Option<String>| Row {
        service: name.clone(),
        wanted: service.map_or(0, |service| service.scale),
        job: service.is_some_and(|service| service.job),
        containers: instances(service, &there.replicas),
        one_offs: instances(service, &there.one_offs),
        image: there.replicas.first().map(|c| &c.image_reference).or(service.map(|s| &s.fixed.image)).cloned(),
        urls: urls(service, &there.replicas),
        drift: drift.get(name).cloned().unwrap_or_default(),
        note,
    };
    let mut rows: Vec<_> = project
        .services
        .iter()
        .map(|(name, service)| row(name, Some(service), &there.remove(name).unwrap_or_default(), None))
        .collect();
    for (name, provider) in &project.providers {
        rows.push(row(name, None, &There::default(), Some(format!("run by {}", provider.program))));
    }
    for (name, containers) in there {
        let note = match project.idle.get(name) {
            Some(idle) if idle.profiles.is_empty() => "what the spec says of it is not known".to_owned(),
            Some(idle) => {
                let profiles: Vec<_> = idle.profiles.iter().map(String::as_str).collect();
                format!("profile {} is off", profiles.join(", "))
            }
            None => "not in the spec".to_owned(),
        };
        rows.push(row(name, None, &containers, Some(note)));
    }
    rows
}

/// What is there of one service.
#[derive(Default)]
struct There<'a> {
    replicas: Vec<&'a Container>,
    one_offs: Vec<&'a Container>,
}

fn instances(service: Option<&Service>, containers: &[&Container]) -> Vec<Instance> {
    let mut instances: Vec<_> = containers
        .iter()
        .map(|container| Instance {
            name: container.name.to_string(),
            replica: container.replica,
            state: container.state.clone(),
            health: container.health.clone(),
            started_at: container.started_at,
            finished: service.is_some_and(|service| is_finished(service, container)),
            restarts: container.restart_count,
        })
        .collect();
    instances.sort_by(|a, b| (a.replica, &a.name).cmp(&(b.replica, &b.name)));
    instances
}

fn is_finished(service: &Service, container: &Container) -> bool {
    let well = matches!(container.state, RunState::Exited { code: 0, .. });
    well && (service.job || plan::is_finished(service, container))
}

/// The user's own URLs, or else those of the TCP ports on the host, while anything runs.
fn urls(service: Option<&Service>, containers: &[&Container]) -> Vec<String> {
    let up = || containers.iter().filter(|container| container.state.is_up());
    if up().next().is_none() {
        return Vec::new();
    }
    if let Some(service) = service.filter(|service| !service.urls.is_empty()) {
        return service.urls.clone();
    }
    let ports: BTreeSet<_> =
        up().flat_map(|container| &container.ports).filter(|port| port.protocol == "tcp").collect();
    let mut urls: Vec<_> = ports.into_iter().map(url).collect();
    // The same port on 0.0.0.0 and on :: is one place.
    let mut seen = BTreeSet::new();
    urls.retain(|url| seen.insert(url.clone()));
    urls
}

/// Ports whose servers do not speak HTTP are shown without a scheme.
const NOT_HTTP: [u16; 13] = [22, 25, 53, 1433, 1883, 2379, 3306, 5432, 5672, 6379, 9092, 11211, 27017];

fn url(port: &LivePort) -> String {
    let host = match port.host_ip.as_str() {
        "" | "0.0.0.0" | "::" | "127.0.0.1" | "::1" => "localhost".to_owned(),
        ip if ip.contains(':') => format!("[{ip}]"),
        ip => ip.to_owned(),
    };
    let scheme = match port.target {
        443 | 8443 => "https://",
        target if NOT_HTTP.contains(&target) => "",
        _ => "http://",
    };
    format!("{scheme}{host}:{}", port.published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_place_to_go_to() {
        let port = |target, host_ip: &str| LivePort {
            target,
            protocol: "tcp".into(),
            host_ip: host_ip.into(),
            published: 9000,
        };
        assert_eq!(url(&port(8888, "0.0.0.0")), "http://localhost:9000");
        assert_eq!(url(&port(5432, "::")), "localhost:9000");
        assert_eq!(url(&port(443, "fd00::1")), "https://[fd00::1]:9000");
    }
}
