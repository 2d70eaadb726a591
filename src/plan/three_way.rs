//! Drift, apart from intent: what the last apply recorded, what the file says, what is live. It is found by the same
//! comparison as a plan's, with the recorded project in the place of the file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::Wake;
use super::planner::Planner;
use super::wanted::{self, Wanted, attachments};
use super::{Action, PlacedChange, Reason, Request, compare, names, networks, volumes};
use crate::diff;
use crate::graph::Graph;
use crate::model::{Address, Project, ServiceName};
use crate::place::Place;
use crate::state::{Container, RunState};

/// An object that is not as the last apply left it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Which.
    pub address: Address,
    /// Its name on the engine, as the last apply left it.
    pub name: String,
    /// What differs; never empty.
    pub fields: Vec<DriftField>,
}

/// A field that was changed since the last apply. Values that look secret are masked. What an object is doing is the
/// field `state`: `absent` where it is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftField {
    /// As in a plan.
    pub path: String,
    /// After the last apply.
    pub recorded: Option<Value>,
    /// What the file asks for now.
    pub file: Option<Value>,
    /// What the engine shows.
    pub live: Option<Value>,
    /// The text that asks for it.
    pub place: Option<Place>,
}

/// All that was changed since the last apply, in the order of addresses. `None`: no record of one that this version
/// can read.
pub fn drift(request: &Request) -> Option<Vec<Drift>> {
    let mut recorded: Project = serde_json::from_value(request.observed.records.last()?.project.clone()).ok()?;
    for (name, service) in &mut recorded.services {
        if let Some(now) = request.project.services.get(name) {
            service.ignore_changes.clone_from(&now.ignore_changes);
        }
    }
    let graph = Graph::of(&recorded);
    let then = Request { project: &recorded, ..*request };
    let mut p = Planner::new(&then, &graph);
    volumes::plan(&mut p);
    networks::plan(&mut p);
    let mut found: Vec<Drift> = std::mem::take(&mut p.changes)
        .into_iter()
        .filter(|change| change.action == Action::Create && change.reasons.contains(&Reason::Missing))
        .map(|change| gone(request, change.address, change.name, "present"))
        .collect();
    for (name, service) in &recorded.services {
        let wanted = Wanted::new(&p, name, service);
        for number in p.index.numbers(name, service.scale) {
            let (address, own) = (wanted.address(number), wanted.container_name(&p, number));
            let Some(container) = p.index.slot(name, number).and_then(|slot| slot.main) else {
                found.push(gone(request, address, own.to_string(), running(service.job)));
                continue;
            };
            let changes = compare::by_hand(&p, &wanted, container, &own);
            let now = Now::of(request.project, name, number);
            let mut fields: Vec<_> = changes.into_iter().map(|change| now.field(change)).collect();
            fields.extend(state(&p, &wanted, container).map(|live| DriftField {
                path: "state".to_owned(),
                recorded: Some(running(service.job).into()),
                file: Some(now.state().into()),
                live: Some(live.into()),
                place: request.origins.find(&address, "").cloned(),
            }));
            if !fields.is_empty() {
                found.push(Drift { address, name: own.to_string(), fields });
            }
        }
    }
    found.sort_by(|one, other| (&one.address, &one.name).cmp(&(&other.address, &other.name)));
    Some(found)
}

fn running(job: bool) -> &'static str {
    if job { "completed" } else { "running" }
}

fn gone(request: &Request, address: Address, name: String, recorded: &str) -> Drift {
    let project = request.project;
    let asked = match &address {
        Address::Network(key) => project.networks.contains_key(key),
        Address::Volume(key) => project.volumes.contains_key(key),
        Address::Replica(service, number) => {
            project.services.get(service).is_some_and(|service| *number <= service.scale)
        }
        Address::Project | Address::Image(_) | Address::Model(_) | Address::Service(_) | Address::Stray(_) => false,
    };
    let field = DriftField {
        path: "state".to_owned(),
        recorded: Some(recorded.into()),
        file: Some(if asked { recorded } else { "absent" }.into()),
        live: Some("absent".into()),
        place: request.origins.find(&address, "").cloned(),
    };
    Drift { address, name, fields: vec![field] }
}

/// What a container is doing, if that is not what it was left to do.
fn state(p: &Planner, wanted: &Wanted, container: &Container) -> Option<String> {
    match compare::state(p, wanted, container, false)? {
        Wake::Start(state) | Wake::Run(Some(state)) => Some(state.to_string()),
        Wake::Unpause => Some(RunState::Paused.to_string()),
        Wake::Rejoin(owner) => Some(format!("cut off from {owner}")),
        Wake::Run(None) | Wake::Restart(_) => None,
    }
}

/// One container as the file asks for it now.
struct Now(Option<BTreeMap<String, Value>>);

impl Now {
    fn of(project: &Project, name: &ServiceName, number: u32) -> Self {
        let Some(service) = project.services.get(name).filter(|service| number <= service.scale) else {
            return Self(None);
        };
        let json = |value| serde_json::to_value(value).expect("a model of plain data has a JSON form");
        let mut fields: BTreeMap<String, Value> = wanted::effective(&service.tunable).fields().into_iter().collect();
        let networks = attachments(name, service).into_iter().map(|(key, joined)| (key.to_string(), json(joined)));
        fields.insert("networks".to_owned(), Value::Object(networks.collect()));
        let own = names::container(&project.name, name, Some(service), number);
        fields.insert("container_name".to_owned(), own.as_str().into());
        fields.insert("state".to_owned(), running(service.job).into());
        Self(Some(fields))
    }

    fn state(&self) -> &str {
        self.0.as_ref().and_then(|fields| fields.get("state")?.as_str()).unwrap_or("absent")
    }

    fn field(&self, placed: PlacedChange) -> DriftField {
        let PlacedChange { change, place, drift: _, forces: _ } = placed;
        let file = self.0.as_ref().and_then(|fields| {
            let (first, rest) = change.path.split_once('.').unwrap_or((&change.path, ""));
            find(fields.get(first)?, rest).map(|value| diff::shown(&change.path, value))
        });
        // A change is from what is live to what was recorded.
        let (live, recorded) = (change.shown_before(), change.shown_after());
        DriftField { path: change.path, recorded, file, live, place }
    }
}

/// The value at a path whose keys may themselves hold dots.
fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    value.as_object()?.iter().find_map(|(key, inner)| {
        let rest = path.strip_prefix(key.as_str())?;
        if rest.is_empty() { Some(inner) } else { find(inner, rest.strip_prefix('.')?) }
    })
}
