//! A project goes: containers in reverse order, then networks, then what is dsenv's own. Volumes of the user stay,
//! unless they are named.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::removals;
use super::strays::taken;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Call, ContainerName, Hook, ProjectName, Provider, Service, ServiceName, VolumeName};
use crate::plan::compare::destroy_data::Candidates;
use crate::plan::compare::provenance::as_recorded;
use crate::plan::compare::{anonymous, provider};
use crate::plan::vocabulary::{Action, Change, DestroyOptions, Hazard, ProviderAction, Reason, code};
use crate::state::applied::is_hidden;
use crate::state::{Container, ContainerId, Network, Observed, RunState, Volume};

/// What becomes of everything when a project goes.
#[derive(Debug, Default)]
pub struct Teardown<'a> {
    /// What is told of each resource.
    pub changes: Vec<Change>,
    /// What stands in the way.
    pub diagnostics: Vec<Diagnostic>,
    /// Services whose containers go, each before what it needs.
    pub services: Vec<EndedService<'a>>,
    /// Networks that go, and who is on each and goes before.
    pub networks: Vec<(&'a Network, Vec<&'a Container>)>,
    /// Services that programs run and that are paused or released, each before what it needs.
    pub providers: Vec<EndedProvider>,
    /// Volumes that go with their data, and who mounts each and goes before.
    pub volumes: Vec<(&'a Volume, Vec<&'a Container>)>,
    /// Volumes of dsenv's own, in the order in which they go.
    pub own: Vec<VolumeName>,
}

/// A service whose containers go.
#[derive(Debug)]
pub struct EndedService<'a> {
    /// Which.
    pub name: &'a ServiceName,
    /// What it needs, which stops after it.
    pub needs: BTreeSet<ServiceName>,
    /// The containers, each with the commands before its stop.
    pub containers: Vec<(&'a Container, Vec<Hook>)>,
}

/// A service that a program runs and that is paused or released.
#[derive(Debug)]
pub struct EndedProvider {
    /// Which.
    pub service: ServiceName,
    /// Who runs it.
    pub provider: Provider,
    /// How.
    pub call: Call,
    /// What becomes of it.
    pub action: ProviderAction,
    /// Others that need it.
    pub dependents: Vec<ServiceName>,
}

/// Decides. What needs what and what runs before a stop is read from the last record, since the file may be gone by now,
/// and from a file that was named in this command, or that knows what no record knows.
pub fn decide<'a>(project: &ProjectName, observed: &'a Observed, options: &'a DestroyOptions) -> Teardown<'a> {
    let mut draft = TeardownDraft {
        observed,
        options,
        decided: Teardown::default(),
        gone: BTreeSet::new(),
        named: options.destroy_data.iter().collect(),
        kept: false,
    };
    draft.containers();
    draft.networks();
    draft.providers(project);
    draft.volumes();
    draft.own();
    let mut decided = draft.decided;
    decided.diagnostics.extend(taken(observed));
    decided.changes.sort_by(|one, other| (&one.address, &one.name).cmp(&(&other.address, &other.name)));
    decided
}

struct TeardownDraft<'a> {
    observed: &'a Observed,
    options: &'a DestroyOptions,
    decided: Teardown<'a>,
    /// Containers that go.
    gone: BTreeSet<&'a ContainerId>,
    /// What of the names that the user gave is left to find.
    named: BTreeSet<&'a VolumeName>,
    /// Whether a program keeps something for a service.
    kept: bool,
}

impl<'a> TeardownDraft<'a> {
    /// A container stops when everything that needs it has stopped.
    fn containers(&mut self) {
        let mut needs = needs(self.observed, self.options);
        let mut containers: BTreeMap<&ServiceName, Vec<&'a Container>> = BTreeMap::new();
        for container in &self.observed.containers {
            containers.entry(&container.service).or_default().push(container);
        }
        for name in last_first(self.observed, &needs) {
            let (hooks, lost) = hooks(self.observed, self.options, name);
            let mut ended = Vec::new();
            for container in containers.remove(name).unwrap_or_default() {
                let mut change = Change::new(container.address(), &container.name, Action::Delete);
                if stays(container, self.options) {
                    change.action = Action::Keep;
                    let what = removals::one_off(container);
                    change.notes.push(format!("{what}; it is left alone, and --remove-orphans removes it"));
                    self.decided.changes.push(change);
                    continue;
                }
                let has_hooks = container.state == RunState::Running && !container.oneoff;
                change.reasons.push(Reason::Asked);
                change.notes.extend(lost.filter(|_| has_hooks).map(str::to_owned));
                if container.state.is_up() {
                    change.hazards.push(Hazard::Downtime { service: name.clone() });
                }
                self.decided.changes.push(change);
                self.gone.insert(&container.id);
                ended.push((container, if has_hooks { hooks.clone() } else { Vec::new() }));
            }
            let needs = needs.remove(name).unwrap_or_default();
            self.decided.services.push(EndedService { name, needs, containers: ended });
        }
    }

    fn networks(&mut self) {
        for network in &self.observed.networks {
            let Some(key) = &network.key else { continue };
            let mut change = Change::new(Address::Network(key.clone()), &network.name, Action::Delete);
            let users = self.observed.containers.iter().filter(|user| user.endpoints.contains_key(&network.id));
            let (gone, kept): (Vec<_>, Vec<_>) = users.partition(|user| self.gone.contains(&user.id));
            let kept = kept.into_iter().map(|user| &user.name);
            let holders: Vec<_> = kept.chain(self.observed.guests_on(&network.id).map(|guest| &guest.name)).collect();
            if holders.is_empty() {
                change.reasons.push(Reason::Asked);
                self.decided.networks.push((network, gone));
            } else {
                change.action = Action::Keep;
                change.notes.push(format!("it is kept, since {} on it", who(&holders, "is", "are")));
            }
            self.decided.changes.push(change);
        }
    }

    /// What programs run may hold data: it is paused, and released only by name.
    fn providers(&mut self, project: &ProjectName) {
        let recorded = provider::recorded(self.observed);
        let volumes: BTreeSet<&str> =
            self.observed.volumes.iter().filter_map(|volume| Some(volume.key.as_ref()?.as_str())).collect();
        let stops = !self.gone.is_empty() || !self.observed.helpers.is_empty();
        for name in dependents_first(&recorded) {
            let provider = self.options.providers.get(&name).unwrap_or(&recorded[&name]).clone();
            let mut change = Change::new(Address::Service(name.clone()), &name, Action::Keep);
            let own = VolumeName::new(format!("service.{name}"));
            let plain = VolumeName::new(name.as_str());
            if self.named.contains(&plain) && volumes.contains(name.as_str()) {
                let told = format!("{name} is a volume and a service that {} runs", provider.program);
                let told = Diagnostic::error(code::UNKNOWN_DATA, told);
                let told = told.help(format!("name the volume as the engine does, or the service as {own}"));
                self.decided.diagnostics.push(told);
            }
            let named = self.named.remove(&own) || self.named.remove(&plain);
            let end = |action| provider::end(project, &name, &provider, self.observed, action);
            let program = &provider.program;
            let ended = if named {
                change.action = Action::Delete;
                change.reasons.push(Reason::Asked);
                change.notes.push(format!("{program} releases it, with what it holds"));
                let call = end(ProviderAction::Down).map_err(|told| self.decided.diagnostics.push(*told)).ok();
                call.map(|call| (call, ProviderAction::Down))
            } else {
                self.kept = true;
                let can_pause = self.observed.programs.get(program).is_some_and(|program| program.stop.is_some());
                let call = end(ProviderAction::Stop).ok().filter(|_| can_pause && stops);
                let paused = if call.is_some() { " paused" } else { "" };
                let how = format!("{program} keeps what it runs for it{paused}; --destroy-data {name} releases it");
                change.notes.push(how);
                call.map(|call| (call, ProviderAction::Stop))
            };
            self.decided.changes.push(change);
            if let Some((call, action)) = ended {
                let dependents = recorded.iter().filter(|(_, other)| other.depends_on.contains_key(&name));
                let dependents = dependents.map(|(other, _)| other.clone()).collect();
                self.decided.providers.push(EndedProvider { service: name, provider, call, action, dependents });
            }
        }
    }

    fn volumes(&mut self) {
        let mut users: BTreeMap<&VolumeName, Vec<&'a Container>> = BTreeMap::new();
        let mut holders: BTreeMap<&VolumeName, Vec<&ContainerName>> = BTreeMap::new();
        for user in &self.observed.containers {
            for mount in user.mounts.iter().filter_map(|mount| mount.volume.as_ref()) {
                if self.gone.contains(&user.id) {
                    users.entry(mount).or_default().push(user);
                } else {
                    holders.entry(mount).or_default().push(&user.name);
                }
            }
        }
        for guest in &self.observed.guests {
            for volume in &guest.volumes {
                holders.entry(volume).or_default().push(&guest.name);
            }
        }
        let ours = || self.observed.volumes.iter().filter(|volume| volume.ours);
        let candidates = Candidates::of(ours().map(|volume| (&volume.name, volume.key.as_ref())));
        let asked = self.asked(&candidates);
        for volume in ours() {
            let mut change = Change::new(address(volume), &volume.name, Action::Keep);
            if !asked.contains(&volume.name) {
                let of = owner(self.observed, &volume.name).filter(|_| volume.anonymous).unwrap_or_default();
                change.notes.push(match candidates.spelling(&volume.name) {
                    Some(name) => format!("{of}its data is kept; --destroy-data {name} destroys it"),
                    None => format!("{of}its data is kept"),
                });
                self.decided.changes.push(change);
                continue;
            }
            if let Some(holders) = holders.get(&volume.name) {
                let held = who(holders, "mounts", "mount");
                let told = format!("volume {} cannot be removed, since {held} it", volume.name);
                let told = Diagnostic::error(code::HELD_VOLUME, told);
                let told = told.help("stop and remove what mounts it first; nothing was done");
                self.decided.diagnostics.push(told);
                continue;
            }
            change.action = Action::Delete;
            change.reasons.push(Reason::Asked);
            change.hazards.push(Hazard::DataLoss { volume: volume.name.clone() });
            self.decided.changes.push(change);
            self.decided.volumes.push((volume, users.remove(&volume.name).unwrap_or_default()));
        }
    }

    /// The volumes that the user named; a name that means none or several is told.
    fn asked(&mut self, candidates: &Candidates<'a>) -> BTreeSet<&'a VolumeName> {
        let mut asked = BTreeSet::new();
        for named in std::mem::take(&mut self.named) {
            let meant = candidates.meant(named);
            match meant.len() {
                0 => {
                    let told = format!("there is no volume {named} in this project, so its data cannot be destroyed");
                    self.decided.diagnostics.push(Diagnostic::error(code::UNKNOWN_DATA, told));
                }
                1 => asked.extend(meant),
                _ => self.decided.diagnostics.push(candidates.ambiguous(named, &meant)),
            }
        }
        asked
    }

    /// What is dsenv's own goes with the last container. The lock is for who holds it to remove.
    fn own(&mut self) {
        let keys = self.observed.keys.iter().filter(|_| !self.kept).cloned();
        // The last record is all that knows of what programs keep.
        let records = self.observed.records.iter().rev().skip(usize::from(self.kept));
        let records = records.map(|record| record.volume.clone());
        self.decided.own = self.observed.files.iter().cloned().chain(records).chain(keys).collect();
    }
}

/// What a plan calls a volume that is there.
pub fn address(volume: &Volume) -> Address {
    match &volume.key {
        Some(key) => Address::Volume(key.clone()),
        None => Address::Stray(volume.name.to_string()),
    }
}

/// Whose a volume without a name is.
fn owner(observed: &Observed, volume: &VolumeName) -> Option<String> {
    let mut users = observed.containers.iter().flat_map(|user| anonymous::of(user).map(move |it| (user, it)));
    let (user, (mount, _)) = users.find(|(_, (_, name))| *name == volume)?;
    Some(format!("of {}, at {}: ", Address::Replica(user.service.clone(), user.replica), mount.target))
}

/// Whether it is somebody's work that was begun by hand and is not over.
fn stays(container: &Container, options: &DestroyOptions) -> bool {
    container.oneoff && container.state.is_up() && !options.prune
}

/// `lab-db-run-1 and other are`
fn who(names: &[&ContainerName], one: &str, several: &str) -> String {
    let list: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    match &list[..] {
        [name] => format!("{name} {one}"),
        _ => format!("{} {several}", list.join(" and ")),
    }
}

/// Services that programs run, each before what it needs; by name where they need each other in a circle.
fn dependents_first(providers: &BTreeMap<ServiceName, Provider>) -> Vec<ServiceName> {
    let mut open: BTreeSet<&ServiceName> = providers.keys().collect();
    let mut order = Vec::new();
    while let Some(first) = open.first().copied() {
        let is_needed = |name: &ServiceName| open.iter().any(|other| providers[*other].depends_on.contains_key(name));
        let next = open.iter().copied().find(|name| !is_needed(name)).unwrap_or(first);
        open.remove(next);
        order.push(next.clone());
    }
    order
}

/// What the last record says of a service, and what the spec at hand says: the one that counts first.
fn known<'a>(
    observed: &'a Observed,
    options: &'a DestroyOptions,
    service: &ServiceName,
) -> (Option<&'a Value>, Option<&'a Service>) {
    let recorded = observed.records.last().and_then(|record| record.project.get("services")?.get(service.as_str()));
    let spec = options.spec.as_ref().and_then(|spec| spec.services.get(service));
    match spec {
        Some(_) if options.spec_named => (None, spec),
        Some(_) | None => (recorded, spec),
    }
}

/// What each service needs, as far as is known.
fn needs(observed: &Observed, options: &DestroyOptions) -> BTreeMap<ServiceName, BTreeSet<ServiceName>> {
    let mut needs: BTreeMap<ServiceName, BTreeSet<ServiceName>> = BTreeMap::new();
    for container in &observed.containers {
        let needed = needs.entry(container.service.clone()).or_default();
        match known(observed, options, &container.service) {
            (Some(recorded), _) => {
                if let Some(Value::Object(dependencies)) = recorded.get("depends_on") {
                    needed.extend(dependencies.keys().map(|name| ServiceName::new(name.as_str())));
                }
            }
            (None, Some(spec)) => needed.extend(spec.depends_on.keys().cloned()),
            (None, None) => {}
        }
    }
    needs
}

/// The services with containers, each before what it needs. Where the record goes round in a circle, by name.
fn last_first<'a>(
    observed: &'a Observed,
    needs: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
) -> Vec<&'a ServiceName> {
    let mut open: BTreeSet<&ServiceName> = observed.containers.iter().map(|container| &container.service).collect();
    let mut waiting: BTreeMap<&ServiceName, usize> = open.iter().map(|name| (*name, 0)).collect();
    for needed in needs.values().flatten() {
        if let Some(count) = waiting.get_mut(needed) {
            *count += 1;
        }
    }
    let mut order = Vec::new();
    let mut free: BTreeSet<&ServiceName> = open.iter().copied().filter(|name| waiting[name] == 0).collect();
    while let Some(next) = free.pop_first().or_else(|| open.first().copied()) {
        open.remove(next);
        order.push(next);
        for needed in needs.get(next).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(needed) {
                *count = count.saturating_sub(1);
                if *count == 0
                    && let Some(name) = open.get(needed)
                {
                    free.insert(name);
                }
            }
        }
    }
    order
}

/// The commands before the stop, or why they cannot be run: a record holds no secret, so a hook with one in it is known
/// from the spec alone.
fn hooks(observed: &Observed, options: &DestroyOptions, service: &ServiceName) -> (Vec<Hook>, Option<&'static str>) {
    let (recorded, spec) = known(observed, options, service);
    let spec = spec.map(|spec| &spec.hooks.pre_stop);
    let Some(recorded) = recorded else { return (spec.cloned().unwrap_or_default(), None) };
    let recorded = recorded.get("hooks").and_then(|hooks| hooks.get("pre_stop")).cloned().unwrap_or_default();
    let hooks: Vec<Hook> = serde_json::from_value(recorded.clone()).unwrap_or_default();
    if !has_hidden(&recorded) {
        return (hooks, None);
    }
    let same = spec.filter(|spec| {
        let mut now = serde_json::to_value(spec).expect("a model of plain data has a JSON form");
        if let Some(key) = &observed.key {
            as_recorded(&mut now, &recorded, key);
        }
        now == recorded
    });
    match same {
        Some(spec) => (spec.clone(), None),
        None => {
            (Vec::new(), Some("its pre_stop is not run: it holds a secret, which only the spec has; name it with -f"))
        }
    }
}

fn has_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => is_hidden(text),
        Value::Array(items) => items.iter().any(has_hidden),
        Value::Object(fields) => fields.values().any(has_hidden),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
