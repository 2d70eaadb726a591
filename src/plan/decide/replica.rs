//! One replica: compared once, then its fate, when it is known what becomes of the services that it hangs on.

use super::decisions::ReplicaFate;
use super::draft::Draft;
use super::overlap;
use super::relations::Relations;
use crate::model::{Service, ServiceName, UpdateOrder};
use crate::plan::compare::container::{self, Difference, Wake};
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::provenance;
use crate::plan::vocabulary::Reason;
use crate::state::Container;

/// One service, compared.
#[derive(Debug)]
pub struct ComparedService<'a> {
    /// What its containers should be.
    pub desired: DesiredService<'a>,
    /// Its replicas, by number.
    pub replicas: Vec<ComparedReplica<'a>>,
}

/// One replica, compared.
#[derive(Debug)]
pub struct ComparedReplica<'a> {
    /// Which.
    pub number: u32,
    /// What there is of it.
    main: Main<'a>,
    /// What an interrupted replacement left beside it.
    next: Option<(&'a Container, Difference<'a>)>,
}

#[derive(Debug)]
enum Main<'a> {
    Missing,
    /// It goes, since a volume is made anew, with all that says it is this replica.
    Remade(Vec<&'a Container>),
    There(&'a Container, Box<Difference<'a>>),
}

/// What is decided about one replica, and what is told of it.
#[derive(Debug)]
pub struct Fate<'a> {
    /// What becomes of it.
    pub fate: ReplicaFate<'a>,
    /// What an interrupted replacement left and has to go.
    pub leftover: Option<&'a Container>,
    /// Why it is made or replaced: nothing of one that stays.
    pub reasons: Vec<Reason>,
    /// Facts worth a line.
    pub notes: Vec<String>,
    /// Why the old one stops first although the user asks for the other order.
    pub stops_first: Option<String>,
}

/// Compares all of a service.
pub fn compare<'a>(draft: &Draft<'a>, name: &'a ServiceName, service: &'a Service) -> ComparedService<'a> {
    let desired = DesiredService::new(draft.sides, name, service);
    let numbers = draft.sides.index.numbers(name, service.scale).into_iter();
    let replicas = numbers.map(|number| compare_one(draft, &desired, number)).collect();
    ComparedService { desired, replicas }
}

fn compare_one<'a>(draft: &Draft<'a>, desired: &DesiredService<'a>, number: u32) -> ComparedReplica<'a> {
    let sides = draft.sides;
    let Some(slot) = sides.index.slot(desired.name, number) else {
        return ComparedReplica { number, main: Main::Missing, next: None };
    };
    let next = slot.next.filter(|next| !draft.gone.contains(&next.id));
    let main = match slot.main {
        None => Main::Missing,
        Some(main) if draft.remade.contains(&main.id) => {
            Main::Remade(slot.all().filter(|old| draft.gone.contains(&old.id)).collect())
        }
        Some(main) => {
            let name = desired.container_name(number);
            let found = container::compare(sides, &draft.targets, desired, main, &name, next.is_some());
            Main::There(main, Box::new(found))
        }
    };
    let next = next.map(|next| {
        let found = container::compare(sides, &draft.targets, desired, next, &next.name, true);
        (next, found)
    });
    ComparedReplica { number, main, next }
}

impl<'a> ComparedReplica<'a> {
    /// The container that is replaced, if one is and none is made without.
    pub fn replaced(&self, draft: &Draft, desired: &DesiredService, relations: &Relations) -> Option<&'a Container> {
        match &self.main {
            Main::There(main, found) if relations.replaces(draft, desired, main, found) => Some(main),
            Main::There(..) | Main::Missing | Main::Remade(_) => None,
        }
    }

    /// Decides. `alone` is why no two containers of the service can run at once.
    pub fn decide(
        self,
        draft: &Draft,
        desired: &DesiredService,
        relations: &Relations,
        alone: Option<&String>,
    ) -> Fate<'a> {
        let next = self.next.as_ref().map(|(next, _)| *next);
        let (main, found) = match self.main {
            Main::Missing => return created(Vec::new(), Reason::Missing, None),
            Main::Remade(before) => return created(before, Reason::Asked, next),
            Main::There(main, found) => (main, relations.applied(draft, desired, main, *found)),
        };
        if found.replace.is_empty() {
            let fate = ReplicaFate::Keep { live: main, difference: Box::new(found) };
            return Fate { fate, leftover: next, reasons: Vec::new(), notes: Vec::new(), stops_first: None };
        }
        let mut notes = Vec::new();
        let reasons = reasons(found, &mut notes);
        let judged = self.next.map(|(next, found)| (next, relations.applied(draft, desired, next, found)));
        let (next, leftover) = match judged {
            Some((next, found)) if found.replace.is_empty() => (Some((next, Box::new(found))), None),
            Some((next, _)) => (None, Some(next)),
            None => (None, None),
        };
        let stops_first = match desired.service.update.order {
            UpdateOrder::StartFirst => alone.cloned().or_else(|| overlap::alone_here(main, next.is_some())),
            UpdateOrder::StopFirst => None,
        };
        let order = match stops_first {
            Some(_) => UpdateOrder::StopFirst,
            None => desired.service.update.order,
        };
        let fate = ReplicaFate::Replace { old: main, next, order };
        Fate { fate, leftover, reasons, notes, stops_first }
    }
}

fn created<'a>(before: Vec<&'a Container>, reason: Reason, leftover: Option<&'a Container>) -> Fate<'a> {
    let fate = ReplicaFate::Create { before };
    Fate { fate, leftover, reasons: vec![reason], notes: Vec::new(), stops_first: None }
}

/// All that differs, as reasons for a replacement.
fn reasons(found: Difference, notes: &mut Vec<String>) -> Vec<Reason> {
    let Difference { replace, tunable, endpoints, rename, wake, notes: told } = found;
    notes.extend(told);
    let mut reasons = replace;
    let mut rest = tunable;
    rest.extend(endpoints.into_iter().flat_map(|endpoint| endpoint.changes));
    rest.extend(rename);
    match reasons.iter_mut().find_map(|reason| match reason {
        Reason::Changed(changes) => Some(changes),
        _ => None,
    }) {
        Some(changes) => changes.extend(rest),
        None => reasons.extend(provenance::changed(rest)),
    }
    if let Some(Wake::Start(state) | Wake::Run(Some(state))) = wake
        && !reasons.iter().any(|reason| matches!(reason, Reason::NotRunning(_)))
    {
        reasons.push(Reason::NotRunning(state));
    }
    reasons
}
