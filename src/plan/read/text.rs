//! The stable text of a plan: what happens to each resource and why, then the steps. Planner tests are one literal of
//! it. Values that look secret are masked; contents are not in it at all.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use crate::diagnostic::Severity;
use crate::diff::MASK;
use crate::model::{Attachment, Tunable};
use crate::plan::vocabulary::{
    Action, CallKind, Change, ContainerStep, FilesStep, Handle, Hazard, ImageStep, NetworkRef, Node, NodeId, NoteStep,
    PlacedChange, Plan, ProviderAction, Reason, Step, Until, WaitStep, When,
};
use crate::state::{NetworkId, Note, NoteBody};

/// The whole plan.
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for diagnostic in &plan.diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        line(&mut text, &format!("{place}{severity} {}: {}", diagnostic.code, diagnostic.message));
    }
    for change in &plan.changes {
        describe(&mut text, change);
    }
    if plan.nodes.is_empty() {
        line(&mut text, "no steps");
    }
    for node in &plan.nodes {
        line(&mut text, &step_line(node));
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn describe(text: &mut String, change: &Change) {
    let Change { address, name, action, reasons, hazards, notes, place: _ } = change;
    let reasons: Vec<_> = reasons.iter().map(reason).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    let mark = if *action == Action::Keep { "=" } else { action.mark() };
    line(text, &format!("{mark} {address} {name}{because}"));
    for hazard in hazards {
        line(text, &format!("  hazard: {}", hazard_text(hazard)));
    }
    for note in notes {
        line(text, &format!("  note: {note}"));
    }
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Missing => "missing".to_owned(),
        Reason::Changed(changes) => changes.iter().map(field).collect::<Vec<_>>().join(", "),
        Reason::ImageMoved { from, to: Some(to) } => format!("image {from} → {to}"),
        Reason::ImageMoved { from, to: None } => format!("image {from} → another"),
        Reason::InputsChanged => "build inputs changed".to_owned(),
        Reason::NotRunning(state) => state.to_string(),
        Reason::Unhealthy => "unhealthy".to_owned(),
        Reason::DependencyReplaced(service) => format!("with {service}"),
        Reason::LeftBehind(service) => format!("left behind by {service}"),
        Reason::Adopted => "adopted".to_owned(),
        Reason::Stray => "in no spec".to_owned(),
        Reason::Unseen => "cannot be looked at".to_owned(),
        Reason::ScaledDown => "scaled down".to_owned(),
        Reason::Asked => "asked for".to_owned(),
        Reason::Repair => "repair".to_owned(),
    }
}

fn field(placed: &PlacedChange) -> String {
    let PlacedChange { change, place: _, drift, forces: _ } = placed;
    let show = |value: Option<Value>| match value {
        None => "unset".to_owned(),
        Some(Value::String(text)) if text == MASK => text,
        Some(value) => value.to_string(),
    };
    let by_hand = if *drift { " (changed by hand)" } else { "" };
    format!("{}: {} → {}{by_hand}", change.path, show(change.shown_before()), show(change.shown_after()))
}

fn hazard_text(hazard: &Hazard) -> String {
    match hazard {
        Hazard::DataLoss { volume } => format!("the data of {volume} is lost"),
        Hazard::Downtime { service } => format!("{service} stops"),
        Hazard::PortTaken { port, by } => format!("port {port} is taken by {by}"),
        Hazard::ExternalInUse { by } => format!("in use by {by}"),
    }
}

fn step_line(node: &Node) -> String {
    let Node { id, step, after, when, optional, part_of: _ } = node;
    let mut line = format!("{id} {} {}{}", step.verb(), step.object(), detail(step));
    let (failed, soft) = match when {
        When::Done => (BTreeSet::new(), None),
        When::Failed(failed) => (failed.clone(), None),
        When::TakenBack { done, unless, .. } => ([*done, *unless].into(), None),
        When::Tolerant { of, failures } => (BTreeSet::new(), Some((of, failures))),
    };
    let hard: Vec<&NodeId> =
        after.iter().filter(|id| !failed.contains(id) && soft.is_none_or(|(of, _)| !of.contains(id))).collect();
    let join = |ids: Vec<&NodeId>| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(" ");
    if let When::TakenBack { .. } = when {
        write!(line, " if {when}").expect("a string takes everything");
    } else if !failed.is_empty() {
        write!(line, " if {} failed", join(failed.iter().collect())).expect("a string takes everything");
    }
    if !hard.is_empty() {
        write!(line, " after {}", join(hard)).expect("a string takes everything");
    }
    if soft.is_some() {
        write!(line, ", {when}").expect("a string takes everything");
    }
    if *optional {
        line.push_str(", optional");
    }
    line
}

/// What a step does beyond its verb and object.
fn detail(step: &Step) -> String {
    match step {
        Step::Image(ImageStep::Pull { platform, .. }) => {
            platform.as_ref().map(|platform| format!(" for {platform}")).unwrap_or_default()
        }
        Step::Note(NoteStep::Keep(Note { body: NoteBody::Files(files), .. })) => format!(" ({})", files.len()),
        Step::Container(ContainerStep::Create(new)) => {
            let networks: Vec<_> =
                new.networks.iter().map(|(network, how)| format!(" on {}", on(network, how))).collect();
            let carried: Vec<_> =
                new.carried.iter().map(|(target, volume)| format!(" with {volume} at {target}")).collect();
            format!("{}{}", networks.concat(), carried.concat())
        }
        Step::Container(ContainerStep::Rename { to, .. }) => format!(" to {to}"),
        Step::Container(ContainerStep::Update { tunable, .. }) => format!(" {}", limits(tunable)),
        Step::Container(ContainerStep::Connect { network, attachment, .. }) => {
            format!(" to {}", on(network, attachment))
        }
        Step::Container(ContainerStep::Disconnect { network, .. }) => format!(" from {}", network.name),
        Step::Wait(WaitStep::Until { until, limit, .. }) => match until {
            Until::Ready { settle } => format!(" until ready ({}, at most {})", seconds(*settle), seconds(*limit)),
            Until::Healthy => format!(" until healthy (at most {})", seconds(*limit)),
            Until::Completed => format!(" until completed (at most {})", seconds(*limit)),
        },
        Step::Container(ContainerStep::Hook { hook, .. }) => format!(" `{}`", hook.command.join(" ")),
        Step::Files(FilesStep::CopyIn { files, .. }) => format!(" {} files", files.len()),
        Step::Files(FilesStep::Delete { paths, .. }) => format!(" {} paths", paths.len()),
        Step::Host { kind, .. } => match kind {
            CallKind::Service { service, action: ProviderAction::Up, definition: _ } => {
                format!(" to bring up {service}")
            }
            CallKind::Service { service, action: ProviderAction::Stop, definition: _ } => {
                format!(" to pause {service}")
            }
            CallKind::Service { service, action: ProviderAction::Down, definition: _ } => {
                format!(" to release {service}")
            }
            CallKind::PullModel => " to pull".to_owned(),
            CallKind::ConfigureModel => " to configure".to_owned(),
        },
        Step::Container(ContainerStep::Stop { grace: Some(grace), .. }) => format!(" within {grace} s"),
        Step::Image(ImageStep::Build { .. })
        | Step::Network(_)
        | Step::Volume(_)
        | Step::Note(
            NoteStep::Keep(Note { body: NoteBody::Key(_) | NoteBody::Lock(_) | NoteBody::Record(_), .. })
            | NoteStep::Forget { .. },
        )
        | Step::Container(
            ContainerStep::Start { .. }
            | ContainerStep::Stop { grace: None, .. }
            | ContainerStep::Unpause { .. }
            | ContainerStep::Remove { .. }
            | ContainerStep::CollectLogs { .. },
        )
        | Step::Wait(WaitStep::Pause { .. }) => String::new(),
    }
}

fn on(network: &NetworkRef, attachment: &Attachment) -> String {
    let name = match &network.handle {
        Handle::<NetworkId>::Known(_) | Handle::Made(_) => &network.name,
    };
    let mut with: Vec<String> = attachment.aliases.iter().cloned().collect();
    with.extend(attachment.ipv4_address.clone());
    with.extend(attachment.ipv6_address.clone());
    with.extend(attachment.mac_address.clone());
    format!("{name} ({})", with.join(", "))
}

fn limits(tunable: &Tunable) -> String {
    let value = serde_json::to_value(tunable).expect("a model of plain data has a JSON form");
    let Value::Object(fields) = value else { return String::new() };
    let mut fields: Vec<_> = fields.iter().map(|(field, value)| format!("{field}={}", plain(value))).collect();
    if tunable.restart.is_no() {
        fields.push("restart=no".to_owned());
    }
    fields.join(" ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn seconds(duration: Duration) -> String {
    format!("{duration:?}")
}
