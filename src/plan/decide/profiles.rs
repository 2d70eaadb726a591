//! `profiles`: services whose profile is not active. Their containers are left as they are, and told.

use super::draft::Draft;
use crate::model::{Address, Idle, ServiceName};
use crate::plan::vocabulary::{Action, Change};
use crate::state::Container;

/// Decides about a container of a service that is not active, if it is the main one of its replica. False if it is a
/// stray like any other.
pub fn idle(
    draft: &mut Draft,
    (name, number): (&ServiceName, u32),
    idle: &Idle,
    container: &Container,
    is_main: bool,
) -> bool {
    // With no profile it is left out for another reason, and so it is no stray of a plan that is about a part.
    if idle.profiles.is_empty() && draft.scope.is_partial {
        return true;
    }
    if !is_main {
        return false;
    }
    let profiles = idle.profiles.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut change = Change::new(Address::Replica(name.clone(), number), &container.name, Action::Keep);
    change.notes.push(format!("left {}: its profile ({profiles}) is not active", container.state));
    draft.decided.changes.push(change);
    true
}
