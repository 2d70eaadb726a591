//! The volumes that the spec declares.

use std::collections::BTreeMap;

use super::names;
use super::networks::{left_alone, texts};
use crate::model::{Volume, VolumeDefinition, VolumeKey};
use crate::spec::{Spec, types};

/// All of them, used or not: a declared volume is no stray.
pub(super) fn volumes(spec: &Spec) -> BTreeMap<VolumeKey, Volume> {
    let volume = |(key, own): (&String, &types::Volume)| {
        let definition = (!own.external).then(|| definition(own));
        let ignore_changes = left_alone(own.dsenv.as_ref());
        (VolumeKey::new(key), Volume { name: names::volume(spec, key), definition, ignore_changes })
    };
    spec.volumes.iter().map(volume).collect()
}

fn definition(own: &types::Volume) -> VolumeDefinition {
    let types::Volume { name: _, driver, driver_opts, external: _, labels, dsenv: _, extensions: _ } = own;
    VolumeDefinition {
        driver: driver.clone().filter(|driver| !driver.is_empty()),
        driver_opts: texts(driver_opts),
        labels: texts(labels),
    }
}
