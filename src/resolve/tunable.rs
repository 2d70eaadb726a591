//! Limits and the restart policy, each of which the specification can say in two ways.

use crate::model::{Restart, Tunable};
use crate::spec::types::{Deploy, Resource, RestartCondition, RestartPolicy, Service};
use crate::spec::value::{self, Bytes};

/// What the engine changes in place. The service's own keys and those under `deploy` agree, which the spec checks; 0 is
/// unset everywhere.
pub(super) fn tunable(service: &Service) -> Tunable {
    let deploy = service.deploy.as_ref();
    let limits = deploy.and_then(|deploy| deploy.resources.limits.as_ref());
    let reservations = deploy.and_then(|deploy| deploy.resources.reservations.as_ref());
    let memory = |own: Option<Bytes>, resource: Option<&Resource>| {
        own.or(resource.and_then(|resource| resource.memory)).and_then(|bytes| set(bytes.0))
    };
    let cpus = service.cpus.or(limits.and_then(|limits| limits.cpus));
    let pids = set(service.pids_limit).or(limits.and_then(|limits| set(limits.pids)));
    Tunable {
        memory: memory(service.mem_limit, limits),
        memory_reservation: memory(service.mem_reservation, reservations),
        memory_swap: memory(service.memswap_limit, None),
        nano_cpus: cpus.and_then(|cpus| set(cpus.nano())),
        cpu_shares: set(service.cpu_shares),
        cpu_period: set(service.cpu_period),
        cpu_quota: set(service.cpu_quota),
        cpu_rt_period: set(service.cpu_rt_period),
        cpu_rt_runtime: set(service.cpu_rt_runtime),
        cpuset: service.cpuset.clone().filter(|list| !list.is_empty()),
        cpuset_mems: service.dsenv.as_ref().and_then(|own| own.cpuset_mems.clone()).filter(|list| !list.is_empty()),
        pids_limit: pids.filter(|most| *most > 0),
        blkio_weight: service.blkio_config.as_ref().map(|blkio| blkio.weight).filter(|weight| *weight > 0),
        restart: restart(service.restart, deploy),
    }
}

/// Zero is how the specification and the engine both say "unset".
fn set(number: i64) -> Option<i64> {
    (number != 0).then_some(number)
}

fn restart(own: Option<value::Restart>, deploy: Option<&Deploy>) -> Restart {
    if let Some(policy) = deploy.and_then(|deploy| deploy.restart_policy.as_ref()) {
        return of_policy(policy);
    }
    match own {
        None | Some(value::Restart::No) => Restart::No,
        Some(value::Restart::Always) => Restart::Always,
        Some(value::Restart::UnlessStopped) => Restart::UnlessStopped,
        Some(value::Restart::OnFailure { attempts }) => Restart::OnFailure(attempts.unwrap_or(0)),
    }
}

fn of_policy(policy: &RestartPolicy) -> Restart {
    match policy.condition {
        Some(RestartCondition::None | RestartCondition::No) => Restart::No,
        Some(RestartCondition::OnFailure) => {
            Restart::OnFailure(policy.max_attempts.map_or(0, |most| u32::try_from(most).unwrap_or(u32::MAX)))
        }
        Some(RestartCondition::UnlessStopped) => Restart::UnlessStopped,
        Some(RestartCondition::Any | RestartCondition::Always) | None => Restart::Always,
    }
}
