//! What of a service no container shows, and the file says otherwise than the last apply: it is put on record. Hooks,
//! order and policies take effect when something starts, stops or goes.

use super::draft::Draft;
use crate::model::Address;
use crate::plan::compare::records;
use crate::plan::vocabulary::{Action, Change, Reason};

/// Adds a change for each service of which the record says something else.
pub fn decide(draft: &mut Draft) {
    for (name, service) in &draft.scope.planned {
        let changes = records::changes(draft.sides, name, service);
        if changes.is_empty() {
            continue;
        }
        let address = Address::Service((*name).clone());
        let place = draft.sides.place(&address, "");
        let change = Change { place, ..Change::new(address, name, Action::Record) };
        draft.decided.changes.push(Change { reasons: vec![Reason::Changed(changes)], ..change });
    }
}
