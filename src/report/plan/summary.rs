//! The last lines of a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::plan::{Action, Hazard, Plan};
use crate::report::text::count;

/// How much a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Resources by action, in the order of [`Action`], those that stay left out.
    pub actions: BTreeMap<Action, usize>,
    /// Resources that stay as they are.
    pub kept: usize,
    /// Services that stop for a while.
    pub down: BTreeSet<String>,
    /// Volumes whose data is in danger.
    pub data: BTreeSet<String>,
}

/// Counts.
pub fn summary(plan: &Plan) -> Summary {
    let mut summary = Summary { actions: BTreeMap::new(), kept: 0, down: BTreeSet::new(), data: BTreeSet::new() };
    for change in &plan.changes {
        match change.action {
            Action::Keep => summary.kept += 1,
            action => *summary.actions.entry(action).or_default() += 1,
        }
        for hazard in &change.hazards {
            match hazard {
                Hazard::Downtime { service } => drop(summary.down.insert(service.to_string())),
                Hazard::DataLoss { volume } => drop(summary.data.insert(volume.to_string())),
                Hazard::PortTaken { .. } | Hazard::ExternalInUse { .. } => {}
            }
        }
    }
    summary
}

impl Summary {
    /// Without marks or colour: `Plan: 2 to create, 1 to replace; 12 stay as they are`.
    pub fn line(&self) -> String {
        if self.actions.is_empty() {
            return format!("No changes: {} as the spec asks", count(self.kept, "resource is", "resources are"));
        }
        let parts: Vec<_> =
            self.actions.iter().map(|(action, number)| format!("{number} to {}", action.word())).collect();
        let kept =
            if self.kept == 0 { String::new() } else { format!("; {} as before", count(self.kept, "stays", "stay")) };
        format!("Plan: {}{kept}", parts.join(", "))
    }

    /// What the reader must not miss, one line each.
    pub fn warnings(&self) -> Vec<String> {
        let names = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut lines = Vec::new();
        if !self.down.is_empty() {
            lines.push(format!("Down for a while: {}", names(&self.down)));
        }
        if !self.data.is_empty() {
            lines.push(format!("Data in danger: {}", names(&self.data)));
        }
        lines
    }
}
