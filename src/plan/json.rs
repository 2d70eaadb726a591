//! The plan as JSON, `format_version` 1.0: what a policy or another program reads. Values that look secret are masked;
//! contents are not in it at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Action, Change, Hazard, Node, NodeId, PlacedChange, Plan, Reason};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Address;

/// The shape of what [`json()`] gives. A field may come; none goes or changes its meaning under the same first number.
pub const FORMAT: &str = "1.0";

/// What a plan does not know of itself.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The engine, for people.
    pub target: &'a str,
    /// When the plan was made.
    pub timestamp: Timestamp,
}

/// The whole plan.
pub fn json(plan: &Plan, frame: &Frame) -> Value {
    let needs = needs(plan);
    let changes: Vec<_> = plan.changes.iter().map(|change| resource(change, needs.get(&change.address))).collect();
    let drift: Vec<_> = plan.changes.iter().filter_map(drift).collect();
    json!({
        "format_version": FORMAT,
        "dsenv_version": env!("CARGO_PKG_VERSION"),
        "env": plan.project,
        "target": frame.target,
        "timestamp": frame.timestamp.to_string(),
        "resource_drift": drift,
        "resource_changes": changes,
        "steps": plan.nodes.iter().map(step).collect::<Vec<_>>(),
        "summary": summary(plan),
        "diagnostics": plan.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
        "errored": plan.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error),
    })
}

fn resource(change: &Change, needs: Option<&BTreeSet<Address>>) -> Value {
    let Change { address, name, action, reasons, hazards, notes, place } = change;
    let fields: Vec<&PlacedChange> = fields(change).collect();
    let side = |value: fn(&PlacedChange) -> Option<Value>| -> Value {
        fields.iter().filter_map(|field| Some((field.change.path.clone(), value(field)?))).collect::<Map<_, _>>().into()
    };
    let paths = |keep: fn(&&&PlacedChange) -> bool| -> Vec<&str> {
        fields.iter().filter(keep).map(|field| field.change.path.as_str()).collect()
    };
    let unknown =
        reasons.iter().any(|reason| matches!(reason, Reason::ImageMoved { to: None, .. } | Reason::InputsChanged));
    json!({
        "address": address,
        "kind": kind(address),
        "name": name,
        "previous_address": null,
        "change": {
            "actions": actions(change),
            "before": if *action == Action::Create { Value::Null } else { side(|field| field.change.shown_before()) },
            "after": if *action == Action::Delete { Value::Null } else { side(|field| field.change.shown_after()) },
            "after_unknown": if unknown { vec!["image"] } else { vec![] },
            "before_sensitive": paths(|field| field.change.sensitive && field.change.before.is_some()),
            "after_sensitive": paths(|field| field.change.sensitive && field.change.after.is_some()),
            "replace_paths": if *action == Action::Replace { paths(|_| true) } else { vec![] },
        },
        "action": action,
        "reason": reasons.iter().map(reason).collect::<Vec<_>>(),
        "impact": impact(hazards),
        "notes": notes,
        "place": place.as_ref().map(ToString::to_string),
        "depends_on": needs.into_iter().flatten().collect::<Vec<_>>(),
    })
}

fn kind(address: &Address) -> &'static str {
    match address {
        Address::Project => "project",
        Address::Image(_) => "image",
        Address::Network(_) => "network",
        Address::Volume(_) => "volume",
        Address::Service(_) | Address::Replica(..) => "container",
        Address::Stray(_) => "stray",
    }
}

/// A list, so that a policy only has to look for "delete"; in the order in which it is done.
fn actions(change: &Change) -> Vec<&'static str> {
    match change.action {
        Action::Create | Action::Pull | Action::Build => vec!["create"],
        Action::Update | Action::Start | Action::Run => vec!["update"],
        Action::Replace if change.hazards.is_empty() => vec!["create", "delete"],
        Action::Replace => vec!["delete", "create"],
        Action::Delete => vec!["delete"],
        Action::Forget => vec!["forget"],
        Action::Keep => vec!["no-op"],
    }
}

fn reason(reason: &Reason) -> Value {
    match reason {
        Reason::Missing => json!({"kind": "missing"}),
        Reason::Changed(changes) => {
            let fields: Vec<_> = changes
                .iter()
                .map(|PlacedChange { change, place, drift }| {
                    let place = place.as_ref().map(ToString::to_string);
                    json!({"path": change.path, "place": place, "drift": drift})
                })
                .collect();
            json!({"kind": "changed", "fields": fields})
        }
        Reason::ImageMoved { from, to } => json!({"kind": "image_moved", "from": from, "to": to}),
        Reason::InputsChanged => json!({"kind": "inputs_changed"}),
        Reason::NotRunning(state) => json!({"kind": "not_running", "state": state.to_string()}),
        Reason::Unhealthy => json!({"kind": "unhealthy"}),
        Reason::DependencyReplaced(service) => json!({"kind": "dependency_replaced", "service": service}),
        Reason::Adopted => json!({"kind": "adopted"}),
        Reason::Stray => json!({"kind": "stray"}),
        Reason::ScaledDown => json!({"kind": "scaled_down"}),
        Reason::Asked => json!({"kind": "asked"}),
        Reason::Repair => json!({"kind": "repair"}),
    }
}

fn impact(hazards: &[Hazard]) -> Value {
    let (mut stops, mut lost, mut ports, mut users) = (vec![], vec![], vec![], vec![]);
    for hazard in hazards {
        match hazard {
            Hazard::Downtime { service } => stops.push(service),
            Hazard::DataLoss { volume } => lost.push(volume),
            Hazard::PortTaken { port, by } => ports.push(json!({"port": port, "by": by})),
            Hazard::ExternalInUse { by } => users.push(by),
        }
    }
    json!({"downtime": stops, "data_loss": lost, "ports_taken": ports, "in_use_by": users})
}

fn fields(change: &Change) -> impl Iterator<Item = &PlacedChange> {
    let changed = change.reasons.iter().filter_map(|reason| match reason {
        Reason::Changed(changes) => Some(changes),
        _ => None,
    });
    changed.flatten()
}

fn drift(change: &Change) -> Option<Value> {
    let fields: Vec<_> = fields(change)
        .filter(|field| field.drift)
        .map(|PlacedChange { change, place: _, drift: _ }| {
            json!({"path": change.path, "live": change.shown_before(), "file": change.shown_after()})
        })
        .collect();
    (!fields.is_empty()).then(|| json!({"address": change.address, "name": change.name, "fields": fields}))
}

/// What the steps of a resource come after, among other resources.
fn needs(plan: &Plan) -> BTreeMap<&Address, BTreeSet<Address>> {
    let mut needs: BTreeMap<&Address, BTreeSet<Address>> = BTreeMap::new();
    for node in &plan.nodes {
        let others = node.after.iter().map(|id| &plan.node(*id).part_of).filter(|other| **other != node.part_of);
        needs.entry(&node.part_of).or_default().extend(others.cloned());
    }
    needs
}

fn step(node: &Node) -> Value {
    let Node { id, step, after, when, part_of } = node;
    json!({
        "id": id,
        "step": step.verb(),
        "object": step.object(),
        "part_of": part_of,
        "after": after.iter().collect::<Vec<&NodeId>>(),
        "when": when,
    })
}

fn summary(plan: &Plan) -> Value {
    let count = |actions: &[Action]| plan.changes.iter().filter(|change| actions.contains(&change.action)).count();
    json!({
        "add": count(&[Action::Create]),
        "change": count(&[Action::Update]),
        "replace": count(&[Action::Replace]),
        "start": count(&[Action::Start, Action::Run]),
        "remove": count(&[Action::Delete]),
        "forget": count(&[Action::Forget]),
        "pull": count(&[Action::Pull]),
        "build": count(&[Action::Build]),
    })
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { severity, code, message, place, label: _, related: _, help } = diagnostic;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = place.as_ref().map(ToString::to_string);
    json!({"severity": severity, "code": code, "message": message, "place": place, "help": help})
}
