//! What engines do with what they are asked for, one place each: what a change of a limit does, what is filled in, what is
//! shown, and what came with which version.
//!
//! Where a field of a container lives says the rest: a change in [`crate::model::Fixed`] replaces the container. Which
//! version knows which field is in [`Rules::since`].

use super::{ApiVersion, Dialect, Rules};
use crate::model::Tunable;

/// What the engines of a dialect do, as far as they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether limits and the restart policy of a container can be changed at all; else a change replaces it.
    pub updates: bool,
    /// The limit of processes that the engine itself sets where none is asked for.
    pub default_pids_limit: Option<i64>,
    /// Whether a share of processors (`cpus`) is shown as period and quota as well.
    pub shows_cpus_as_quota: bool,
    /// Whether an endpoint shows which address was asked for, beside the one that it has.
    pub shows_asked_addresses: bool,
    /// Whether the list of log drivers has all that are taken. Podman takes the names of Docker's beside its own.
    pub lists_all_log_drivers: bool,
    /// Whether it says if it looks for devices of the CDI.
    pub tells_cdi: bool,
    /// Whether its classic builder reads all that Dockerfiles for BuildKit have.
    pub reads_all_dockerfiles: bool,
}

const DOCKER: Capabilities = Capabilities {
    updates: true,
    default_pids_limit: None,
    shows_cpus_as_quota: false,
    shows_asked_addresses: true,
    lists_all_log_drivers: true,
    tells_cdi: true,
    reads_all_dockerfiles: false,
};

const PODMAN: Capabilities = Capabilities {
    updates: false,
    default_pids_limit: Some(2048),
    shows_cpus_as_quota: true,
    shows_asked_addresses: false,
    lists_all_log_drivers: false,
    tells_cdi: false,
    reads_all_dockerfiles: true,
};

/// What a change of a limit or of the restart policy does to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has the new value from then on.
    InPlace,
    /// Only a new container has it.
    Replaces,
}

/// What taking each of [`Tunable`] away does. The update call takes an absent limit and a 0 for "leave alone"; only
/// those that change in place have a value for "none".
const TAKEN_AWAY: [(&str, Change); 14] = [
    ("memory", Change::Replaces),
    ("memory_reservation", Change::Replaces),
    ("memory_swap", Change::Replaces),
    ("nano_cpus", Change::Replaces),
    ("cpu_shares", Change::Replaces),
    ("cpu_period", Change::Replaces),
    ("cpu_quota", Change::Replaces),
    ("cpu_rt_period", Change::Replaces),
    ("cpu_rt_runtime", Change::Replaces),
    ("cpuset", Change::Replaces),
    ("cpuset_mems", Change::Replaces),
    ("pids_limit", Change::InPlace),
    ("blkio_weight", Change::Replaces),
    ("restart", Change::InPlace),
];

impl Dialect {
    /// What its engines do.
    pub fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::Docker => &DOCKER,
            Self::Podman => &PODMAN,
        }
    }

    /// What giving one of [`Tunable`] another value does, or taking it away.
    pub fn change(self, field: &str, taken_away: bool) -> Change {
        let row = || TAKEN_AWAY.iter().find(|(name, _)| *name == field).map(|(_, change)| *change);
        match (self.capabilities().updates, taken_away) {
            (false, _) => Change::Replaces,
            (true, false) => Change::InPlace,
            (true, true) => row().unwrap_or(Change::Replaces),
        }
    }
}

/// The limit of memory and swap together that an engine fills in where only the memory is limited: twice as much.
pub fn filled_swap(memory: Option<i64>) -> Option<i64> {
    memory.map(|memory| memory.saturating_mul(2))
}

/// Sets the limit of swap that an engine fills in.
pub fn fill_swap(tunable: &mut Tunable) {
    tunable.memory_swap = tunable.memory_swap.or(filled_swap(tunable.memory));
}

/// Takes the limit of swap away that an engine fills in: it reads as unset, whoever asked for it.
pub fn clear_filled_swap(tunable: &mut Tunable) {
    if tunable.memory_swap == filled_swap(tunable.memory) {
        tunable.memory_swap = None;
    }
}

/// Whether this limit of swap says nothing: an engine without swap accounting shows it, whatever it was told.
pub fn is_no_swap(shown: Option<i64>) -> bool {
    matches!(shown, None | Some(-1 | 0))
}

/// What came with a version of the API and is no field of a container or network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// BuildKit knows all keys of a build (Engine 23.0).
    WholeBuildKit,
    /// A create call takes all networks, each with a hardware address of its own.
    AllNetworksAtOnce,
    /// A network's name cannot be given twice; before, a request had to ask for that.
    UniqueNetworkNames,
    /// What volumes take up is told in the shape that the client reads.
    VolumeUsage,
}

impl Feature {
    /// The first version that has it.
    pub fn since(self) -> ApiVersion {
        ApiVersion::v1(match self {
            Self::WholeBuildKit => 42,
            Self::AllNetworksAtOnce | Self::UniqueNetworkNames => 44,
            Self::VolumeUsage => 52,
        })
    }
}

impl Rules {
    /// Whether this engine has it.
    pub fn has(&self, feature: Feature) -> bool {
        self.api >= feature.since()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Restart;

    #[test]
    fn each_field_of_the_limits_has_a_row() {
        let all = Tunable {
            memory: Some(1),
            memory_reservation: Some(1),
            memory_swap: Some(1),
            nano_cpus: Some(1),
            cpu_shares: Some(1),
            cpu_period: Some(1),
            cpu_quota: Some(1),
            cpu_rt_period: Some(1),
            cpu_rt_runtime: Some(1),
            cpuset: Some("0".into()),
            cpuset_mems: Some("0".into()),
            pids_limit: Some(1),
            blkio_weight: Some(10),
            restart: Restart::Always,
        };
        let fields = all.fields();
        let fields: BTreeSet<_> = fields.keys().map(String::as_str).collect();
        assert_eq!(fields, TAKEN_AWAY.map(|(name, _)| name).into());
    }

    #[test]
    fn a_limit_is_changed_in_place_and_taken_away_by_a_replacement() {
        assert_eq!(Dialect::Docker.change("memory", false), Change::InPlace);
        assert_eq!(Dialect::Docker.change("memory", true), Change::Replaces);
        assert_eq!(Dialect::Docker.change("pids_limit", true), Change::InPlace);
        assert_eq!(Dialect::Podman.change("pids_limit", false), Change::Replaces);
    }

    #[test]
    fn twice_the_memory_reads_as_unset() {
        let asked = Tunable { memory: Some(64), ..Tunable::default() };
        let mut shown = asked.clone();
        fill_swap(&mut shown);
        assert_eq!(shown.memory_swap, Some(128));
        clear_filled_swap(&mut shown);
        assert_eq!(shown, asked);
    }
}
