//! Changing limits in place.

use std::collections::BTreeSet;

use bollard::models::{ContainerUpdateBody, HostConfig};
use serde_json::{Map, Value};

use super::super::client::insistent;
use super::super::wire::{Around, Wire};
use super::super::{Docker, codec, error};
use crate::engine::{Done, EngineError};
use crate::model::Tunable;
use crate::rules;
use crate::state::ContainerId;

/// What the engine says when the process ended while it was at it. In a crash loop it then goes on, or is up again.
const ENDED: &str = "cannot update a stopped container";
/// How often that is asked again.
const TRIES: usize = 20;

/// Engines accept fields and forget them, so the container is looked at again.
pub(super) async fn update(docker: &Docker, id: &ContainerId, tunable: &Tunable) -> Result<Done, EngineError> {
    let around = Around::nothing(docker.rules.api);
    let mut wire = Wire::default();
    codec::write_tunable(tunable, &mut wire, &around);
    let body = body(wire.host);
    let ask = || docker.client.update_container(id.as_str(), body.clone());
    insistent(ask, ENDED, TRIES).await.map_err(error::plain)?;
    let shown = codec::read_tunable(&Wire::of(docker.inspect(id).await?), &around);
    let lost = differing(tunable, &shown);
    if lost.is_empty() {
        return Ok(Done::Nothing);
    }
    Err(EngineError::Refused(format!("the engine took the update and did not keep {}", lost.join(", "))))
}

/// The update call's own type: the same fields, and a zero where "no limit" must be said.
fn body(host: HostConfig) -> ContainerUpdateBody {
    ContainerUpdateBody {
        cpu_shares: host.cpu_shares,
        memory: host.memory,
        // The engine filled in twice the old memory, and would refuse more memory than that.
        memory_swap: host.memory_swap.or(rules::filled_swap(host.memory)),
        memory_reservation: host.memory_reservation,
        nano_cpus: host.nano_cpus,
        cpu_period: host.cpu_period,
        cpu_quota: host.cpu_quota,
        cpu_realtime_period: host.cpu_realtime_period,
        cpu_realtime_runtime: host.cpu_realtime_runtime,
        cpuset_cpus: host.cpuset_cpus,
        cpuset_mems: host.cpuset_mems,
        pids_limit: host.pids_limit.or(Some(0)),
        blkio_weight: host.blkio_weight,
        restart_policy: host.restart_policy,
        ..Default::default()
    }
}

/// Fields that are not as asked. The limit of swap that the engine fills in reads as unset.
fn differing(asked: &Tunable, shown: &Tunable) -> Vec<String> {
    let (mut asked, mut shown) = (asked.clone(), shown.clone());
    rules::clear_filled_swap(&mut asked);
    if asked.memory_swap.is_none() && rules::is_no_swap(shown.memory_swap) {
        shown.memory_swap = None;
    }
    let fields = |tunable: &Tunable| match serde_json::to_value(tunable) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (asked, shown) = (fields(&asked), fields(&shown));
    let names: BTreeSet<_> = asked.keys().chain(shown.keys()).collect();
    names.into_iter().filter(|name| asked.get(*name) != shown.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_forgot_is_named() {
        let asked = Tunable { memory: Some(64 << 20), cpu_shares: Some(512), ..Tunable::default() };
        let shown = Tunable { cpu_shares: None, ..asked.clone() };
        assert_eq!(differing(&asked, &shown), ["cpu_shares"]);
        let filled_in = Tunable { memory_swap: Some(128 << 20), ..asked.clone() };
        assert!(differing(&filled_in, &asked).is_empty());
        let shown = Tunable { memory_swap: Some(-1), ..asked.clone() };
        assert!(differing(&asked, &shown).is_empty());
    }
}
