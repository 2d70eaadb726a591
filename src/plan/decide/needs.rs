//! What must be there before a container of a service is made.

use super::decisions::Needs;
use super::draft::Draft;
use super::{files, images, models, providers};
use crate::model::MountKind;
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::provider;

/// Decides how it comes to be there.
pub fn decide(draft: &mut Draft, desired: &DesiredService) -> Needs {
    let project = draft.sides.request.project;
    let image = images::need(draft, desired.name, desired.service);
    for (needed, _) in provider::needed(project, desired.service) {
        providers::decide(draft, needed);
    }
    models::used_by(draft, desired.name);
    let mut mounted = Vec::new();
    for mount in desired.service.fixed.mounts.values() {
        if let MountKind::Image { source, .. } = &mount.kind {
            mounted.extend(images::need_other(draft, &source.as_str().into()));
        }
    }
    Needs { image, mounted, files: files::need(draft, desired) }
}
