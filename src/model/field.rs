//! What a field of a service is called in the file and in the model, and what its number counts: plans, drift and
//! `ignore_changes` speak the file's language by this table.

/// Keys of a service that the model has under another name, both as paths, and the other way round; the first that fits.
const RENAMED: &[(&str, &str)] = &[
    ("blkio_config.weight", "blkio_weight"),
    ("blkio_config", "blkio"),
    ("cpus", "nano_cpus"),
    ("mem_limit", "memory"),
    ("x-dsenv.cpuset_mems", "cpuset_mems"),
    ("mem_reservation", "memory_reservation"),
    ("memswap_limit", "memory_swap"),
    ("gpus", "device_requests"),
    ("volumes", "mounts"),
    ("configs", "files"),
    ("secrets", "files"),
    ("deploy.resources.limits.cpus", "nano_cpus"),
    ("deploy.resources.limits.memory", "memory"),
    ("deploy.resources.limits.pids", "pids_limit"),
    ("deploy.resources.reservations.memory", "memory_reservation"),
    ("deploy.resources.reservations.devices", "device_requests"),
    ("deploy.restart_policy", "restart"),
    ("deploy.replicas", "scale"),
    ("deploy.update_config", "update"),
    ("deploy.rollback_config", "rollback"),
    ("healthcheck.test", "healthcheck.probe.test"),
    ("healthcheck.interval", "healthcheck.probe.interval"),
    ("healthcheck.timeout", "healthcheck.probe.timeout"),
    ("healthcheck.retries", "healthcheck.probe.retries"),
    ("healthcheck.start_period", "healthcheck.probe.start_period"),
    ("healthcheck.start_interval", "healthcheck.probe.start_interval"),
    ("pre_start", "hooks.pre_start"),
    ("post_start", "hooks.post_start"),
    ("pre_stop", "hooks.pre_stop"),
];

/// Fields of the model that are a key of the file, too, and those of which several keys of the file are one.
const KEPT: &[&str] = &["restart", "scale", "pids_limit", "files"];

/// What numbers count, by the last name of a field's path.
const UNITS: &[(&str, Unit)] = &[
    ("memory", Unit::Bytes),
    ("memory_reservation", Unit::Bytes),
    ("memory_swap", Unit::Bytes),
    ("shm_size", Unit::Bytes),
    ("size", Unit::Bytes),
    ("nano_cpus", Unit::BillionthsOfAProcessor),
    ("stop_grace_period", Unit::Seconds),
    ("interval", Unit::Nanoseconds),
    ("timeout", Unit::Nanoseconds),
    ("start_period", Unit::Nanoseconds),
    ("start_interval", Unit::Nanoseconds),
    ("mode", Unit::Permissions),
];

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Processor time, 1,000,000,000 for a whole processor.
    BillionthsOfAProcessor,
    /// Seconds.
    Seconds,
    /// Nanoseconds.
    Nanoseconds,
    /// Bits of a file's permissions.
    Permissions,
}

/// What the numbers of a field count, if they count anything.
pub fn unit(field: &str) -> Option<Unit> {
    let last = field.rsplit('.').next()?;
    UNITS.iter().find(|(name, _)| *name == last).map(|(_, unit)| *unit)
}

/// The field that a key of a service sets, both as paths: `mem_limit` is `memory`.
pub fn field_of_key(key: &str) -> String {
    RENAMED.iter().find_map(|(from, to)| replaced(key, from, to)).unwrap_or_else(|| key.to_owned())
}

/// The key of a service that sets a field, both as paths: `memory` is `mem_limit`. Where several keys set it, the one of
/// the service itself, and not of `deploy`.
pub fn key_of_field(field: &str) -> String {
    let renamed = RENAMED.iter().filter(|(_, to)| !KEPT.contains(to));
    renamed.clone().find_map(|(from, to)| replaced(field, to, from)).unwrap_or_else(|| field.to_owned())
}

/// A path with another beginning, if it has this one.
pub fn replaced(path: &str, from: &str, to: &str) -> Option<String> {
    let rest = path.strip_prefix(from)?;
    (rest.is_empty() || rest.starts_with('.')).then(|| format!("{to}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fixed, Tunable};

    #[test]
    fn keys_and_fields_are_found_in_both_directions() {
        let pairs = [
            ("mem_limit", "memory"),
            ("volumes./data.read_only", "mounts./data.read_only"),
            ("healthcheck.interval", "healthcheck.probe.interval"),
            ("blkio_config.weight", "blkio_weight"),
            ("pre_stop", "hooks.pre_stop"),
            ("environment.memory", "environment.memory"),
            ("deploy.update_config.order", "update.order"),
            ("cpuset", "cpuset"),
            ("x-dsenv.cpuset_mems", "cpuset_mems"),
        ];
        for (key, field) in pairs {
            assert_eq!((field_of_key(key).as_str(), key_of_field(field).as_str()), (field, key));
        }
        assert_eq!(field_of_key("deploy.resources.limits.memory"), "memory");
        for kept in KEPT {
            assert_eq!(key_of_field(kept), *kept);
        }
    }

    #[test]
    fn every_limit_that_is_no_plain_number_has_a_unit() {
        let tunable = Tunable {
            memory: Some(1),
            memory_reservation: Some(1),
            memory_swap: Some(1),
            nano_cpus: Some(1),
            ..Tunable::default()
        };
        for field in tunable.fields().keys() {
            assert!(unit(field).is_some(), "{field}");
        }
        assert_eq!(unit("healthcheck.probe.timeout"), Some(Unit::Nanoseconds));
        let fixed = serde_json::to_value(Fixed { stop_grace_period: Some(1), ..Fixed::of("x".into()) }).unwrap();
        assert!(fixed.get("stop_grace_period").is_some());
    }
}
