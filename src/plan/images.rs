//! Images: pulled and built where they are needed, at once and in parallel.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::builder::After;
use super::planner::Planner;
use super::{Action, Change, NodeId, Reason, Request, Step, code, limits};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Build, BuildSecret, Content, ImageRef, ImageSource, PullPolicy, Service, ServiceName};
use crate::state::{ImageId, Platform};

/// How a service's image stands before the plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is there.
    Here(ImageId),
    /// It is there, and its build's inputs have changed.
    Outdated,
    /// It is not there.
    Absent,
}

/// The images of a plan.
#[derive(Debug, Default)]
pub(super) struct Images<'a> {
    /// Who builds a tag.
    builders: BTreeMap<&'a ImageRef, &'a ServiceName>,
    /// Steps that bring an image.
    coming: BTreeMap<ImageRef, NodeId>,
    /// Images that cannot be had; each is told once.
    refused: BTreeSet<ImageRef>,
}

impl<'a> Images<'a> {
    /// Notes who builds what.
    pub fn new(request: &Request<'a>) -> Self {
        let builds = |service: &Service| matches!(service.source, ImageSource::Build(..));
        let services = request.project.services.iter().rev().filter(|(_, service)| builds(service));
        Self { builders: services.map(|(name, service)| (&service.fixed.image, name)).collect(), ..Self::default() }
    }

    /// How a service's image stands.
    pub fn standing(&self, request: &Request, name: &ServiceName, service: &Service) -> Standing {
        if let Some(id) = request.options.pinned.get(&service.fixed.image) {
            return Standing::Here(id.clone());
        }
        match request.observed.images.get(&service.fixed.image) {
            None => Standing::Absent,
            Some(_) if self.outdated(request, name, service) => Standing::Outdated,
            Some(image) => Standing::Here(image.id.clone()),
        }
    }

    /// Whether the inputs differ from those that the image at hand was built from. An image that does not say was
    /// built by another tool, and is taken as it is.
    fn outdated(&self, request: &Request, name: &ServiceName, service: &Service) -> bool {
        let built = request.observed.images.get(&service.fixed.image).and_then(|image| image.build_digest.as_ref());
        let builder = self.builders.get(&service.fixed.image).copied().unwrap_or(name);
        match (built, request.digests.get(builder)) {
            (Some(built), Some(inputs)) => {
                built != inputs
                    && self.builders.contains_key(&service.fixed.image)
                    && !request.options.fresh.contains(&service.fixed.image)
            }
            _ => false,
        }
    }
}

/// The reference that a container is made with: a pinned image goes by its id, unless its name means the same.
pub(super) fn made_with(p: &Planner, image: &ImageRef) -> ImageRef {
    let meant = p.request.observed.images.get(image).map(|image| &image.id);
    match p.request.options.pinned.get(image) {
        Some(id) if meant != Some(id) => ImageRef::new(id.as_str()),
        Some(_) | None => image.clone(),
    }
}

/// Whether an image is there, or is not to be brought whatever its name means.
fn is_settled(request: &Request, image: &ImageRef) -> bool {
    request.options.pinned.contains_key(image) || request.observed.images.contains_key(image)
}

/// Pulls and builds that do not wait for a container to need them: changed inputs, `pull_policy`, `--build`.
pub(super) fn refresh(p: &mut Planner, name: &ServiceName, service: &Service) {
    if service.scale > 0 {
        renew(p, name, service);
    }
}

/// The same, also for a service without containers whose image another one is built from.
fn renew(p: &mut Planner, name: &ServiceName, service: &Service) {
    let image = &service.fixed.image;
    let options = p.request.options;
    if options.fresh.contains(image) || options.pinned.contains_key(image) || p.images.coming.contains_key(image) {
        return;
    }
    match &service.source {
        ImageSource::Build(_, policy) => match p.images.standing(p.request, name, service) {
            Standing::Outdated => drop(make(p, name, service, Reason::InputsChanged)),
            Standing::Here(_) if p.request.options.build || *policy == PullPolicy::Build => {
                make(p, name, service, Reason::Asked);
            }
            Standing::Here(_) | Standing::Absent => {}
        },
        ImageSource::Pull(policy) => {
            // What is named by its digest is the same in every registry, and cannot have moved.
            let settled = image.as_str().contains("@sha256:") && p.request.observed.images.contains_key(image);
            if is_due(p.request, image, *policy) && !settled && !p.images.builders.contains_key(image) {
                make(p, name, service, Reason::Asked);
            }
        }
    }
}

fn is_due(request: &Request, image: &ImageRef, policy: PullPolicy) -> bool {
    match policy {
        PullPolicy::Always => true,
        PullPolicy::Every(period) => {
            let pulled = request.observed.images.get(image).and_then(|image| image.pulled_at);
            pulled.is_some_and(|at| {
                SignedDuration::try_from(period).is_ok_and(|period| request.options.now.duration_since(at) > period)
            })
        }
        PullPolicy::Missing | PullPolicy::Never | PullPolicy::Build => false,
    }
}

/// The step that a container of this service waits for, if its image is not there yet.
pub(super) fn need(p: &mut Planner, name: &ServiceName, service: &Service) -> Option<NodeId> {
    let image = &service.fixed.image;
    if let Some(node) = p.images.coming.get(image) {
        return Some(*node);
    }
    if !is_settled(p.request, image) {
        return make(p, name, service, Reason::Missing);
    }
    let other = made_for_another(p.request, service)?;
    let node = make(p, name, service, Reason::Missing);
    if let (Some(_), Some(change)) = (node, p.changes.last_mut()) {
        change.notes.push(format!("the image at hand is for {other}"));
    }
    node
}

/// The platform of the image at hand, where the service asks for another and a pull may bring it.
fn made_for_another<'a>(request: &Request<'a>, service: &Service) -> Option<&'a Platform> {
    let may_pull = matches!(&service.source, ImageSource::Pull(policy) if *policy != PullPolicy::Never);
    let pinned = request.options.pinned.contains_key(&service.fixed.image);
    let here = request.observed.images.get(&service.fixed.image)?.platform.as_ref();
    let wanted = service.fixed.platform.as_deref().filter(|_| may_pull && !pinned)?;
    here.filter(|here| !here.fits(wanted))
}

/// The step that brings another image than the service's own, if it is not there yet.
pub(super) fn need_other(p: &mut Planner, image: &ImageRef) -> Option<NodeId> {
    if let Some(node) = p.images.coming.get(image) {
        return Some(*node);
    }
    if is_settled(p.request, image) {
        return None;
    }
    if let Some(builder) = p.images.builders.get(image).copied() {
        return make(p, builder, &p.request.project.services[builder], Reason::Missing);
    }
    Some(bring(
        p,
        image,
        Action::Pull,
        Reason::Missing,
        None,
        Step::Pull { image: image.clone(), platform: None },
        After::default(),
    ))
}

/// Adds the step. `None` if the image may not be pulled.
fn make(p: &mut Planner, name: &ServiceName, service: &Service, reason: Reason) -> Option<NodeId> {
    let image = &service.fixed.image;
    let (name, service) = match p.images.builders.get(image) {
        Some(builder) => (*builder, &p.request.project.services[*builder]),
        None => (name, service),
    };
    let address = Address::Service(name.clone());
    match &service.source {
        ImageSource::Build(build, _) => {
            let build = &limits::build(p, name, build, &service.lossy);
            let mut after = After::default();
            let bases = p.request.bases.get(name).into_iter().flatten().cloned();
            for other in build.services().chain(bases).collect::<BTreeSet<_>>() {
                if let Some(needed) = p.request.project.services.get(&other).filter(|_| other != *name) {
                    renew(p, &other, needed);
                    after = after.and(After::done(need(p, &other, needed)));
                }
            }
            let step = Step::Build {
                service: name.clone(),
                build: Box::new(with_images(build, p.request)),
                secrets: secrets(p, name, build)?,
                tag: image.clone(),
                digest: p.request.digests.get(name).cloned().unwrap_or_default(),
            };
            let place = p.request.origins.find(&address, "build").cloned();
            Some(bring(p, image, Action::Build, reason, place, step, after))
        }
        ImageSource::Pull(PullPolicy::Never) => {
            if p.images.refused.insert(image.clone()) {
                let told = format!("service {name}: image {image} is not there, and pull_policy is never");
                let place = p.request.origins.find(&address, "image").cloned();
                let diagnostic = Diagnostic::error(code::NO_IMAGE, told).help(format!(
                    "load it with `docker load`, or let pull_policy be missing so that {image} is pulled"
                ));
                p.diagnostics.push(match place {
                    Some(place) => diagnostic.at(place, "not there"),
                    None => diagnostic,
                });
            }
            None
        }
        ImageSource::Pull(_) => {
            let step = Step::Pull { image: image.clone(), platform: service.fixed.platform.clone() };
            let place = p.request.origins.find(&address, "image").cloned();
            Some(bring(p, image, Action::Pull, reason, place, step, After::default()))
        }
    }
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
fn secrets(p: &mut Planner, name: &ServiceName, build: &Build) -> Option<BTreeMap<String, Content>> {
    let mut secrets = BTreeMap::new();
    for (id, BuildSecret { content }) in &build.secrets {
        let Some(content) = p.request.project.contents.get(content) else {
            let told = format!("service {name}: the content of the build secret {id} is not known any more");
            let help = "apply a spec that has it, or go back to another state with `--to`";
            p.diagnostics.push(Diagnostic::error(code::LOST_CONTENT, told).help(help));
            return None;
        };
        secrets.insert(id.clone(), content.clone());
    }
    Some(secrets)
}

fn bring(
    p: &mut Planner,
    image: &ImageRef,
    action: Action,
    reason: Reason,
    place: Option<crate::place::Place>,
    step: Step,
    after: After,
) -> NodeId {
    let address = Address::Image(image.clone());
    let node = p.nodes.add(&address, after, step);
    p.images.coming.insert(image.clone(), node);
    p.changes.push(Change { reasons: vec![reason], place, ..Change::new(address, image, action) });
    node
}
