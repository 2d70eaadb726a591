//! Changes in place, with the quirks of Docker's update call.

use super::refusal::{no_container, refused};
use super::world::{Container, World};
use crate::engine::EngineError;
use crate::model::Tunable;
use crate::rules;
use crate::state::ContainerId;

impl Container {
    /// Where only the memory is limited, Docker limits memory and swap together to twice as much.
    pub(super) fn fill_swap(&mut self) {
        rules::fill_swap(&mut self.tunable);
    }

    /// The limits as a look shows them.
    pub(super) fn shown_tunable(&self) -> Tunable {
        shown(&self.tunable)
    }
}

fn shown(tunable: &Tunable) -> Tunable {
    let mut shown = tunable.clone();
    rules::clear_filled_swap(&mut shown);
    shown
}

impl World {
    /// Changes limits and restart policy, then looks whether it holds: where a limit should go away, Docker takes the
    /// 0 that says so for "leave alone". Only the limit of processes and the restart policy can be lifted in place.
    pub(super) fn update(&mut self, id: &ContainerId, asked: &Tunable) -> Result<(), EngineError> {
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        let old = container.shown_tunable();
        let Tunable {
            memory,
            memory_reservation,
            memory_swap,
            nano_cpus,
            cpu_shares,
            cpu_period,
            cpu_quota,
            cpu_rt_period,
            cpu_rt_runtime,
            cpuset,
            cpuset_mems,
            pids_limit,
            blkio_weight,
            restart,
        } = asked.clone();
        if let (Some(memory), Some(swap)) = (memory, memory_swap)
            && swap >= 0
            && swap < memory
        {
            return Err(refused("minimum memoryswap limit should be larger than memory limit"));
        }
        container.tunable = Tunable {
            memory: memory.or(old.memory),
            memory_reservation: memory_reservation.or(old.memory_reservation),
            memory_swap: memory_swap.or(old.memory_swap),
            nano_cpus: nano_cpus.or(old.nano_cpus),
            cpu_shares: cpu_shares.or(old.cpu_shares),
            cpu_period: cpu_period.or(old.cpu_period),
            cpu_quota: cpu_quota.or(old.cpu_quota),
            cpu_rt_period: cpu_rt_period.or(old.cpu_rt_period),
            cpu_rt_runtime: cpu_rt_runtime.or(old.cpu_rt_runtime),
            cpuset: cpuset.or(old.cpuset),
            cpuset_mems: cpuset_mems.or(old.cpuset_mems),
            pids_limit,
            blkio_weight: blkio_weight.or(old.blkio_weight),
            restart,
        };
        container.fill_swap();
        let (name, now) = (container.name.clone(), container.shown_tunable());
        self.touch_container(id);
        if now == shown(asked) {
            return Ok(());
        }
        Err(refused(format!("the engine left limits of {name} as they were: they cannot be lifted in place")))
    }

    /// What `docker update` of a hand does: no second look.
    pub(super) fn set_tunable(&mut self, id: &ContainerId, tunable: Tunable) -> Result<(), EngineError> {
        let container = self.containers.get_mut(id).ok_or_else(|| no_container(id))?;
        container.tunable = tunable;
        container.fill_swap();
        self.touch_container(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::tests::{container, world};

    #[test]
    fn a_limit_can_be_changed_in_place_and_not_lifted() {
        let mut world = world();
        let id = container(&mut world, "web");
        let limited = Tunable { memory: Some(64 << 20), pids_limit: Some(9), ..Tunable::default() };
        assert_eq!(world.update(&id, &limited), Ok(()));
        assert_eq!(world.containers[&id].tunable.memory_swap, Some(128 << 20));
        assert_eq!(world.containers[&id].shown_tunable(), limited);
        let grown = Tunable { memory: Some(128 << 20), memory_swap: Some(256 << 20), ..limited.clone() };
        assert_eq!(world.update(&id, &grown), Ok(()), "as a plan says it");
        assert_eq!(world.update(&id, &limited), Ok(()));
        let refusal = world.update(&id, &Tunable::default());
        assert!(refusal.is_err());
        assert_eq!(world.containers[&id].shown_tunable(), Tunable { pids_limit: None, ..limited });
    }
}
