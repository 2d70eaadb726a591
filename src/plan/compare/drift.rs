//! Drift, apart from intent: what the last apply recorded, what the file says, what is live. It is found by the same
//! comparison as a plan's, with the recorded project in the place of the file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::container::{self, Wake};
use super::desired::{self, DesiredService, attachments};
use super::network::{self, NetworkTargets};
use super::sides::Sides;
use super::{names, volume};
use crate::diff;
use crate::model::{Address, Project, ServiceName};
use crate::place::Place;
use crate::plan::vocabulary::{PlacedChange, Request};
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
    let mut recorded: Project = request.observed.records.last()?.project.project()?;
    for (name, service) in &mut recorded.services {
        if let Some(now) = request.project.services.get(name) {
            service.ignore_changes.clone_from(&now.ignore_changes);
        }
    }
    let sides = Sides::new(Request { project: &recorded, ..*request });
    let mut found = absent(&sides, request);
    let used = network::used(recorded.services.values());
    let targets = NetworkTargets::live(&sides, used);
    for (name, service) in &recorded.services {
        let desired = DesiredService::new(&sides, name, service);
        for number in sides.index.numbers(name, service.scale) {
            let (address, own) = (desired.address(number), desired.container_name(number));
            let Some(container) = sides.index.slot(name, number).and_then(|slot| slot.main) else {
                found.push(gone(request, address, own.to_string(), running(service.job)));
                continue;
            };
            let changes = container::external_changes(&sides, &targets, &desired, container, &own);
            let now = Now::of(request.project, name, number);
            let mut fields: Vec<_> = changes.into_iter().map(|change| now.field(change)).collect();
            fields.extend(state(&sides, &desired, container).map(|live| DriftField {
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

/// Volumes and networks of the record that are used and are not there any more.
fn absent(sides: &Sides, request: &Request) -> Vec<Drift> {
    let project = sides.request.project;
    let volumes = volume::used(project, project.services.values()).into_iter().filter_map(|key| {
        let volume = &project.volumes[key];
        let is_gone = volume.definition.is_some() && sides.index.volume(&volume.name).is_none();
        is_gone.then(|| (Address::Volume(key.clone()), volume.name.to_string()))
    });
    let networks = network::used(project.services.values()).into_iter().filter_map(|key| {
        let network = project.networks.get(key)?;
        let is_gone = network.definition.is_some() && network::chosen(sides, key).is_none();
        is_gone.then(|| (Address::Network(key.clone()), network.name.to_string()))
    });
    volumes.chain(networks).map(|(address, name)| gone(request, address, name, "present")).collect()
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
fn state(sides: &Sides, desired: &DesiredService, container: &Container) -> Option<String> {
    match container::wake(sides, desired, container, false)? {
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
        let mut fields: BTreeMap<String, Value> = desired::effective(&service.tunable).fields().into_iter().collect();
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
