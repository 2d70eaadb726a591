//! The guard of a network: which steps touch it, so that a swap of names has it to itself: the old endpoint gets its address back only
//! when nobody takes it in between, so nothing starts, connects or is created there during a swap.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::NetworkName;
use crate::plan::vocabulary::NodeId;

/// The steps that touch each network, in the order of the plan.
#[derive(Debug, Default)]
pub struct NetworkGuard(BTreeMap<NetworkName, Line>);

#[derive(Debug, Default)]
struct Line {
    /// Since the last swap.
    since: Vec<NodeId>,
    /// The last swap's steps, those of its way back included.
    swap: Vec<NodeId>,
}

impl NetworkGuard {
    /// What a step that touches these networks comes after.
    pub fn enter(&self, networks: &[NetworkName]) -> BTreeSet<NodeId> {
        self.lines(networks).flat_map(|line| line.swap.iter().copied()).collect()
    }

    /// Notes that a step touches these networks.
    pub fn touch(&mut self, networks: &[NetworkName], id: NodeId) {
        for network in networks {
            match self.0.get_mut(network) {
                Some(line) => line.since.push(id),
                None => self.line(network).since.push(id),
            }
        }
    }

    /// What a swap on these networks comes after.
    pub fn clear(&self, networks: &[NetworkName]) -> BTreeSet<NodeId> {
        self.lines(networks).flat_map(|line| line.swap.iter().chain(&line.since).copied()).collect()
    }

    /// Notes that these steps had the networks to themselves.
    pub fn swapped(&mut self, networks: &[NetworkName], steps: &[NodeId]) {
        for network in networks {
            *self.line(network) = Line { since: Vec::new(), swap: steps.to_vec() };
        }
    }

    fn lines<'t>(&'t self, networks: &'t [NetworkName]) -> impl Iterator<Item = &'t Line> {
        networks.iter().filter_map(|network| self.0.get(network))
    }

    fn line(&mut self, network: &NetworkName) -> &mut Line {
        self.0.entry(network.clone()).or_default()
    }
}
