//! What a new container is made of.

use std::collections::BTreeMap;

use crate::model::{Attachment, ContainerName, EnvironmentSource, Fixed, NetworkKey, ServiceName, VolumeName};
use crate::plan::compare::anonymous;
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::image::made_with;
use crate::plan::schedule::labels;
use crate::plan::schedule::state::Schedule;
use crate::plan::vocabulary::{ContainerRef, Injected, NetworkRef, NewContainer};
use crate::state::Container;

/// The container.
pub fn new(
    s: &Schedule,
    desired: &DesiredService,
    number: u32,
    name: ContainerName,
    networks: Vec<(NetworkRef, Attachment)>,
    old: Option<&Container>,
) -> Box<NewContainer> {
    let project = s.project();
    Box::new(NewContainer {
        name,
        service: desired.name.clone(),
        replica: number,
        fixed: Fixed { image: made_with(&s.request(), &desired.service.fixed.image), ..desired.service.fixed.clone() },
        tunable: desired.service.tunable.clone(),
        networks,
        labels: labels::container(project, desired, number, s.request().key),
        volume_labels: labels::anonymous(&project.name, desired.name),
        carried: old.filter(|old| !anonymous::is_renewed(s.sides, desired, old)).map(carried).unwrap_or_default(),
        files: desired.files.clone(),
        borrowed: borrowed(s, desired),
        injected: injected(s, desired),
    })
}

/// Its networks, the primary one first.
pub fn networks(s: &Schedule, desired: &DesiredService) -> Vec<(NetworkRef, Attachment)> {
    let link = |(key, attachment): &(&NetworkKey, Attachment)| {
        Some((s.networks.get(*key)?.reference.clone(), attachment.clone()))
    };
    desired.networks.iter().filter_map(link).collect()
}

/// Anonymous volumes are the user's data: the new container gets them by name.
fn carried(old: &Container) -> BTreeMap<String, VolumeName> {
    anonymous::of(old).map(|(mount, volume)| (mount.target.clone(), volume.clone())).collect()
}

/// The containers that it is made with, by service.
pub fn borrowed(s: &Schedule, desired: &DesiredService) -> BTreeMap<ServiceName, ContainerRef> {
    let fixed = &desired.service.fixed;
    let services = fixed.borrows().into_iter().chain(fixed.links.values());
    services.filter_map(|name| Some((name.clone(), s.services.get(name)?.first()?.container.clone()))).collect()
}

/// What others than the file give it; it is made after what gives what nobody knows yet.
pub fn injected(s: &Schedule, desired: &DesiredService) -> BTreeMap<EnvironmentSource, Injected> {
    let known = |(source, variables): (&EnvironmentSource, &Option<_>)| {
        let injected = match (variables, source) {
            (Some(variables), _) => Injected::Known(Clone::clone(variables)),
            (None, EnvironmentSource::Provider(service)) => Injected::Made((*s.providers.get(service)?)?),
            (None, EnvironmentSource::ModelRunner) => return None,
        };
        Some((source.clone(), injected))
    };
    desired.injected.iter().filter_map(known).collect()
}
