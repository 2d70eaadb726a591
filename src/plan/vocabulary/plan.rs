//! A whole plan: what happens to each resource, how, and what stands in its way.

use std::collections::BTreeSet;

use super::change::{Action, Change, Hazard, Reason};
use super::facts::{Facts, Target};
use super::node::{Node, NodeId};
use super::step::Step;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{ProjectName, VolumeName};

/// A plan, so specific that no choice is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// For which project.
    pub project: ProjectName,
    /// What happens to each resource, those that stay included, in the order of their addresses.
    pub changes: Vec<Change>,
    /// How: the steps, in the order of their ids, every `after` before its node.
    pub nodes: Vec<Node>,
    /// What the spec asks for and this engine or world cannot give. With an error among them nothing is done.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Whether there is nothing to do, and nothing to put on record.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.changes.iter().all(|change| change.action != Action::Record)
    }

    /// Whether all that it does is to ask again what cannot be looked at: then nothing is known to differ.
    pub fn only_asks(&self) -> bool {
        let asks = |change: &Change| change.reasons == [Reason::Unseen];
        self.nodes.iter().all(|node| matches!(node.step, Step::Host { .. }))
            && self.changes.iter().all(|change| matches!(change.action, Action::Keep | Action::Forget) || asks(change))
    }

    /// Whether it may not be carried out: there is an error among its messages.
    pub fn is_refused(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether a network or a volume of the user's goes, which others may use.
    pub fn takes_away(&self) -> bool {
        let goes = |facts: Facts<'_>| facts.destroys && matches!(facts.target, Target::Network(_));
        !self.in_danger().is_empty() || self.nodes.iter().any(|node| goes(node.step.facts()))
    }

    /// Whether programs of this machine are called: what they give may change what else is to be done.
    pub fn calls(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.step, Step::Host { .. }))
    }

    /// The volumes whose data it puts in danger.
    pub fn in_danger(&self) -> BTreeSet<VolumeName> {
        let hazards = self.changes.iter().flat_map(|change| &change.hazards);
        hazards
            .filter_map(|hazard| match hazard {
                Hazard::DataLoss { volume } => Some(volume.clone()),
                Hazard::Downtime { .. } | Hazard::PortTaken { .. } | Hazard::ExternalInUse { .. } => None,
            })
            .collect()
    }

    /// The step with this number.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 - 1]
    }
}
