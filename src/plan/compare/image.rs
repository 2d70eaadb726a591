//! Images: what a service runs on, beside what the engine has.

use super::sides::Sides;
use crate::model::{ImageRef, ImageSource, PullPolicy, Service, ServiceName};
use crate::plan::vocabulary::Request;
use crate::state::{ImageId, Platform};

/// How a service's image stands before the plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageStanding {
    /// It is there.
    Here(ImageId),
    /// It is there, and its build's inputs have changed.
    Outdated,
    /// It is not there.
    Absent,
}

/// How a service's image stands.
pub fn standing(sides: &Sides, name: &ServiceName, service: &Service) -> ImageStanding {
    let Request { options, observed, .. } = sides.request;
    if let Some(id) = options.pinned.get(&service.fixed.image) {
        return ImageStanding::Here(id.clone());
    }
    match observed.images.get(&service.fixed.image) {
        None => ImageStanding::Absent,
        Some(_) if is_outdated(sides, name, service) => ImageStanding::Outdated,
        Some(image) => ImageStanding::Here(image.id.clone()),
    }
}

/// Whether the inputs differ from those that the image at hand was built from. An image that does not say was built by
/// another tool, and is taken as it is.
fn is_outdated(sides: &Sides, name: &ServiceName, service: &Service) -> bool {
    let Request { options, observed, digests, .. } = sides.request;
    let image = &service.fixed.image;
    let built = observed.images.get(image).and_then(|image| image.build_digest.as_ref());
    let builder = sides.builders.get(image).copied().unwrap_or(name);
    match (built, digests.get(builder)) {
        (Some(built), Some(inputs)) => {
            built != inputs && sides.builders.contains_key(image) && !options.fresh.contains(image)
        }
        _ => false,
    }
}

/// The reference that a container is made with: a pinned image goes by its id, unless its name means the same.
pub fn made_with(request: &Request, image: &ImageRef) -> ImageRef {
    let meant = request.observed.images.get(image).map(|image| &image.id);
    match request.options.pinned.get(image) {
        Some(id) if meant != Some(id) => ImageRef::new(id.as_str()),
        Some(_) | None => image.clone(),
    }
}

/// Whether an image is there, or is not to be brought whatever its name means.
pub fn is_settled(request: &Request, image: &ImageRef) -> bool {
    request.options.pinned.contains_key(image) || request.observed.images.contains_key(image)
}

/// The platform of the image at hand, where the service asks for another and a pull may bring it.
pub fn made_for_another<'a>(request: &Request<'a>, service: &Service) -> Option<&'a Platform> {
    let may_pull = matches!(&service.source, ImageSource::Pull(policy) if *policy != PullPolicy::Never);
    let pinned = request.options.pinned.contains_key(&service.fixed.image);
    let here = request.observed.images.get(&service.fixed.image)?.platform.as_ref();
    let wanted = service.fixed.platform.as_deref().filter(|_| may_pull && !pinned)?;
    here.filter(|here| !here.fits(wanted))
}
