//! Volumes without a name, which a container has of its image or of a mount that names none: they hold the user's data
//! and go from a container to the one that replaces it. What that hides, and what takes their place, is told.

use super::desired::DesiredService;
use super::sides::Sides;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, MountKind, VolumeName};
use crate::plan::vocabulary::{Reason, code};
use crate::state::{Container, LiveMount};

/// The volumes without a name of a container.
pub fn of(container: &Container) -> impl Iterator<Item = (&LiveMount, &VolumeName)> {
    let mounts = container.mounts.iter().filter(|mount| mount.anonymous);
    mounts.filter_map(|mount| Some((mount, mount.volume.as_ref()?)))
}

/// Whether a container gets new ones because the user asks for it.
pub fn is_renewed(sides: &Sides, desired: &DesiredService, container: &Container) -> bool {
    sides.request.options.renew.contains(desired.name) && of(container).next().is_some()
}

/// What becomes of them when a container is replaced for these reasons.
pub fn notes(sides: &Sides, desired: &DesiredService, old: &Container, reasons: &[Reason]) -> Vec<String> {
    let fixed = &desired.service.fixed;
    let covered = |target: &String| {
        let mounted = fixed.mounts.get(target).is_some_and(|mount| !matches!(mount.kind, MountKind::Anonymous { .. }));
        mounted || fixed.tmpfs.contains_key(target) || fixed.files.contains_key(target)
    };
    let image = |reason: &Reason| matches!(reason, Reason::ImageMoved { .. } | Reason::InputsChanged);
    let other_image = reasons.iter().any(image);
    let note = |(LiveMount { target, .. }, volume): (&LiveMount, &VolumeName)| {
        if covered(target) {
            Some(format!("another mount takes the place of volume {volume} at {target}, whose data is kept"))
        } else if is_renewed(sides, desired, old) {
            Some(format!("a new volume at {target}; the data of volume {volume} is kept"))
        } else if other_image {
            let name = desired.name;
            Some(format!("its volume at {target} hides what the image has there; --renew {name} gives it a new one"))
        } else {
            None
        }
    };
    of(old).filter_map(note).collect()
}

/// Says so where there is nothing to renew.
pub fn nothing_to_renew(sides: &Sides, desired: &DesiredService) -> Option<Diagnostic> {
    let name = desired.name;
    let has = sides.index.service(name).any(|(_, slot)| slot.all().any(|container| of(container).next().is_some()));
    if has || !sides.request.options.renew.contains(name) {
        return None;
    }
    let told = format!("service.{name} has no volume without a name, so nothing of it is renewed");
    let told = Diagnostic::warning(code::UNKNOWN_DATA, told);
    Some(sides.located(told, &Address::Service(name.clone()), "", "has none"))
}
