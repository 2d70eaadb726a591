//! The last lines of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::model::{ServiceName, VolumeName};
use crate::plan::impact::{Downtime, Impact, Ports};
use crate::plan::{Action, Hazard, Plan};
use crate::report::text::count;
use crate::report::value;

/// How much a plan does.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Resources by action, in the order of [`Action`], those that stay left out.
    pub actions: BTreeMap<Action, usize>,
    /// Resources that stay as they are.
    pub kept: usize,
    /// Services that stop, and how long each of their containers is away; the longest counts.
    pub down: BTreeMap<ServiceName, Duration>,
    /// Services of which something stops for good.
    pub gone: BTreeSet<ServiceName>,
    /// Volumes whose data is in danger.
    pub data: BTreeSet<VolumeName>,
    /// Ports of the host that are another's afterwards, by service: those closed, those opened.
    pub ports: BTreeMap<ServiceName, Ports>,
}

/// Counts.
pub fn summary(plan: &Plan) -> Summary {
    let mut summary = Summary {
        actions: BTreeMap::new(),
        kept: 0,
        down: BTreeMap::new(),
        gone: BTreeSet::new(),
        data: plan.in_danger(),
        ports: BTreeMap::new(),
    };
    let impact = Impact::of(plan);
    for change in &plan.changes {
        match change.action {
            Action::Keep => summary.kept += 1,
            action => *summary.actions.entry(action).or_default() += 1,
        }
        let away = impact.downtime(change);
        for hazard in &change.hazards {
            let Hazard::Downtime { service } = hazard else { continue };
            match away {
                Downtime::None => {}
                Downtime::About(time) => {
                    let longest = summary.down.entry(service.clone()).or_default();
                    *longest = time.max(*longest);
                }
                Downtime::ForGood => drop(summary.gone.insert(service.clone())),
            }
        }
        if let Some(service) = change.address.service().filter(|_| change.action != Action::Create) {
            let ports = impact.ports(change);
            if ports != Ports::default() {
                summary.ports.insert(service.clone(), ports);
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

    /// What the reader must not miss, one line each. `sizes` are bytes.
    pub fn warnings(&self, sizes: &BTreeMap<VolumeName, u64>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |title: &str, items: Vec<String>| {
            if !items.is_empty() {
                lines.push(format!("{title}: {}", items.join(", ")));
            }
        };
        line(
            "Down for a while",
            self.down.iter().map(|(service, time)| format!("{service}{}", about(*time))).collect(),
        );
        line("Stopped for good", self.gone.iter().map(ToString::to_string).collect());
        line(
            "Data in danger",
            self.data
                .iter()
                .map(|volume| match sizes.get(volume) {
                    Some(bytes) => format!("{volume} ({})", value::rough_bytes(*bytes)),
                    None => format!("{volume} (size unknown)"),
                })
                .collect(),
        );
        line("Ports move", self.ports.iter().map(|(service, ports)| format!("{service} {}", moved(ports))).collect());
        lines
    }
}

/// A guess, so in whole seconds.
fn about(time: Duration) -> String {
    match time.as_secs() + u64::from(time.subsec_nanos() > 0) {
        0 => String::new(),
        seconds @ 1..120 => format!(" (about {seconds} s)"),
        seconds => format!(" (about {} min)", seconds.div_ceil(60)),
    }
}

/// `8080:80 -> 9090:80`
fn moved(ports: &Ports) -> String {
    let list = |ports: &[Value]| match ports {
        [] => "none".to_owned(),
        ports => value::items("ports", &ports.into()).unwrap_or_default().join(" "),
    };
    format!("{} -> {}", list(&ports.closed), list(&ports.opened))
}
