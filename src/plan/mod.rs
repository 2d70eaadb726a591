//! What to do, and why. Pure: the same project, world and rules give the same plan.

mod attach;
mod batches;
mod born;
mod builder;
mod change;
pub mod code;
mod compare;
mod contents;
mod create;
mod destroy;
mod drift;
mod files;
mod fill;
mod fresh;
mod given;
mod handover;
mod helpers;
mod host;
mod images;
pub mod impact;
mod in_place;
mod index;
mod json;
mod labels;
mod limits;
mod mark;
mod member;
mod models;
mod moved;
mod named;
mod nameless;
mod names;
mod network_anew;
mod networks;
mod node;
mod on_record;
mod outcome;
mod part;
mod planner;
mod pre_start;
mod provider;
mod remove;
mod request;
mod seen;
mod service;
mod start;
mod start_first;
mod step;
mod stop_first;
mod strays;
mod swap;
mod take_back;
#[cfg(test)]
mod tests;
mod text;
mod three_way;
mod together;
mod traffic;
mod volume_anew;
mod volumes;
mod wanted;

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{ProjectName, VolumeName};

pub use change::{Action, Change, Hazard, PlacedChange, Reason};
pub use compare::is_finished;
pub use contents::{ChangedConfig, Contents, changed_configs, secrets};
pub use destroy::destroy;
pub use files::{born_with, recorded as recorded_files};
pub use host::needs as needs_host;
pub use json::{FORMAT, Frame, drift_json, json};
pub use models::MODEL;
pub use moved::{Basis, Moved, moved, seen_json};
pub use node::{Node, NodeId, When};
pub use part::Part;
pub use planner::{about, plan};
pub use provider::{is_released, is_up, recorded as providers};
pub use request::{DestroyOptions, Options, Request};
pub use seen::{Seen, seen};
pub use step::{
    ContainerRef, CopiedFile, CopiedKind, Given, Handle, NetworkRef, NewContainer, Provision, Purpose, Step, Until,
    VolumeFile,
};
pub use text::text;
pub use three_way::{Drift, DriftField, drift};

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
        self.nodes.iter().all(|node| matches!(node.step, Step::Call { .. }))
            && self.changes.iter().all(|change| matches!(change.action, Action::Keep | Action::Forget) || asks(change))
    }

    /// Whether it may not be carried out: there is an error among its messages.
    pub fn is_refused(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether a network or a volume of the user's goes, which others may use.
    pub fn takes_away(&self) -> bool {
        !self.in_danger().is_empty() || self.nodes.iter().any(|node| matches!(node.step, Step::RemoveNetwork { .. }))
    }

    /// Whether programs of this machine are called: what they give may change what else is to be done.
    pub fn calls(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.step, Step::Call { .. }))
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
