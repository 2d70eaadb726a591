//! Devices of the host, and those that a driver hands out: CDI, GPUs, reservations.

use std::collections::BTreeSet;

use crate::model::{Device, DeviceRequest};
use crate::spec::types::{self, Service};
use crate::spec::value::Count;

/// `devices` without the CDI names among them.
pub(super) fn devices(list: &[types::Device]) -> BTreeSet<Device> {
    list.iter().filter(|device| cdi_name(device).is_none()).map(device).collect()
}

fn device(own: &types::Device) -> Device {
    let types::Device { source, target, permissions, extensions: _ } = own;
    let source = source.clone().unwrap_or_default();
    Device {
        target: target.clone().unwrap_or_else(|| source.clone()),
        permissions: permissions.clone().unwrap_or_else(|| "rwm".to_owned()),
        source,
    }
}

/// CDI names among `devices`, `gpus`, and `deploy.resources.reservations.devices`.
pub(super) fn requests(service: &Service) -> BTreeSet<DeviceRequest> {
    let cdi: Vec<_> = service.devices.iter().filter_map(cdi_name).map(str::to_owned).collect();
    let cdi = (!cdi.is_empty()).then(|| DeviceRequest {
        driver: Some("cdi".to_owned()),
        device_ids: cdi,
        ..DeviceRequest::default()
    });
    let gpus = service.gpus.iter().map(|gpu| {
        let mut request = request(gpu);
        request.capabilities.insert("gpu".to_owned());
        request
    });
    let reserved = service.deploy.as_ref().and_then(|deploy| deploy.resources.reservations.as_ref());
    let reserved = reserved.into_iter().flat_map(|reserved| &reserved.devices).map(request);
    cdi.into_iter().chain(gpus).chain(reserved).collect()
}

fn request(own: &types::DeviceRequest) -> DeviceRequest {
    let types::DeviceRequest { capabilities, driver, count, device_ids, options, extensions: _ } = own;
    // Neither a number nor names: all there are.
    let count = if *count == Count::default() && device_ids.is_empty() { Count::ALL } else { *count };
    DeviceRequest {
        driver: driver.clone(),
        count: (count != Count::default()).then_some(count.0),
        device_ids: device_ids.clone(),
        capabilities: capabilities.iter().cloned().collect(),
        options: options.iter().map(|(key, value)| (key.clone(), value.0.clone())).collect(),
    }
}

/// A name of the Container Device Interface, `vendor.com/class=device`, which stands in both paths.
pub(super) fn cdi_name(device: &types::Device) -> Option<&str> {
    let source = device.source.as_deref()?;
    if device.target.as_deref().is_some_and(|target| target != source) {
        return None;
    }
    let (kind, name) = source.split_once('=')?;
    let (vendor, class) = kind.split_once('/')?;
    let word = |text: &str, more: &str| {
        let letters = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(letters)
    };
    (word(vendor, "_-.") && word(class, "_-.") && word(name, "_-.:")).then_some(source)
}
