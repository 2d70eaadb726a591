//! The plan as JSON, `format_version` 1.0: what a policy or another program reads. Values that look secret are masked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::contents::Contents;
use super::created;
use super::impact::{Downtime, Impact, Ports};
use super::snapshot::ObjectSnapshot;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::{FieldChange, Hunk, Line, Side};
use crate::model::{Address, VolumeName, key_of_field};
use crate::plan::compare::drift::{Drift, DriftField};
use crate::plan::vocabulary::{
    Action, Change, ContainerStep, Hazard, Injected, Node, NodeId, PlacedChange, Plan, Reason, Step,
};

/// The shape of what [`json()`] gives. A field may come; none goes or changes its meaning under the same first number.
pub const FORMAT: &str = "1.0";

/// What a plan does not know of itself.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// The engine, for people.
    pub target: &'a str,
    /// When the plan was made.
    pub timestamp: Timestamp,
    /// A digest of the resolved spec; `None` where there is none, as when a project goes.
    pub spec_hash: Option<String>,
    /// What the plan was made from.
    pub snapshot: Vec<ObjectSnapshot>,
    /// What is not as the last apply left it.
    pub drift: Vec<Drift>,
    /// How many bytes each volume holds whose data is in danger, where the engine tells.
    pub sizes: BTreeMap<VolumeName, u64>,
    /// What differs in the configs that change.
    pub contents: Contents,
}

impl<'a> Frame<'a> {
    /// Of a plan of which nothing more is known.
    pub fn bare(target: &'a str, timestamp: Timestamp) -> Self {
        Self {
            target,
            timestamp,
            spec_hash: None,
            snapshot: Vec::new(),
            drift: Vec::new(),
            sizes: BTreeMap::new(),
            contents: Contents::new(),
        }
    }
}

/// The whole plan.
pub fn json(plan: &Plan, frame: &Frame) -> Value {
    let needs = needs(plan);
    let impact = Impact::of(plan);
    let changes: Vec<_> =
        plan.changes.iter().map(|change| resource(&impact, change, needs.get(&change.address), frame)).collect();
    json!({
        "format_version": FORMAT,
        "dsenv_version": env!("CARGO_PKG_VERSION"),
        "env": plan.project,
        "target": frame.target,
        "timestamp": frame.timestamp.to_string(),
        "spec_hash": frame.spec_hash,
        "observed": frame.snapshot.iter().map(observed).collect::<Vec<_>>(),
        "resource_drift": frame.drift.iter().map(drift_json).collect::<Vec<_>>(),
        "resource_changes": changes,
        "steps": plan.nodes.iter().map(step).collect::<Vec<_>>(),
        "summary": summary(plan),
        "diagnostics": plan.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
        "errored": plan.is_refused(),
    })
}

fn observed(object: &ObjectSnapshot) -> Value {
    let ObjectSnapshot { address, name, id, definition: _, state } = object;
    json!({"address": address, "name": name, "id": id, "fingerprint": object.fingerprint(), "state": state})
}

fn resource(impact: &Impact, change: &Change, needs: Option<&BTreeSet<Address>>, frame: &Frame) -> Value {
    let Change { address, name, action, reasons, hazards: _, notes, place } = change;
    let fields: Vec<&PlacedChange> = fields(change).collect();
    // What is made is shown whole, what is changed by what differs.
    let created = if *action == Action::Create { created::fields(impact.steps(address)) } else { Vec::new() };
    let told: Vec<&FieldChange> = fields.iter().map(|field| &field.change).chain(&created).collect();
    let side = |value: fn(&FieldChange) -> Option<Value>| -> Value {
        told.iter().filter_map(|change| Some((change.path.clone(), value(change)?))).collect::<Map<_, _>>().into()
    };
    let sensitive = |side: fn(&FieldChange) -> &Option<Value>| -> Vec<&str> {
        let hidden = told.iter().filter(|change| change.sensitive && side(change).is_some());
        hidden.map(|change| change.path.as_str()).collect()
    };
    let image =
        reasons.iter().any(|reason| matches!(reason, Reason::ImageMoved { to: None, .. } | Reason::InputsChanged));
    let injected = impact.steps(address).iter().any(|node| match &node.step {
        Step::Container(ContainerStep::Create(new)) => {
            new.injected.values().any(|injected| matches!(injected, Injected::Made(_)))
        }
        _ => false,
    });
    let unknown: Vec<_> =
        [(image, "image"), (injected, "environment")].into_iter().filter(|it| it.0).map(|it| it.1).collect();
    let replaced: Vec<&str> = match action {
        Action::Replace => fields.iter().filter(|field| field.forces).map(|field| field.change.path.as_str()).collect(),
        _ => Vec::new(),
    };
    json!({
        "address": address,
        // What is put on record is told of a service, whoever runs it.
        "kind": if *action == Action::Record { "service" } else { kind(address) },
        "name": name,
        "previous_address": null,
        "change": {
            "actions": actions(change),
            "before": if *action == Action::Create { Value::Null } else { side(FieldChange::shown_before) },
            "after": if *action == Action::Delete { Value::Null } else { side(FieldChange::shown_after) },
            "after_unknown": unknown,
            "before_sensitive": sensitive(|change| &change.before),
            "after_sensitive": sensitive(|change| &change.after),
            "replace_paths": replaced,
            "contents": contents(change, &fields, &frame.contents),
        },
        "action": action,
        "reason": reasons.iter().map(reason).collect::<Vec<_>>(),
        "impact": cost(impact, change, &frame.sizes),
        "notes": notes,
        "place": place.as_ref().map(ToString::to_string),
        "depends_on": needs.into_iter().flatten().collect::<Vec<_>>(),
    })
}

/// The hunks of each config that changes, their lines marked as in a unified diff.
fn contents(change: &Change, fields: &[&PlacedChange], contents: &Contents) -> Value {
    let of = |field: &&PlacedChange| {
        let path = &field.change.path;
        let hunks = contents.get(&(change.address.clone(), path.clone()))?;
        Some(json!({"path": path, "hunks": hunks.iter().map(hunk).collect::<Vec<_>>()}))
    };
    if contents.is_empty() { json!([]) } else { fields.iter().filter_map(of).collect() }
}

fn hunk(hunk: &Hunk) -> Value {
    let Hunk { old, new, lines } = hunk;
    let marked = |line: &Line| {
        let Line { side, text, unended } = line;
        let mark = match side {
            Side::Both => ' ',
            Side::Old => '-',
            Side::New => '+',
        };
        [Some(format!("{mark}{text}")), unended.then(|| "\\ no newline at the end".to_owned())]
    };
    json!({"old": old, "new": new, "lines": lines.iter().flat_map(marked).flatten().collect::<Vec<_>>()})
}

fn kind(address: &Address) -> &'static str {
    match address {
        Address::Project => "project",
        Address::Image(_) => "image",
        Address::Network(_) => "network",
        Address::Model(_) => "model",
        Address::Volume(_) => "volume",
        Address::Service(_) => "provider",
        Address::Replica(..) => "container",
        Address::Stray(_) => "stray",
    }
}

/// A list, so that a policy only has to look for "delete"; in the order in which it is done.
fn actions(change: &Change) -> Vec<&'static str> {
    match change.action {
        Action::Create | Action::Pull | Action::Build => vec!["create"],
        Action::Update | Action::Start | Action::Run | Action::Record => vec!["update"],
        Action::Replace | Action::PerhapsReplace if change.hazards.is_empty() => vec!["create", "delete"],
        Action::Replace | Action::PerhapsReplace => vec!["delete", "create"],
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
                .map(|PlacedChange { change, place, drift, forces: _ }| {
                    let place = place.as_ref().map(ToString::to_string);
                    json!({"path": change.path, "key": key_of_field(&change.path), "place": place, "drift": drift})
                })
                .collect();
            json!({"kind": "changed", "fields": fields})
        }
        Reason::ImageMoved { from, to } => json!({"kind": "image_moved", "from": from, "to": to}),
        Reason::InputsChanged => json!({"kind": "inputs_changed"}),
        Reason::NotRunning(state) => json!({"kind": "not_running", "state": state.to_string()}),
        Reason::Unhealthy => json!({"kind": "unhealthy"}),
        Reason::DependencyReplaced(service) => json!({"kind": "dependency_replaced", "service": service}),
        Reason::LeftBehind(owner) => json!({"kind": "left_behind", "by": owner}),
        Reason::Adopted => json!({"kind": "adopted"}),
        Reason::Stray => json!({"kind": "stray"}),
        Reason::Unseen => json!({"kind": "unseen"}),
        Reason::ScaledDown => json!({"kind": "scaled_down"}),
        Reason::Asked => json!({"kind": "asked"}),
        Reason::Repair => json!({"kind": "repair"}),
    }
}

fn cost(impact: &Impact, change: &Change, sizes: &BTreeMap<VolumeName, u64>) -> Value {
    let (mut stops, mut lost, mut ports, mut users) = (vec![], vec![], vec![], vec![]);
    for hazard in &change.hazards {
        match hazard {
            Hazard::Downtime { service } => stops.push(service),
            Hazard::DataLoss { volume } => lost.push(json!({"volume": volume, "bytes": sizes.get(volume)})),
            Hazard::PortTaken { port, by } => ports.push(json!({"port": port, "by": by})),
            Hazard::ExternalInUse { by } => users.push(by),
        }
    }
    let downtime = match impact.downtime(change) {
        Downtime::None => json!(0.0),
        Downtime::About(time) => json!(time.as_secs_f64()),
        Downtime::ForGood => Value::Null,
    };
    let Ports { opened, closed } = impact.ports(change);
    json!({
        "downtime_s": downtime,
        "stops": stops,
        "data_loss": lost,
        // Only a registry knows how much of an image is not here yet.
        "bytes_pull": if change.action == Action::Pull { Value::Null } else { json!(0) },
        "ports": {"opened": opened, "closed": closed},
        "ports_taken": ports,
        "in_use_by": users,
    })
}

fn fields(change: &Change) -> impl Iterator<Item = &PlacedChange> {
    let changed = change.reasons.iter().filter_map(|reason| match reason {
        Reason::Changed(changes) => Some(changes),
        _ => None,
    });
    changed.flatten()
}

/// One object that is not as the last apply left it.
pub fn drift_json(drift: &Drift) -> Value {
    let Drift { address, name, fields } = drift;
    let fields: Vec<_> = fields
        .iter()
        .map(|DriftField { path, recorded, file, live, place }| {
            let place = place.as_ref().map(ToString::to_string);
            let key = key_of_field(path);
            json!({"path": path, "key": key, "recorded": recorded, "file": file, "live": live, "place": place})
        })
        .collect();
    json!({"address": address, "kind": kind(address), "name": name, "fields": fields})
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
    let Node { id, step, after, when, optional, part_of } = node;
    let mut value = json!({
        "id": id,
        "step": step.verb(),
        "object": step.object(),
        "part_of": part_of,
        "after": after.iter().collect::<Vec<&NodeId>>(),
        "when": when,
    });
    if *optional {
        value["optional"] = true.into();
    }
    value
}

fn summary(plan: &Plan) -> Value {
    let count = |actions: &[Action]| plan.changes.iter().filter(|change| actions.contains(&change.action)).count();
    json!({
        "add": count(&[Action::Create]),
        "change": count(&[Action::Update, Action::Record]),
        "replace": count(&[Action::Replace]),
        "perhaps_replace": count(&[Action::PerhapsReplace]),
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
