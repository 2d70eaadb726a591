//! A new container, complete: everything that it is born with, and everything that must be there before.

use std::collections::BTreeMap;

use super::builder::After;
use super::planner::Planner;
use super::wanted::Wanted;
use super::{ContainerRef, NetworkRef, NewContainer, files, given, images, labels, nameless};
use crate::model::{Attachment, ContainerName, Fixed, MountKind, ServiceName, VolumeName};
use crate::state::Container;

/// What must be done before a container of this service can be created.
pub(super) fn needs(p: &mut Planner, wanted: &Wanted) -> After {
    let image = images::need(p, wanted.name, wanted.service);
    let given = given::needs(p, wanted.name, wanted.service);
    let mut needs: Vec<_> = image.into_iter().chain(p.key_node()).collect();
    for mount in wanted.service.fixed.mounts.values() {
        match &mount.kind {
            MountKind::Volume { name, .. } => needs.extend(p.volumes.get(name)),
            MountKind::Image { source, .. } => needs.extend(images::need_other(p, &source.as_str().into())),
            MountKind::Bind { .. }
            | MountKind::Anonymous { .. }
            | MountKind::Tmpfs { .. }
            | MountKind::Npipe { .. }
            | MountKind::Cluster { .. } => {}
        }
    }
    needs.extend(wanted.networks.iter().filter_map(|(key, _)| p.networks.get(*key)?.ready));
    needs.extend(files::need(p, wanted, image));
    for service in wanted.service.fixed.borrows() {
        needs.extend(p.outcomes.get(service).into_iter().flat_map(|outcome| outcome.first()?.up()));
    }
    for service in wanted.service.fixed.links.values() {
        needs.extend(p.outcomes.get(service).into_iter().flat_map(|outcome| outcome.first()?.created));
    }
    if let Some(volume) = &wanted.files {
        p.kept_files.insert(volume.clone());
    }
    After::done(needs).and(given)
}

/// The container.
pub(super) fn new(
    p: &Planner,
    wanted: &Wanted,
    number: u32,
    name: ContainerName,
    networks: Vec<(NetworkRef, Attachment)>,
    old: Option<&Container>,
) -> Box<NewContainer> {
    let project = p.request.project;
    Box::new(NewContainer {
        name,
        service: wanted.name.clone(),
        replica: number,
        fixed: Fixed { image: images::made_with(p, &wanted.service.fixed.image), ..wanted.service.fixed.clone() },
        tunable: wanted.service.tunable.clone(),
        networks,
        labels: labels::container(project, wanted, number, p.request.key),
        volume_labels: labels::anonymous(&project.name, wanted.name),
        carried: old.filter(|old| !nameless::is_renewed(p, wanted, old)).map(carried).unwrap_or_default(),
        files: wanted.files.clone(),
        borrowed: borrowed(p, wanted),
        injected: given::to_give(p, &wanted.given),
    })
}

/// Its networks, the primary one first.
pub(super) fn networks(p: &Planner, wanted: &Wanted) -> Vec<(NetworkRef, Attachment)> {
    let link =
        |(key, attachment): &(_, Attachment)| Some((p.networks.get(*key)?.reference.clone(), attachment.clone()));
    wanted.networks.iter().filter_map(link).collect()
}

/// Anonymous volumes are the user's data: the new container gets them by name.
fn carried(old: &Container) -> BTreeMap<String, VolumeName> {
    nameless::of(old).map(|(mount, volume)| (mount.target.clone(), volume.clone())).collect()
}

/// The containers that it is made with, by service.
pub(super) fn borrowed(p: &Planner, wanted: &Wanted) -> BTreeMap<ServiceName, ContainerRef> {
    let fixed = &wanted.service.fixed;
    let services = fixed.borrows().into_iter().chain(fixed.links.values());
    services.filter_map(|name| Some((name.clone(), p.outcomes.get(name)?.first()?.container.clone()))).collect()
}
