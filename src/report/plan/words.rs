//! Reasons and hazards in words.

use crate::plan::{Action, Hazard, PlacedChange, Reason};

/// Why, in a few words. The fields of [`Reason::Changed`] follow on lines of their own.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Missing => "missing".to_owned(),
        Reason::Changed(changes) => changed(changes),
        Reason::ImageMoved { from, to: Some(to) } => format!("the image is another now: {from} -> {to}"),
        Reason::ImageMoved { from, to: None } => format!("the image will be another than {from}"),
        Reason::InputsChanged => "the build's inputs changed".to_owned(),
        Reason::NotRunning(state) => format!("not running: {state}"),
        Reason::Unhealthy => "unhealthy".to_owned(),
        Reason::DependencyReplaced(service) => format!("goes with service.{service}, which is replaced"),
        Reason::LeftBehind(owner) => {
            format!("{owner} was started after it, and shares nothing with it now")
        }
        Reason::Adopted => "made by another tool: replaced once, then known".to_owned(),
        Reason::Stray => "in no spec".to_owned(),
        Reason::ScaledDown => "fewer replicas are asked for".to_owned(),
        Reason::Asked => "asked for".to_owned(),
        Reason::Unseen => "cannot be looked at, so it is asked again".to_owned(),
        Reason::Repair => "left by an interrupted apply".to_owned(),
    }
}

fn changed(changes: &[PlacedChange]) -> String {
    match changes.iter().filter(|change| change.drift).count() {
        0 => "changed".to_owned(),
        all if all == changes.len() => "changed by hand".to_owned(),
        _ => "changed, in part by hand".to_owned(),
    }
}

/// Whether the action says it already: what is created was missing.
pub fn is_implied(action: Action, reason: &Reason) -> bool {
    matches!((action, reason), (Action::Create | Action::Pull | Action::Build, Reason::Missing))
}

/// What it may cost, in a sentence.
pub fn hazard(hazard: &Hazard, action: Action) -> String {
    match hazard {
        Hazard::DataLoss { volume } if action == Action::Delete => {
            format!("the data of volume {volume} is lost for good")
        }
        Hazard::DataLoss { volume } => format!("the data of volume {volume} is in danger"),
        Hazard::Downtime { service } if action == Action::Delete => format!("{service} stops for good"),
        Hazard::Downtime { service } => format!("{service} is down meanwhile"),
        Hazard::PortTaken { port, by } => format!("port {port} of the host is taken by {by}"),
        Hazard::ExternalInUse { by } => format!("in use by {by}, which is not of this project"),
    }
}
