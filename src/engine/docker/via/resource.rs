//! Converters for resources and devices.

/// Unset, the engine fills in twice the memory, which therefore reads as unset.
pub mod memory_swap {
    use bollard::models::HostConfig;

    use super::super::super::wire::Around;
    use crate::rules;

    pub fn write(model: &Option<i64>, host: &mut HostConfig, _: &Around) {
        host.memory_swap = *model;
    }

    pub fn read(host: &HostConfig, _: &Around) -> Option<i64> {
        let filled_in = rules::filled_swap(host.memory);
        host.memory_swap.filter(|swap| *swap != 0 && Some(*swap) != filled_in)
    }
}

/// The engine shows no limit as nothing, 0 or -1, depending on how it came about.
pub mod pids_limit {
    use super::super::super::wire::Around;

    pub fn write(model: &Option<i64>, wire: &mut Option<i64>, _: &Around) {
        *wire = *model;
    }

    pub fn read(wire: &Option<i64>, _: &Around) -> Option<i64> {
        wire.filter(|limit| *limit > 0)
    }
}

/// Here 0 is a value and -1 means unset.
pub mod swappiness {
    use super::super::super::wire::Around;

    pub fn write(model: &Option<i64>, wire: &mut Option<i64>, _: &Around) {
        *wire = *model;
    }

    pub fn read(wire: &Option<i64>, _: &Around) -> Option<i64> {
        wire.filter(|swappiness| *swappiness >= 0)
    }
}

/// Limits by name.
pub mod ulimits {
    use std::collections::BTreeMap;

    use bollard::models::ResourcesUlimits;

    use super::super::super::wire::Around;
    use crate::model::Ulimit;

    pub fn write(model: &BTreeMap<String, Ulimit>, wire: &mut Option<Vec<ResourcesUlimits>>, _: &Around) {
        let limit = |(name, Ulimit { soft, hard }): (&String, &Ulimit)| ResourcesUlimits {
            name: Some(name.clone()),
            soft: Some(*soft),
            hard: Some(*hard),
        };
        *wire = (!model.is_empty()).then(|| model.iter().map(limit).collect());
    }

    pub fn read(wire: &Option<Vec<ResourcesUlimits>>, _: &Around) -> BTreeMap<String, Ulimit> {
        let limit = |ResourcesUlimits { name, soft, hard }: &ResourcesUlimits| {
            Some((name.clone()?, Ulimit { soft: soft.unwrap_or_default(), hard: hard.unwrap_or_default() }))
        };
        wire.iter().flatten().filter_map(limit).collect()
    }
}

/// Devices of the host.
pub mod devices {
    use std::collections::BTreeSet;

    use bollard::models::DeviceMapping;

    use super::super::super::wire::Around;
    use crate::model::Device;

    pub fn write(model: &BTreeSet<Device>, wire: &mut Option<Vec<DeviceMapping>>, _: &Around) {
        let device = |Device { source, target, permissions }: &Device| DeviceMapping {
            path_on_host: Some(source.clone()),
            path_in_container: Some(target.clone()),
            cgroup_permissions: Some(permissions.clone()),
        };
        *wire = (!model.is_empty()).then(|| model.iter().map(device).collect());
    }

    pub fn read(wire: &Option<Vec<DeviceMapping>>, _: &Around) -> BTreeSet<Device> {
        let device = |DeviceMapping { path_on_host, path_in_container, cgroup_permissions }: &DeviceMapping| Device {
            source: path_on_host.clone().unwrap_or_default(),
            target: path_in_container.clone().unwrap_or_default(),
            permissions: cgroup_permissions.clone().unwrap_or_default(),
        };
        wire.iter().flatten().map(device).collect()
    }
}

/// Devices that a driver hands out. The engine knows alternatives of capabilities; the model has one.
pub mod device_requests {
    use std::collections::BTreeSet;

    use bollard::models::DeviceRequest as Wire;

    use super::super::super::wire::Around;
    use crate::model::DeviceRequest;

    pub fn write(model: &BTreeSet<DeviceRequest>, wire: &mut Option<Vec<Wire>>, _: &Around) {
        let request = |DeviceRequest { driver, count, device_ids, capabilities, options }: &DeviceRequest| Wire {
            driver: driver.clone(),
            count: *count,
            device_ids: (!device_ids.is_empty()).then(|| device_ids.clone()),
            capabilities: (!capabilities.is_empty()).then(|| vec![capabilities.iter().cloned().collect()]),
            options: (!options.is_empty()).then(|| options.clone().into_iter().collect()),
        };
        *wire = (!model.is_empty()).then(|| model.iter().map(request).collect());
    }

    pub fn read(wire: &Option<Vec<Wire>>, _: &Around) -> BTreeSet<DeviceRequest> {
        let request = |Wire { driver, count, device_ids, capabilities, options }: &Wire| DeviceRequest {
            driver: driver.clone().filter(|name| !name.is_empty()),
            count: count.filter(|count| *count != 0),
            device_ids: device_ids.clone().unwrap_or_default(),
            capabilities: capabilities.iter().flatten().flatten().cloned().collect(),
            options: options.clone().unwrap_or_default().into_iter().collect(),
        };
        wire.iter().flatten().map(request).collect()
    }
}

/// Five lists, by device.
pub mod blkio {
    use bollard::models::{HostConfig, ResourcesBlkioWeightDevice, ThrottleDevice};

    use super::super::super::wire::Around;
    use crate::model::{Blkio, RateDevice, WeightDevice};

    pub fn write(model: &Blkio, host: &mut HostConfig, _: &Around) {
        let Blkio { weight_device, device_read_bps, device_write_bps, device_read_iops, device_write_iops } = model;
        let weight = |WeightDevice { path, weight }: &WeightDevice| ResourcesBlkioWeightDevice {
            path: Some(path.clone()),
            weight: Some((*weight).into()),
        };
        host.blkio_weight_device = (!weight_device.is_empty()).then(|| weight_device.iter().map(weight).collect());
        host.blkio_device_read_bps = throttle(device_read_bps);
        host.blkio_device_write_bps = throttle(device_write_bps);
        host.blkio_device_read_iops = throttle(device_read_iops);
        host.blkio_device_write_iops = throttle(device_write_iops);
    }

    pub fn read(host: &HostConfig, _: &Around) -> Blkio {
        let weight = |ResourcesBlkioWeightDevice { path, weight }: &ResourcesBlkioWeightDevice| WeightDevice {
            path: path.clone().unwrap_or_default(),
            weight: weight.and_then(|weight| weight.try_into().ok()).unwrap_or_default(),
        };
        Blkio {
            weight_device: host.blkio_weight_device.iter().flatten().map(weight).collect(),
            device_read_bps: rates(&host.blkio_device_read_bps),
            device_write_bps: rates(&host.blkio_device_write_bps),
            device_read_iops: rates(&host.blkio_device_read_iops),
            device_write_iops: rates(&host.blkio_device_write_iops),
        }
    }

    fn throttle(rates: &[RateDevice]) -> Option<Vec<ThrottleDevice>> {
        let device =
            |RateDevice { path, rate }: &RateDevice| ThrottleDevice { path: Some(path.clone()), rate: Some(*rate) };
        (!rates.is_empty()).then(|| rates.iter().map(device).collect())
    }

    fn rates(devices: &Option<Vec<ThrottleDevice>>) -> Vec<RateDevice> {
        let rate = |ThrottleDevice { path, rate }: &ThrottleDevice| RateDevice {
            path: path.clone().unwrap_or_default(),
            rate: rate.unwrap_or_default(),
        };
        devices.iter().flatten().map(rate).collect()
    }
}
