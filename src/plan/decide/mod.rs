//! What becomes of everything, and why.
//!
//! The two [`sides`](super::compare::sides) go in. [`Decisions`] come out: an immutable value with the fate of every
//! replica, network, volume, image, program's service, model and stray, what is told of each, and what stands in the way.
//! What a later service needs of an earlier one is such a decision.
//!
//! The order in which things are decided is the order of the dependencies; nothing is decided twice. While it is under
//! way, decisions are a draft. There is no step here and no number of one: when what is done is for
//! [`schedule`](super::schedule).
//!
//! | file | decides |
//! |---|---|
//! | `scope` | which services a plan is about |
//! | `removals`, `profiles` | which containers go before anything else, and which stay although nothing asks for them |
//! | `images`, `pull_policy` | what is pulled and built, for whom and why |
//! | `volumes`, `networks` | what is made, and what is made anew with the containers on it |
//! | `services`, `replica` | the fate of each replica, from its difference and from |
//! | `relations` | what follows from an earlier service |
//! | `overlap` | whether old and new may run at once |
//! | `handover`, `port_swap` | who waits for whose ports and names, and who is replaced together for them |
//! | `dependencies`, `needs` | what a start and a creation wait for, and so |
//! | `providers`, `models`, `files` | what is brought for them |
//! | `records` | what is put on record and shows nowhere |
//! | `strays` | networks and volumes that are in no spec |
//! | `perhaps` | what only follows from a build |
//! | `destroy`, `last_known` | all of it when a project goes |

pub mod decisions;
mod dependencies;
pub mod destroy;
mod draft;
mod files;
mod handover;
mod images;
mod last_known;
mod models;
mod needs;
mod networks;
mod overlap;
mod perhaps;
mod port_swap;
mod profiles;
mod providers;
mod pull_policy;
mod records;
mod relations;
mod removals;
mod replica;
pub mod scope;
mod services;
mod strays;
mod volumes;

use self::decisions::{Decisions, Unit};
use self::draft::Draft;
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::plan::compare::sides::Sides;
use crate::plan::vocabulary::{Options, code};

/// Decides about all of a request.
pub fn decide<'a>(sides: &'a Sides<'a>) -> Decisions<'a> {
    let graph = Graph::of(sides.request.project);
    let mut draft = Draft::new(sides, &graph);
    let order = match graph.order_with(&handover::wishes(&draft)) {
        Ok(order) => order,
        Err(cycle) => {
            let told = Diagnostic::error(code::CYCLE, format!("services depend on each other in a circle: {cycle}"));
            return Decisions { diagnostics: vec![told], ..Decisions::default() };
        }
    };
    let planned: Vec<_> =
        order.into_iter().filter_map(|name| draft.scope.planned.get(name).map(|service| (name, *service))).collect();
    not_planned(&mut draft);
    removals::helpers(&mut draft);
    images::refresh(&mut draft, &planned);
    removals::containers(&mut draft);
    removals::one_offs(&mut draft);
    volumes::decide(&mut draft);
    networks::decide(&mut draft);
    for unit in port_swap::units(&draft, &graph, planned) {
        match unit[..] {
            [(name, service)] => {
                draft.decided.units.push(Unit::Service(name));
                let compared = replica::compare(&draft, name, service);
                services::decide(&mut draft, compared);
            }
            _ => port_swap::decide(&mut draft, &unit),
        }
    }
    records::decide(&mut draft);
    models::rest(&mut draft);
    providers::rest(&mut draft);
    providers::strays(&mut draft);
    strays::networks(&mut draft);
    strays::volumes(&mut draft);
    files::sweep(&mut draft);
    draft.decided.diagnostics.extend(strays::taken(sides.request.observed));
    let mut decided = draft.decided;
    perhaps::mark(&mut decided.changes);
    decided.changes.sort_by(|one, other| (&one.address, &one.name).cmp(&(&other.address, &other.name)));
    decided
}

/// Tells of services that are to run again or be made anew and that the plan is not about.
fn not_planned(draft: &mut Draft) {
    let Options { rerun, replace, .. } = draft.sides.request.options;
    for (flag, name) in rerun.iter().map(|name| ("--rerun", name)).chain(replace.iter().map(|name| ("--replace", name)))
    {
        if !draft.scope.planned.contains_key(name) {
            let told = format!("{flag} {name} has no effect: --target and --exclude leave {name} out of this plan");
            let told = Diagnostic::warning(code::NOT_PLANNED, told).help(format!("add `--target {name}`"));
            draft.decided.diagnostics.push(told);
        }
    }
}
