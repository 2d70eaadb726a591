//! Images: pulled and built where they are needed.

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::ImageFate;
use super::draft::Draft;
use super::pull_policy;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Build, BuildSecret, Content, ImageRef, ImageSource, PullPolicy, Service, ServiceName};
use crate::plan::compare::capabilities;
use crate::plan::compare::image::{is_settled, made_for_another};
use crate::plan::vocabulary::{Action, Change, Reason, Request, code};

/// Brings the images of services that wait for no container to need them.
pub fn refresh<'a>(draft: &mut Draft<'a>, services: &[(&'a ServiceName, &'a Service)]) {
    for (name, service) in services {
        if service.scale > 0 && renew(draft, name, service) {
            draft.decided.refreshed.push(service.fixed.image.clone());
        }
    }
}

/// Brings a service's image where its policy or its inputs ask for it.
fn renew(draft: &mut Draft, name: &ServiceName, service: &Service) -> bool {
    let reason = pull_policy::renewal(draft.sides, name, service);
    let reason = reason.filter(|_| !draft.decided.images.contains_key(&service.fixed.image));
    reason.is_some_and(|reason| make(draft, name, service, reason, Vec::new()))
}

/// The image that a container of this service waits for, if it is not there yet.
pub fn need(draft: &mut Draft, name: &ServiceName, service: &Service) -> Option<ImageRef> {
    let image = &service.fixed.image;
    let notes = if draft.decided.images.contains_key(image) {
        return Some(image.clone());
    } else if !is_settled(&draft.sides.request, image) {
        Vec::new()
    } else {
        let other = made_for_another(&draft.sides.request, service)?;
        vec![format!("the image at hand is for {other}")]
    };
    make(draft, name, service, Reason::Missing, notes).then(|| image.clone())
}

/// The same of another image than the service's own.
pub fn need_other(draft: &mut Draft, image: &ImageRef) -> Option<ImageRef> {
    let sides = draft.sides;
    if draft.decided.images.contains_key(image) {
        return Some(image.clone());
    }
    if is_settled(&sides.request, image) {
        return None;
    }
    if let Some(builder) = sides.builders.get(image).copied() {
        let service = &sides.request.project.services[builder];
        return make(draft, builder, service, Reason::Missing, Vec::new()).then(|| image.clone());
    }
    let change = Change::new(Address::Image(image.clone()), image, Action::Pull);
    draft.decided.changes.push(Change { reasons: vec![Reason::Missing], ..change });
    draft.decided.images.insert(image.clone(), ImageFate::Pull { platform: None });
    Some(image.clone())
}

/// Decides how an image is brought. False if it cannot be.
fn make(draft: &mut Draft, name: &ServiceName, service: &Service, reason: Reason, notes: Vec<String>) -> bool {
    let sides = draft.sides;
    let image = &service.fixed.image;
    let (name, service) = match sides.builders.get(image) {
        Some(builder) => (*builder, &sides.request.project.services[*builder]),
        None => (name, service),
    };
    let address = Address::Service(name.clone());
    let (fate, action, field) = match &service.source {
        ImageSource::Build(build, _) => {
            let Some(fate) = build_of(draft, name, build, &service.lossy) else { return false };
            (fate, Action::Build, "build")
        }
        ImageSource::Pull(PullPolicy::Never) => {
            if draft.refused.insert(image.clone()) {
                let told = format!("service {name}: image {image} is not there, and pull_policy is never");
                let told = Diagnostic::error(code::NO_IMAGE, told).help(format!(
                    "load it with `docker load`, or let pull_policy be missing so that {image} is pulled"
                ));
                draft.tell(told, &address, "image", "not there");
            }
            return false;
        }
        ImageSource::Pull(_) => (ImageFate::Pull { platform: service.fixed.platform.clone() }, Action::Pull, "image"),
    };
    let place = sides.place(&address, field);
    let change = Change::new(Address::Image(image.clone()), image, action);
    draft.decided.changes.push(Change { reasons: vec![reason], place, notes, ..change });
    draft.decided.images.insert(image.clone(), fate);
    true
}

/// A build, after the images that it is made from. `None` if the content of a secret is lost.
fn build_of(draft: &mut Draft, name: &ServiceName, build: &Build, lossy: &BTreeSet<String>) -> Option<ImageFate> {
    let Request { project, bases, digests, .. } = draft.sides.request;
    let (build, told) = capabilities::build(draft.sides, name, build, lossy);
    draft.decided.diagnostics.extend(told);
    let others = build.services().chain(bases.get(name).into_iter().flatten().cloned());
    let mut before = Vec::new();
    for other in others.collect::<BTreeSet<_>>() {
        if let Some(needed) = project.services.get(&other).filter(|_| other != *name) {
            renew(draft, &other, needed);
            before.extend(need(draft, &other, needed));
        }
    }
    Some(ImageFate::Build {
        service: name.clone(),
        secrets: secrets(draft, name, &build)?,
        build: Box::new(with_images(&build, &draft.sides.request)),
        digest: digests.get(name).cloned().unwrap_or_default(),
        bases: before,
    })
}

/// The build with the images of other services in place of their names.
fn with_images(build: &Build, request: &Request) -> Build {
    let mut build = build.clone();
    for context in build.additional_contexts.values_mut() {
        let other = context.strip_prefix("service:").map(ServiceName::new);
        if let Some(service) = other.and_then(|other| request.project.services.get(&other)) {
            *context = format!("docker-image://{}", service.fixed.image);
        }
    }
    build
}

/// What the build's secrets hold. `None` if the engine is asked to go back to a state whose secrets nobody has.
fn secrets(draft: &mut Draft, name: &ServiceName, build: &Build) -> Option<BTreeMap<String, Content>> {
    let contents = &draft.sides.request.project.contents;
    let mut secrets = BTreeMap::new();
    for (id, BuildSecret { content }) in &build.secrets {
        let Some(content) = contents.get(content) else {
            let told = format!("service {name}: the content of the build secret {id} is not known any more");
            let help = "apply a spec that has it, or go back to another state with `--to`";
            draft.decided.diagnostics.push(Diagnostic::error(code::LOST_CONTENT, told).help(help));
            return None;
        };
        secrets.insert(id.clone(), content.clone());
    }
    Some(secrets)
}
