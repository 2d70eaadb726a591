//! Containers that another tool made: each is replaced once, to carry a record, unless Compose made it from this very
//! definition.

use super::desired::DesiredService;
use super::sides::Sides;
use crate::plan::vocabulary::Reason;
use crate::state::Container;

/// Why a container without a record is replaced, if it is.
pub fn adopted(sides: &Sides, desired: &DesiredService, container: &Container) -> Option<Reason> {
    let adopts = container.record.is_none() && !is_composes_own(sides, desired, container);
    adopts.then_some(Reason::Adopted)
}

/// Whether Compose made the container from the definition that the file has now, as its digest says. Contents of configs
/// and secrets are no part of that digest, and Compose brings them in otherwise.
fn is_composes_own(sides: &Sides, desired: &DesiredService, container: &Container) -> bool {
    let service = sides.request.project.compose.services.get(desired.name);
    let same = service.is_some_and(|service| container.config_hash.as_ref() == Some(&service.config_hash));
    same && desired.service.fixed.files.is_empty() && desired.injected.is_empty()
}
