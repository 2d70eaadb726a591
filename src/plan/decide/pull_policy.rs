//! `pull_policy`: pulls and builds that do not wait for a container to need them, with changed inputs and `--build`.

use jiff::SignedDuration;

use crate::model::{ImageRef, ImageSource, PullPolicy, Service, ServiceName};
use crate::plan::compare::image::{self, ImageStanding};
use crate::plan::compare::sides::Sides;
use crate::plan::vocabulary::{Reason, Request};

/// Why a service's image is brought although it may be there, if it is.
pub fn renewal(sides: &Sides, name: &ServiceName, service: &Service) -> Option<Reason> {
    let image = &service.fixed.image;
    let Request { options, observed, .. } = sides.request;
    if options.fresh.contains(image) || options.pinned.contains_key(image) {
        return None;
    }
    match &service.source {
        ImageSource::Build(_, policy) => match image::standing(sides, name, service) {
            ImageStanding::Outdated => Some(Reason::InputsChanged),
            ImageStanding::Here(_) if options.build || *policy == PullPolicy::Build => Some(Reason::Asked),
            ImageStanding::Here(_) | ImageStanding::Absent => None,
        },
        ImageSource::Pull(policy) => {
            // What is named by its digest is the same in every registry, and cannot have moved.
            let settled = image.as_str().contains("@sha256:") && observed.images.contains_key(image);
            let is_due = is_due(&sides.request, image, *policy) && !settled && !sides.builders.contains_key(image);
            is_due.then_some(Reason::Asked)
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
