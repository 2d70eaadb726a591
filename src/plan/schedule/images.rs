//! Images: each is brought once, at once and in parallel.

use super::builder::After;
use super::state::Schedule;
use crate::model::{Address, ImageRef};
use crate::plan::decide::decisions::ImageFate;
use crate::plan::vocabulary::{ImageStep, NodeId};

/// Brings those that wait for no container to need them.
pub fn refresh(s: &mut Schedule) {
    for image in &s.decisions.refreshed {
        bring(s, image);
    }
}

/// The step that brings an image, if it is brought.
pub fn bring(s: &mut Schedule, image: &ImageRef) -> Option<NodeId> {
    if let Some(node) = s.images.get(image) {
        return Some(*node);
    }
    let (image, fate) = s.decisions.images.get_key_value(image)?;
    let (after, step) = match fate {
        ImageFate::Pull { platform } => {
            (After::default(), ImageStep::Pull { image: image.clone(), platform: platform.clone() })
        }
        ImageFate::Build { service, build, secrets, digest, bases } => {
            let after = After::done(bases.iter().filter_map(|base| bring(s, base)).collect::<Vec<_>>());
            let step = ImageStep::Build {
                service: service.clone(),
                build: build.clone(),
                secrets: secrets.clone(),
                tag: image.clone(),
                digest: digest.clone(),
            };
            (after, step)
        }
    };
    let node = s.nodes.add(&Address::Image(image.clone()), after, step);
    s.images.insert(image, node);
    Some(node)
}
