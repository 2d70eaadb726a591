//! What holds for every step of a kind, one row each.

use std::fmt;
use std::time::Duration;

use super::step::{
    CallKind, ContainerRef, ContainerStep, FilesStep, ImageStep, NetworkStep, NoteStep, ProviderAction, Step,
    VolumeStep, WaitStep,
};
use crate::model::{ContainerName, ImageRef, NetworkName, NoteName, VolumeName};
use crate::state::{Note as Kept, NoteBody};

/// What is known of a step before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'s> {
    /// What the plan's text and events call it.
    pub verb: &'static str,
    /// What it acts on.
    pub target: Target<'s>,
    /// Whether something is gone after it that was there before.
    pub destroys: bool,
    /// With which steps it shares a limit.
    pub class: StepClass,
    /// How long it usually takes: an estimate for the order of steps and for the downtime that a plan tells.
    pub takes: Duration,
    /// After how long an engine that does not answer has failed at it: far longer than it takes on any engine that
    /// works. `None` for a step that brings its own limit.
    pub limit: Option<Duration>,
}

/// Steps that share a limit of how many run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepClass {
    /// One call, done at once.
    Call,
    /// A pull or build: minutes of network or processor.
    Transfer,
    /// Only time passes; nothing is asked of the engine, so nothing limits it.
    Idle,
}

impl StepClass {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Call, Self::Transfer, Self::Idle];
}

/// What a step acts on. Its text is the name that a plan shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'s> {
    /// An image.
    Image(&'s ImageRef),
    /// A network.
    Network(&'s NetworkName),
    /// A volume.
    Volume(&'s VolumeName),
    /// Something of dsenv's own.
    Note(&'s NoteName),
    /// A container that the step makes.
    NewContainer(&'s ContainerName),
    /// A container that is there.
    Container(&'s ContainerRef),
    /// A program of this machine.
    Program(&'s str),
    /// Nothing: so much time passes.
    Time(Duration),
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(image) => image.fmt(f),
            Self::Network(name) => name.fmt(f),
            Self::Volume(name) => name.fmt(f),
            Self::Note(name) => name.fmt(f),
            Self::NewContainer(name) => name.fmt(f),
            Self::Container(container) => container.name.fmt(f),
            Self::Program(program) => f.write_str(program),
            Self::Time(duration) => write!(f, "{duration:?}"),
        }
    }
}

/// A call to the engine that waits for nothing.
const CALL: Duration = Duration::from_millis(200);
/// A stop that is heeded, a command that is quick.
const MOMENT: Duration = Duration::from_secs(1);
/// Until a container that comes up is up.
const GATE: Duration = Duration::from_secs(3);
/// A pull of an image of usual size; a program that brings something up.
const FETCH: Duration = Duration::from_secs(20);
/// A build that has to do something.
const MAKE: Duration = Duration::from_secs(60);

/// The engine looks something up or writes a few bytes down.
const QUICK: Option<Duration> = Some(Duration::from_secs(120));
/// Files are copied or removed, and there may be many.
const BULK: Option<Duration> = Some(Duration::from_secs(900));
/// The last words of what failed are worth a moment, and no more: what it replaced waits to come back.
const WORDS: Option<Duration> = Some(Duration::from_secs(10));
/// A registry, a builder and the user's own programs take as long as they take.
const DAY: Option<Duration> = Some(Duration::from_secs(24 * 3600));
/// The step brings its own.
const OWN: Option<Duration> = None;

const KEEPS: bool = false;
const DESTROYS: bool = true;

impl Step {
    /// The row of its kind.
    pub fn facts(&self) -> Facts<'_> {
        use StepClass::{Call, Idle, Transfer};
        use Target::{Image, Network, NewContainer, Note, Program, Time, Volume};
        let on = Target::Container;
        let (verb, target, destroys, class, takes, limit) = match self {
            Self::Image(step) => match step {
                ImageStep::Pull { image, .. } => ("pull", Image(image), KEEPS, Transfer, FETCH, DAY),
                ImageStep::Build { tag, .. } => ("build", Image(tag), KEEPS, Transfer, MAKE, DAY),
            },
            Self::Network(step) => match step {
                NetworkStep::Create { name, .. } => ("create network", Network(name), KEEPS, Call, CALL, QUICK),
                NetworkStep::Remove { network } => {
                    ("remove network", Network(&network.name), DESTROYS, Call, CALL, QUICK)
                }
            },
            Self::Volume(step) => match step {
                VolumeStep::Create { name, .. } => ("create volume", Volume(name), KEEPS, Call, CALL, QUICK),
                VolumeStep::Remove { name } => ("remove volume", Volume(name), DESTROYS, Call, CALL, BULK),
            },
            Self::Container(step) => match step {
                ContainerStep::Create(new) => ("create", NewContainer(&new.name), KEEPS, Call, CALL, BULK),
                ContainerStep::Start { container } => ("start", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Stop { container, grace } => ("stop", on(container), KEEPS, Call, MOMENT, stop(*grace)),
                ContainerStep::Unpause { container } => ("unpause", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Remove { container } => ("remove", on(container), DESTROYS, Call, CALL, BULK),
                ContainerStep::Rename { container, .. } => ("rename", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Update { container, .. } => ("update", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Connect { container, .. } => ("connect", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Disconnect { container, .. } => ("disconnect", on(container), KEEPS, Call, CALL, QUICK),
                ContainerStep::Hook { container, .. } => ("hook", on(container), KEEPS, Call, MOMENT, DAY),
                ContainerStep::CollectLogs { container, .. } => {
                    ("collect logs", on(container), KEEPS, Call, CALL, WORDS)
                }
            },
            Self::Wait(step) => match step {
                WaitStep::Until { container, .. } => ("wait", on(container), KEEPS, Idle, GATE, OWN),
                WaitStep::Pause { duration } => ("pause", Time(*duration), KEEPS, Idle, *duration, OWN),
            },
            Self::Files(step) => match step {
                FilesStep::CopyIn { container, .. } => ("copy in", on(container), KEEPS, Call, CALL, BULK),
                FilesStep::Delete { container, .. } => ("erase", on(container), DESTROYS, Call, CALL, BULK),
            },
            Self::Note(step) => match step {
                NoteStep::Keep(Kept { name, body, .. }) => match body {
                    NoteBody::Files(_) => ("write files", Note(name), KEEPS, Call, CALL, BULK),
                    NoteBody::Key(_) | NoteBody::Lock(_) | NoteBody::Record(_) => {
                        ("create volume", Note(name), KEEPS, Call, CALL, QUICK)
                    }
                },
                NoteStep::Forget { name } => ("remove volume", Note(name), DESTROYS, Call, CALL, BULK),
            },
            Self::Host { call, kind } => ("call", Program(&call.program), KEEPS, calling(kind), FETCH, DAY),
        };
        Facts { verb, target, destroys, class, takes, limit }
    }

    /// What the plan's text and events call it.
    pub fn verb(&self) -> &'static str {
        self.facts().verb
    }

    /// What it acts on, by name.
    pub fn object(&self) -> String {
        self.facts().target.to_string()
    }

    /// With which steps it shares a limit.
    pub fn class(&self) -> StepClass {
        self.facts().class
    }
}

/// A stop may take its grace and two minutes. Without one the container has its own, which is not known here.
fn stop(grace: Option<i64>) -> Option<Duration> {
    let grace = grace.and_then(|grace| u64::try_from(grace).ok());
    grace.map_or(DAY, |grace| Some(Duration::from_secs(grace.saturating_add(120))))
}

fn calling(kind: &CallKind) -> StepClass {
    match kind {
        // What is paused or released is not left half done.
        CallKind::Service { action: ProviderAction::Stop | ProviderAction::Down, .. } => StepClass::Call,
        CallKind::Service { action: ProviderAction::Up, .. } | CallKind::PullModel | CallKind::ConfigureModel => {
            StepClass::Transfer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::vocabulary::{Handle, Until};
    use crate::state::ContainerId;

    fn web() -> ContainerRef {
        ContainerRef { name: "web".into(), handle: Handle::Known(ContainerId("c".into())) }
    }

    fn limit(step: impl Into<Step>) -> Option<u64> {
        step.into().facts().limit.map(|limit| limit.as_secs())
    }

    #[test]
    fn a_step_has_a_limit_unless_it_brings_its_own() {
        assert_eq!(limit(ContainerStep::Start { container: web() }), Some(120));
        assert_eq!(limit(ContainerStep::Remove { container: web() }), Some(900));
        assert_eq!(limit(ContainerStep::CollectLogs { container: web(), lines: 1 }), Some(10));
        assert_eq!(limit(ImageStep::Pull { image: "busybox".into(), platform: None }), Some(24 * 3600));
        assert_eq!(limit(WaitStep::Until { container: web(), until: Until::Healthy, limit: MOMENT }), None);
        assert_eq!(limit(WaitStep::Pause { duration: MOMENT }), None);
    }

    #[test]
    fn a_stop_may_take_its_grace_and_two_minutes() {
        let stop = |grace| limit(ContainerStep::Stop { container: web(), grace });
        assert_eq!(stop(Some(10)), Some(130));
        assert_eq!([stop(None), stop(Some(-1))], [Some(24 * 3600); 2]);
    }

    #[test]
    fn a_plan_shows_the_name_of_what_a_step_acts_on() {
        let object = |step: Step| format!("{} {}", step.verb(), step.object());
        assert_eq!(object(ContainerStep::Start { container: web() }.into()), "start web");
        assert_eq!(object(WaitStep::Pause { duration: MOMENT }.into()), "pause 1s");
        assert_eq!(object(VolumeStep::Remove { name: "lab_data".into() }.into()), "remove volume lab_data");
    }
}
