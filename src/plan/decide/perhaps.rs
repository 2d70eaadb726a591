//! Replacements that only an image which is yet to be built may ask for: a plan says what can happen at most.

use std::collections::BTreeSet;

use crate::model::ServiceName;
use crate::plan::vocabulary::{Action, Change, Reason};

/// Marks the replacements that only an image which is yet to be built may ask for, and those that only follow them.
pub fn mark(changes: &mut [Change]) {
    let mut perhaps: BTreeSet<ServiceName> = BTreeSet::new();
    loop {
        let open = |reason: &Reason| match reason {
            Reason::InputsChanged => true,
            Reason::DependencyReplaced(service) => perhaps.contains(service),
            _ => false,
        };
        let found = changes.iter_mut().filter(|it| it.action == Action::Replace && it.reasons.iter().all(open));
        let found: BTreeSet<ServiceName> = found
            .filter_map(|change| {
                change.action = Action::PerhapsReplace;
                change.address.service().cloned()
            })
            .collect();
        if found.is_empty() {
            return;
        }
        // What follows a service follows all of it.
        let surely = |name: &ServiceName| {
            let mut own = changes.iter().filter(|change| change.address.service() == Some(name));
            own.any(|change| matches!(change.action, Action::Replace | Action::Create))
        };
        let found: Vec<_> = found.into_iter().filter(|name| !surely(name)).collect();
        perhaps.extend(found);
    }
}
