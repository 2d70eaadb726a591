//! What a service waits for: what it depends on is settled, brought up, or looked at where it is not part of the plan.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::providers;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Dependency, ServiceName};
use crate::plan::vocabulary::code;

/// Decides what has to be decided of the dependencies of a service that starts.
pub fn decide<'a>(draft: &mut Draft<'a>, name: &ServiceName, depends_on: &'a BTreeMap<ServiceName, Dependency>) {
    for (needed, dependency) in depends_on {
        if draft.sides.request.project.providers.contains_key(needed) {
            providers::decide(draft, needed);
        } else if !draft.decided.services.contains_key(needed) && !draft.decided.untouched.contains_key(needed) {
            look(draft, name, needed, dependency.required);
        }
    }
}

/// Looks up a service that is not part of this plan.
fn look<'a>(draft: &mut Draft<'a>, name: &ServiceName, needed: &'a ServiceName, required: bool) {
    let sides = draft.sides;
    let found = sides.index.service(needed).filter_map(|(number, slot)| Some((number, slot.main?)));
    let found: Vec<_> = found.collect();
    if !found.is_empty() {
        draft.decided.untouched.insert(needed, found);
    } else if required && sides.request.project.services.contains_key(needed) {
        let told = Diagnostic::error(
            code::EXCLUDED,
            format!("service {name} depends on {needed}, which is excluded and not there"),
        )
        .help(format!("leave {needed} in, or make the dependency `required: false`"));
        let field = format!("depends_on.{needed}");
        draft.tell(told, &Address::Service(name.clone()), &field, "not part of this plan");
    }
}
