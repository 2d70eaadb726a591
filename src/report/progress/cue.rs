//! What every step of a plan is called while it runs; all that a report keeps of a plan.

use crate::model::Address;
use crate::plan::{
    Action, CallKind, ContainerStep, FilesStep, ImageStep, NetworkStep, Node, NoteStep, Plan, ProviderAction, Step,
    Until, VolumeStep, WaitStep,
};
use crate::state::{Note, NoteBody, own};

/// One step, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// Its group.
    pub address: Address,
    /// What the plan calls it.
    pub verb: &'static str,
    /// What it acts on.
    pub object: String,
    /// "waiting until healthy"
    pub doing: String,
    /// "healthy"
    pub done: String,
    /// How much it is worth telling.
    pub weight: Weight,
    /// Whether it is part of a way back.
    pub is_back: bool,
    /// Its failure is no failure of the run.
    pub optional: bool,
}

/// How much a step is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Told only when asked.
    Small,
    /// Told when it is done.
    Quick,
    /// Told when it begins and when it is done.
    Slow,
}

/// The cues of all steps, in the order of their ids.
pub fn cues(plan: &Plan) -> Vec<Cue> {
    let name =
        |address: &Address| plan.changes.iter().find(|change| change.address == *address).map(|c| c.name.as_str());
    plan.nodes.iter().map(|node| cue(node, name(&node.part_of))).collect()
}

/// What happens to the resource of a group.
pub fn action(plan: &Plan, address: &Address) -> Action {
    plan.changes.iter().find(|change| change.address == *address).map_or(Action::Keep, |change| change.action)
}

fn cue(node: &Node, name: Option<&str>) -> Cue {
    let Node { id: _, step, after: _, when, optional, part_of } = node;
    let object = step.object();
    // The group's own name needs no saying.
    let other = if name == Some(object.as_str()) { String::new() } else { format!(" {object}") };
    let (doing, done, weight) = words(step, &other);
    let weight = if is_housekeeping(part_of) { Weight::Small } else { weight };
    Cue {
        address: part_of.clone(),
        verb: step.verb(),
        object,
        doing,
        done,
        weight,
        is_back: when.is_back(),
        optional: *optional,
    }
}

fn words(step: &Step, other: &str) -> (String, String, Weight) {
    use Weight::{Quick, Slow, Small};
    if let (Step::Wait(WaitStep::Until { .. }), Some(number)) = (step, own::pre_start_number(&step.object())) {
        return (format!("running pre_start hook {number}"), format!("pre_start hook {number} done"), Slow);
    }
    let (doing, done, weight) = match step {
        Step::Image(ImageStep::Pull { .. }) => ("pulling", "pulled", Slow),
        Step::Image(ImageStep::Build { .. }) => ("building", "built", Slow),
        Step::Note(NoteStep::Keep(Note { body: NoteBody::Files(_), .. })) => {
            return ("writing configs and secrets".into(), "configs and secrets written".into(), Quick);
        }
        Step::Network(NetworkStep::Create { .. })
        | Step::Volume(VolumeStep::Create { .. })
        | Step::Note(NoteStep::Keep(Note {
            body: NoteBody::Key(_) | NoteBody::Lock(_) | NoteBody::Record(_), ..
        }))
        | Step::Container(ContainerStep::Create(_)) => ("creating", "created", Quick),
        Step::Network(NetworkStep::Remove { .. })
        | Step::Volume(VolumeStep::Remove { .. })
        | Step::Note(NoteStep::Forget { .. })
        | Step::Container(ContainerStep::Remove { .. }) => ("removing", "removed", Quick),
        Step::Container(ContainerStep::Start { .. }) => ("starting", "started", Quick),
        Step::Container(ContainerStep::Stop { .. }) => ("stopping", "stopped", Slow),
        Step::Container(ContainerStep::Unpause { .. }) => ("unpausing", "unpaused", Quick),
        Step::Container(ContainerStep::Rename { to, .. }) => {
            return (format!("renaming{other} to {to}"), format!("renamed{other} to {to}"), Small);
        }
        Step::Container(ContainerStep::Update { .. }) => ("changing limits", "limits changed", Quick),
        Step::Container(ContainerStep::Connect { network, .. }) => {
            return (
                format!("connecting{other} to {}", network.name),
                format!("connected{other} to {}", network.name),
                Small,
            );
        }
        Step::Container(ContainerStep::Disconnect { network, .. }) => {
            let network = &network.name;
            return (
                format!("disconnecting{other} from {network}"),
                format!("disconnected{other} from {network}"),
                Small,
            );
        }
        // What a group waits for is always its own container, the new one.
        Step::Wait(WaitStep::Until { until, .. }) => {
            let reached = match until {
                Until::Ready { .. } => "ready",
                Until::Healthy => "healthy",
                Until::Completed => "completed",
            };
            return (format!("waiting until {reached}"), reached.into(), Slow);
        }
        Step::Wait(WaitStep::Pause { .. }) => return ("pausing".into(), "paused".into(), Small),
        // Arguments may hold what is not for other eyes; the program's name says enough.
        Step::Container(ContainerStep::Hook { hook, .. }) => {
            let program = hook.command.first().map_or("", String::as_str);
            return (format!("running hook {program}"), format!("hook {program} done"), Slow);
        }
        Step::Files(FilesStep::CopyIn { .. }) => ("copying files", "files copied", Quick),
        Step::Files(FilesStep::Delete { .. }) => ("deleting files", "files deleted", Quick),
        Step::Host { kind, .. } => {
            let (doing, done) = match kind {
                CallKind::Service { action: ProviderAction::Up, .. } => ("bringing up", "up"),
                CallKind::Service { action: ProviderAction::Stop, .. } => ("pausing", "paused"),
                CallKind::Service { action: ProviderAction::Down, .. } => ("releasing", "released"),
                CallKind::PullModel => ("pulling", "pulled"),
                CallKind::ConfigureModel => ("configuring", "configured"),
            };
            return (doing.into(), done.into(), Slow);
        }
        Step::Container(ContainerStep::CollectLogs { .. }) => ("reading the log", "log read", Small),
    };
    (format!("{doing}{other}"), format!("{done}{other}"), weight)
}

/// Whether a group is dsenv's own: its key, its records. People asked for none of it.
pub fn is_housekeeping(address: &Address) -> bool {
    *address == Address::Project
}
