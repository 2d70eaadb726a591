//! What is in no spec and goes: helpers and containers before all services, the rest after them.

use super::builder::{After, Chain};
use super::containers::remove;
use super::providers;
use super::state::{Schedule, known};
use crate::model::Address;
use crate::plan::decide::decisions::StrayFate;
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle, NetworkStep, ProviderAction, VolumeStep};

/// Removes containers of dsenv's own that an interrupted apply left.
pub fn helpers(s: &mut Schedule) {
    for helper in s.decisions.helpers {
        let container = ContainerRef { name: helper.name.clone(), handle: Handle::Known(helper.id.clone()) };
        let mut chain = Chain::new(&Address::Stray(helper.name.to_string()), After::default());
        if helper.up {
            chain.then(&mut s.nodes, ContainerStep::Stop { container: container.clone(), grace: None });
        }
        let gone = chain.then(&mut s.nodes, ContainerStep::Remove { container });
        s.cleared.insert(gone);
        if let Some(note) = &helper.note {
            s.helpers.insert(note, gone);
        }
    }
}

/// Removes containers that have no place in the spec.
pub fn containers(s: &mut Schedule) {
    for container in &s.decisions.removed {
        remove::container(s, container);
    }
}

/// Releases and removes the rest.
pub fn rest(s: &mut Schedule) {
    for stray in &s.decisions.strays {
        match stray {
            StrayFate::Release { service, provider, call } => {
                let step = providers::step(service, provider, call, ProviderAction::Down);
                let after = After::done(s.gone.values().copied());
                s.nodes.add(&Address::Stray(service.to_string()), after, step);
            }
            StrayFate::RemoveNetwork(network, users) => {
                let left = |id| s.left.get(&(id, &network.id)).or_else(|| s.gone.get(id)).copied();
                let after = After::done(users.iter().filter_map(|user| left(&user.id))).and(s.after_cleared());
                let step = NetworkStep::Remove { network: known(network) };
                s.nodes.add(&Address::Stray(network.name.to_string()), after, step);
            }
            StrayFate::RemoveVolume(name, users) => {
                let after = s.after_gone(users).and(s.after_cleared());
                s.nodes.add(&Address::Stray(name.to_string()), after, VolumeStep::Remove { name: (*name).clone() });
            }
        }
    }
}
