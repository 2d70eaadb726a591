//! Networks: which of those that are there is meant, and how it differs from what the file says.

use std::collections::{BTreeMap, BTreeSet};

use super::sides::Sides;
use crate::model::NetworkKey;
use crate::state::{ContainerId, Network, NetworkId};

/// What a network key of the spec means to the endpoints of a container that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkTarget<'a> {
    /// This one, which stays.
    Kept(&'a NetworkId),
    /// One that is not there yet.
    Created,
    /// One that takes the place of this one. The containers on it are connected again with it.
    Recreated(&'a NetworkId),
}

impl<'a> NetworkTarget<'a> {
    /// The network that is there until now.
    pub fn live(self) -> Option<&'a NetworkId> {
        match self {
            Self::Kept(id) | Self::Recreated(id) => Some(id),
            Self::Created => None,
        }
    }
}

/// What endpoints are compared with.
#[derive(Debug, Default)]
pub struct NetworkTargets<'a> {
    /// The networks of the spec that are settled.
    pub networks: BTreeMap<&'a NetworkKey, NetworkTarget<'a>>,
    /// Endpoints on networks that are made anew without them.
    pub parted: BTreeSet<(&'a ContainerId, &'a NetworkId)>,
}

impl<'a> NetworkTargets<'a> {
    /// The networks that are there, each as the one that is meant.
    pub fn live(sides: &Sides<'a>, used: impl IntoIterator<Item = &'a NetworkKey>) -> Self {
        let project = sides.request.project;
        let target = |key| {
            let network = project.networks.get(key)?;
            match chosen(sides, key) {
                Some(found) => Some((key, NetworkTarget::Kept(&found.id))),
                None => network.definition.as_ref().map(|_| (key, NetworkTarget::Created)),
            }
        };
        Self { networks: used.into_iter().filter_map(target).collect(), parted: BTreeSet::new() }
    }
}

/// The networks that these services are on, if they have a container.
pub fn used<'a>(services: impl IntoIterator<Item = &'a crate::model::Service>) -> BTreeSet<&'a NetworkKey> {
    services.into_iter().filter(|service| service.scale > 0).flat_map(|service| service.networks.keys()).collect()
}

/// The network that is meant: ours first, then the one with containers, then the first. Engine 20.10 allows two of
/// one name.
pub fn chosen<'a>(sides: &Sides<'a>, key: &NetworkKey) -> Option<&'a Network> {
    let name = &sides.request.project.networks[key].name;
    let same = sides.request.observed.networks.iter().filter(|network| network.name == *name);
    same.min_by_key(|network| {
        (
            network.key.as_ref() != Some(key),
            network.key.is_none(),
            sides.index.attached(&network.id).is_empty(),
            &network.id,
        )
    })
}

/// Other networks that are the same one of the spec under the same name, and that nothing is on.
pub fn empty_twins<'a>(sides: &Sides<'a>, kept: &Network) -> Vec<&'a Network> {
    let observed = sides.request.observed;
    let is_empty = |id: &NetworkId| sides.index.attached(id).is_empty() && observed.guests_on(id).next().is_none();
    let twins = observed
        .networks
        .iter()
        .filter(|twin| twin.id != kept.id && twin.name == kept.name && twin.key.is_some() && twin.key == kept.key);
    twins.filter(|twin| is_empty(&twin.id)).collect()
}
