//! What to do, and why. Pure: the same project, world and rules give the same plan.
//!
//! Data passes once through five stages, each a folder with a page of its own; none names a later one:
//!
//! | stage | goes in | comes out |
//! |---|---|---|
//! | [`vocabulary`] | | what a plan is made of, and what one is made from |
//! | `compare` | what is asked for, beside what is there | plain differences, each of one object alone |
//! | `decide` | both sides | an immutable value: what becomes of everything, and why |
//! | `schedule` | the decisions | steps, their order, and what is done when one fails |
//! | `read` | a finished plan | text, JSON, cost, what has made a saved one stale |

mod compare;
mod decide;
mod read;
mod schedule;
#[cfg(test)]
mod tests;
pub mod vocabulary;

use crate::diagnostic::Diagnostic;
use crate::model::ProjectName;
use crate::rules::Shape;
use crate::state::Observed;

pub use compare::container::is_finished;
pub use compare::drift::{Drift, DriftField, drift};
pub use compare::files::{created_with, recorded as recorded_files};
pub use compare::host::needs as needs_host;
pub use compare::model::MODEL;
pub use compare::provider::{is_released, is_up, recorded as providers};
pub use decide::scope::about;
pub use read::{
    Basis, ChangedConfig, Contents, FORMAT, Frame, ObjectSnapshot, Part, Stale, changed_configs, drift_json, impact,
    json, secrets, snapshot, snapshot_json, staleness, text,
};
pub use vocabulary::{
    Action, CallKind, Change, ContainerRef, ContainerStep, CopiedFile, CopiedKind, DestroyOptions, Facts, FilesStep,
    Handle, Hazard, ImageStep, Injected, NetworkRef, NetworkStep, NewContainer, Node, NodeId, NoteStep, Options,
    PlacedChange, Plan, ProviderAction, Reason, References, Request, Step, StepClass, Target, Until, VolumeStep,
    WaitStep, When, code,
};

use compare::sides::Sides;

/// Makes the plan of a project.
pub fn plan(request: &Request) -> Plan {
    match request.rules.shape {
        Shape::Containers => plan_containers(request),
        Shape::Objects => {
            let told =
                format!("{} takes whole objects, and only engines of containers are planned for", request.rules.engine);
            let diagnostics = vec![Diagnostic::error(code::LACKING, told)];
            Plan { project: request.project.name.clone(), changes: Vec::new(), nodes: Vec::new(), diagnostics }
        }
    }
}

fn plan_containers(request: &Request) -> Plan {
    let sides = Sides::new(*request);
    let decisions = decide::decide(&sides);
    let nodes = schedule::schedule(&sides, &decisions);
    let decide::decisions::Decisions { changes, diagnostics, .. } = decisions;
    Plan { project: request.project.name.clone(), changes, nodes, diagnostics }
}

/// Makes the plan that removes a project.
pub fn destroy(project: &ProjectName, observed: &Observed, options: &DestroyOptions) -> Plan {
    let decided = decide::destroy::decide(project, observed, options);
    let nodes = schedule::teardown(observed, options, &decided);
    let decide::destroy::Teardown { changes, diagnostics, .. } = decided;
    Plan { project: project.clone(), changes, nodes, diagnostics }
}
