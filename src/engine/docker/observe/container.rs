//! Reading a container.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as Status, ContainerSummary,
    ContainerSummaryStateEnum as State, EndpointSettings, HealthStatusEnum, HostConfig, NetworkSettings,
};
use jiff::Timestamp;

use super::super::codec;
use super::super::via::is_anonymous;
use super::super::wire::{Around, Wire};
use crate::model::{ContainerName, ImageRef, NetworkName, VolumeName};
use crate::rules::ApiVersion;
use crate::state::{
    Container, ContainerId, Ended, Endpoint, Guest, Health, ImageId, Lender, LiveMount, LivePort, NetworkId, Observed,
    Record, RunState, Scope, label, record,
};

/// Whether it is a helper of dsenv's own, which is noted as one.
pub(super) fn is_helper(observed: &mut Observed, scope: &Scope, inspect: &ContainerInspectResponse) -> bool {
    let labels = inspect.config.as_ref().and_then(|config| config.labels.as_ref());
    let (Some(id), Some(name), Some(labels)) = (&inspect.id, &inspect.name, labels) else { return false };
    let up = inspect.state.as_ref().is_some_and(|state| run_state(state).is_up());
    let labels = labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    observed.add_helper(scope, ContainerId(id.clone()), &ContainerName::new(name.trim_start_matches('/')), &labels, up)
}

/// `None` for what is not a service's container: another project's, a helper of dsenv's own.
pub(super) fn read(
    inspect: ContainerInspectResponse,
    scope: &Scope,
    api: ApiVersion,
    networks: &BTreeMap<String, String>,
    anonymous: &BTreeSet<VolumeName>,
) -> Option<Container> {
    let id = ContainerId(inspect.id.clone()?);
    let name = inspect.name.as_deref().unwrap_or_default().trim_start_matches('/').to_owned();
    let labels: label::Labels =
        inspect.config.iter().flat_map(|config| config.labels.clone().unwrap_or_default()).collect();
    if !label::belongs(&labels, &scope.project) {
        return None;
    }
    let identity = label::identity(&labels)?;
    let record = record::decode(&labels);
    let state = inspect.state.clone().unwrap_or_default();
    let settings = inspect.network_settings.clone().unwrap_or_default();
    let mounts = inspect.mounts.clone().unwrap_or_default();
    let image = ImageId(inspect.image.clone().unwrap_or_default());
    let restart_count = inspect.restart_count.unwrap_or_default();
    let wire = Wire::of(inspect);
    let around = Around::nothing(api);
    let fixed = codec::read_fixed(&wire, &around);
    Some(Container {
        endpoints: endpoints(&settings, &id, &links(record.as_ref()), networks, &around),
        ports: ports(&settings),
        lives_in: lives_in(&wire.host),
        mounts: mounts
            .into_iter()
            .map(|mount| {
                let volume = mount.name.filter(|_| mount.typ.as_deref() == Some("volume")).map(VolumeName::new);
                let nameless = |name: &VolumeName| is_anonymous(name.as_str()) || anonymous.contains(name);
                LiveMount {
                    target: mount.destination.unwrap_or_default(),
                    anonymous: volume.as_ref().is_some_and(nameless),
                    volume,
                }
            })
            .collect(),
        service: identity.service.as_str().into(),
        replica: identity.replica,
        oneoff: identity.oneoff,
        image,
        image_reference: ImageRef::new(wire.config.image.clone().unwrap_or_default()),
        config_hash: labels.get(label::COMPOSE_CONFIG_HASH).cloned(),
        environment: fixed.environment,
        tunable: codec::read_tunable(&wire, &around),
        health: health(&state),
        started_at: started_at(&state),
        ended: ended(&state),
        state: run_state(&state),
        restart_count,
        name: ContainerName::new(name),
        id,
        record,
    })
}

/// What of a container matters to those that live in its namespaces.
pub(super) fn lender(inspect: &ContainerInspectResponse) -> Lender {
    let state = inspect.state.as_ref().filter(|state| run_state(state).is_up());
    Lender {
        name: ContainerName::new(inspect.name.as_deref().unwrap_or_default().trim_start_matches('/')),
        started_at: state.and_then(started_at),
    }
}

/// `None` for what is the project's own.
pub(super) fn guest(summary: ContainerSummary, scope: &Scope) -> Option<Guest> {
    let labels = summary.labels.unwrap_or_default().into_iter().collect();
    if label::belongs(&labels, &scope.project) {
        return None;
    }
    let is_up = matches!(summary.state, Some(State::RUNNING | State::PAUSED | State::RESTARTING));
    let endpoints = summary.network_settings.and_then(|settings| settings.networks).filter(|_| is_up);
    let networks = endpoints.into_iter().flatten().filter_map(|(_, endpoint)| endpoint.network_id);
    let volumes = summary.mounts.into_iter().flatten().filter_map(|mount| mount.name);
    Some(Guest {
        name: ContainerName::new(summary.names?.first()?.trim_start_matches('/')),
        networks: networks.filter(|id| !id.is_empty()).map(NetworkId).collect(),
        volumes: volumes.map(VolumeName::new).collect(),
    })
}

/// The links that the service's own definition asks for, which stand among those of each endpoint.
pub(super) fn links(record: Option<&Record>) -> BTreeSet<String> {
    record.into_iter().flat_map(Record::links).map(|(alias, service)| format!("{service}:{alias}")).collect()
}

fn endpoints(
    settings: &NetworkSettings,
    id: &ContainerId,
    links: &BTreeSet<String>,
    networks: &BTreeMap<String, String>,
    around: &Around,
) -> BTreeMap<NetworkId, Endpoint> {
    let mut endpoints = BTreeMap::new();
    for (network, endpoint) in settings.networks.iter().flatten() {
        // A container that never started shows no id on old engines, and Podman writes the name in its place.
        let id_of = |id: &String| !id.is_empty() && id != network;
        let known = endpoint.network_id.clone().filter(id_of).or_else(|| networks.get(network).cloned());
        let Some(network_id) = known else { continue };
        let mut attachment = codec::read_attachment(endpoint, around);
        attachment.aliases.retain(|alias| !(alias.len() == 12 && id.as_str().starts_with(alias.as_str())));
        attachment.links.retain(|link| !links.contains(link));
        endpoints.insert(
            NetworkId(network_id),
            Endpoint { network: NetworkName::new(network), attachment, addresses: addresses(endpoint) },
        );
    }
    endpoints
}

fn lives_in(host: &HostConfig) -> BTreeSet<ContainerId> {
    let modes = [&host.network_mode, &host.ipc_mode, &host.pid_mode];
    let owners = modes.into_iter().flatten().filter_map(|mode| mode.strip_prefix("container:"));
    owners.map(|id| ContainerId(id.to_owned())).collect()
}

fn addresses(endpoint: &EndpointSettings) -> Vec<String> {
    let all = [endpoint.ip_address.clone(), endpoint.global_ipv6_address.clone()];
    all.into_iter().flatten().filter(|address| !address.is_empty()).collect()
}

fn ports(settings: &NetworkSettings) -> Vec<LivePort> {
    let mut ports = Vec::new();
    for (port, bindings) in settings.ports.iter().flatten() {
        let (target, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let Ok(target) = target.parse() else { continue };
        for binding in bindings.iter().flatten() {
            let Some(published) = binding.host_port.as_deref().and_then(|port| port.parse().ok()) else { continue };
            ports.push(LivePort {
                target,
                protocol: protocol.to_owned(),
                host_ip: binding.host_ip.clone().unwrap_or_default(),
                published,
            });
        }
    }
    ports.sort();
    ports
}

/// What it is doing.
pub(in super::super) fn run_state(state: &ContainerState) -> RunState {
    match state.status {
        None | Some(Status::EMPTY | Status::CREATED) => RunState::Created,
        Some(Status::RUNNING | Status::STOPPING) => RunState::Running,
        Some(Status::PAUSED) => RunState::Paused,
        Some(Status::RESTARTING) => RunState::Restarting,
        Some(Status::REMOVING) => RunState::Removing,
        Some(Status::EXITED) => {
            RunState::Exited { code: state.exit_code.unwrap_or_default(), oom: state.oom_killed.unwrap_or_default() }
        }
        Some(Status::DEAD) => RunState::Dead,
    }
}

/// How its last run went. The engine keeps the last probes.
fn ended(state: &ContainerState) -> Option<Ended> {
    if state.status != Some(Status::EXITED) {
        return None;
    }
    let started = started_at(state)?;
    let finished: Timestamp = state.finished_at.as_deref()?.parse().ok()?;
    let probes = state.health.as_ref().and_then(|health| health.log.as_ref()).into_iter().flatten();
    let passed = probes.filter(|probe| probe.exit_code == Some(0)).filter_map(|probe| probe.end);
    let healthy =
        passed.filter_map(|end| Timestamp::from_nanosecond(end.unix_timestamp_nanos()).ok()).any(|end| end >= started);
    let after = finished.duration_since(started);
    Some(Ended { after: after.try_into().unwrap_or_default(), healthy })
}

/// What its health check says. Of a container that is not up the engine says "unhealthy", which means nothing; a word
/// that is older than the last start counts as none yet.
pub(in super::super) fn health(state: &ContainerState) -> Option<Health> {
    if !matches!(state.status, Some(Status::RUNNING | Status::PAUSED | Status::RESTARTING)) {
        return None;
    }
    let health = state.health.as_ref()?;
    let last = health.log.iter().flatten().last();
    let ended =
        last.and_then(|probe| probe.end).and_then(|end| Timestamp::from_nanosecond(end.unix_timestamp_nanos()).ok());
    let stale = ended.zip(started_at(state)).is_some_and(|(ended, started)| ended < started);
    match health.status? {
        HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
        HealthStatusEnum::STARTING => Some(Health::Starting),
        HealthStatusEnum::HEALTHY | HealthStatusEnum::UNHEALTHY if stale => Some(Health::Starting),
        HealthStatusEnum::HEALTHY => Some(Health::Healthy),
        // Pausing alone makes it "unhealthy" until the first probe after that, without one that failed.
        HealthStatusEnum::UNHEALTHY if health.failing_streak == Some(0) => Some(Health::Starting),
        HealthStatusEnum::UNHEALTHY => {
            let output = last.and_then(|probe| probe.output.clone()).unwrap_or_default();
            Some(Health::Unhealthy { output: output.trim_end().to_owned() })
        }
    }
}

/// The engine writes year 1 for "never".
pub(in super::super) fn started_at(state: &ContainerState) -> Option<Timestamp> {
    let time: Timestamp = state.started_at.as_deref()?.parse().ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}
