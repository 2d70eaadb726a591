//! Containers of dsenv's own that an interrupted apply left: they go, and what they were to fill is filled again.

use super::builder::{After, Chain};
use super::planner::Planner;
use super::{Action, Change, ContainerRef, Handle, Reason, Step};
use crate::model::Address;

/// Adds the steps.
pub(super) fn clear(p: &mut Planner) {
    for helper in &p.request.observed.helpers {
        let address = Address::Stray(helper.name.to_string());
        let container = ContainerRef { name: helper.name.clone(), handle: Handle::Known(helper.id.clone()) };
        let mut chain = Chain::new(&address, After::default());
        if helper.up {
            chain.then(&mut p.nodes, Step::Stop { container: container.clone(), grace: None });
        }
        let gone = chain.then(&mut p.nodes, Step::Remove { container });
        p.cleared.insert(gone);
        if let Some(volume) = &helper.volume {
            p.helpers.insert(volume.clone(), gone);
        }
        let change = Change::new(address, &helper.name, Action::Delete);
        p.changes.push(Change { reasons: vec![Reason::Repair], ..change });
    }
}
