//! The volumes that the spec declares.

use std::collections::BTreeMap;

use super::context::Context;
use super::names;
use super::networks::{left_alone, texts};
use crate::diagnostic::Diagnostic;
use crate::model::{ProjectName, Volume, VolumeDefinition, VolumeKey, reserved};
use crate::spec::{Spec, code, types};

/// All of them, used or not: a declared volume is no stray.
pub(super) fn volumes(spec: &Spec) -> BTreeMap<VolumeKey, Volume> {
    let volume = |(key, own): (&String, &types::Volume)| {
        let definition = (!own.external).then(|| definition(own));
        let ignore_changes = left_alone(own.dsenv.as_ref());
        (VolumeKey::new(key), Volume { name: names::volume(spec, key), definition, ignore_changes })
    };
    spec.volumes.iter().map(volume).collect()
}

/// A name that dsenv keeps for a volume of its own would be lost among them.
pub(super) fn check(context: &mut Context<'_>) {
    let spec = context.spec;
    for (key, volume) in &spec.volumes {
        let name = names::volume(spec, key);
        if reserved(&ProjectName::new(&spec.name), &name).is_none() {
            continue;
        }
        let told = format!("volume `{key}` is called {name}, and dsenv keeps that name for a volume of its own");
        let (path, help): (&[&str], _) = match volume.name {
            Some(_) => (&["volumes", key, "name"], "give it another `name`"),
            None => (&["volumes", key], "call it otherwise, or give it a `name`"),
        };
        context.report(Diagnostic::error(code::RESERVED_NAME, told).help(help), path, "dsenv's own");
    }
}

fn definition(own: &types::Volume) -> VolumeDefinition {
    let types::Volume { name: _, driver, driver_opts, external: _, labels, dsenv: _, extensions: _ } = own;
    VolumeDefinition {
        driver: driver.clone().filter(|driver| !driver.is_empty()),
        driver_opts: texts(driver_opts),
        labels: texts(labels),
    }
}
