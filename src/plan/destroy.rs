//! A project goes: containers in reverse order, then networks, then what is dsenv's own. Volumes of the user stay,
//! unless they are named.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::builder::{After, Builder, Chain};
use super::named::Candidates;
use super::on_record::as_recorded;
use super::{
    Action, Change, ContainerRef, DestroyOptions, Handle, Hazard, NodeId, Plan, ProviderAction, Reason, Step, code,
    nameless, networks, provider, strays,
};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, ContainerName, Hook, ProjectName, Provider, Service, ServiceName, VolumeName};
use crate::state::applied::is_hidden;
use crate::state::{Container, ContainerId, Observed, RunState};

/// Makes the plan that removes a project. What needs what and what runs before a stop is read from the last record, since
/// the file may be gone by now, and from a file that was named in this command, or that knows what no record knows.
pub fn destroy(project: &ProjectName, observed: &Observed, options: &DestroyOptions) -> Plan {
    let mut d = Destroy {
        observed,
        options,
        nodes: Builder::default(),
        changes: Vec::new(),
        gone: BTreeMap::new(),
        named: options.destroy_data.iter().collect(),
        released: Vec::new(),
        kept: false,
    };
    d.containers();
    d.networks();
    let mut diagnostics = d.providers(project);
    diagnostics.extend(d.volumes());
    d.own();
    diagnostics.extend(strays::taken(observed));
    let Destroy { nodes, mut changes, observed: _, options: _, gone: _, named: _, released: _, kept: _ } = d;
    changes.sort_by(|one, other| (&one.address, &one.name).cmp(&(&other.address, &other.name)));
    Plan { project: project.clone(), changes, nodes: nodes.finish(), diagnostics }
}

struct Destroy<'a> {
    observed: &'a Observed,
    options: &'a DestroyOptions,
    nodes: Builder,
    changes: Vec<Change>,
    gone: BTreeMap<&'a ContainerId, NodeId>,
    /// What of the names that the user gave is left to find.
    named: BTreeSet<&'a VolumeName>,
    /// The steps that release services.
    released: Vec<NodeId>,
    /// Whether a program keeps something for a service.
    kept: bool,
}

impl<'a> Destroy<'a> {
    fn containers(&mut self) {
        for helper in &self.observed.helpers {
            let container = ContainerRef { name: helper.name.clone(), handle: Handle::Known(helper.id.clone()) };
            let address = Address::Stray(helper.name.to_string());
            let (_, gone) = self.remove(&address, After::default(), &container, helper.up, &[]);
            self.gone.insert(&helper.id, gone);
        }
        // A container stops when everything that needs it has stopped.
        let needs = needs(self.observed, self.options);
        let mut stops: BTreeMap<&ServiceName, BTreeSet<NodeId>> = BTreeMap::new();
        let mut containers: BTreeMap<&ServiceName, Vec<&'a Container>> = BTreeMap::new();
        for container in &self.observed.containers {
            containers.entry(&container.service).or_default().push(container);
        }
        for service in last_first(self.observed, &needs) {
            let after = After::settled(stops.remove(service).unwrap_or_default());
            let (hooks, lost) = hooks(self.observed, self.options, service);
            for container in containers.remove(service).unwrap_or_default() {
                let address = container.address();
                if stays(container, self.options) {
                    let mut change = Change::new(address, &container.name, Action::Keep);
                    let what = strays::one_off(container);
                    change.notes.push(format!("{what}; it is left alone, and --remove-orphans removes it"));
                    self.changes.push(change);
                    continue;
                }
                let reference =
                    ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
                let hooks = if container.state == RunState::Running && !container.oneoff { &hooks[..] } else { &[] };
                let (stopped, gone) = self.remove(&address, after.clone(), &reference, container.state.is_up(), hooks);
                for needed in needs.get(service).into_iter().flatten() {
                    stops.entry(needed).or_default().insert(stopped);
                }
                self.gone.insert(&container.id, gone);
                let mut change = Change::new(address, &container.name, Action::Delete);
                change.reasons.push(Reason::Asked);
                change.notes.extend(
                    lost.filter(|_| container.state == RunState::Running && !container.oneoff).map(str::to_owned),
                );
                if container.state.is_up() {
                    change.hazards.push(Hazard::Downtime { service: service.clone() });
                }
                self.changes.push(change);
            }
        }
    }

    /// The steps after which it has stopped, and after which it is gone.
    fn remove(
        &mut self,
        address: &Address,
        after: After,
        container: &ContainerRef,
        up: bool,
        hooks: &[Hook],
    ) -> (NodeId, NodeId) {
        let mut chain = Chain::new(address, after);
        for hook in hooks {
            chain.then(&mut self.nodes, Step::Hook { container: container.clone(), hook: hook.clone() });
        }
        let stopped = up.then(|| {
            let grace = self.options.grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX));
            chain.then(&mut self.nodes, Step::Stop { container: container.clone(), grace })
        });
        let gone = chain.then(&mut self.nodes, Step::Remove { container: container.clone() });
        (stopped.unwrap_or(gone), gone)
    }

    fn networks(&mut self) {
        for network in self.observed.networks.iter() {
            let Some(key) = &network.key else { continue };
            let address = Address::Network(key.clone());
            let users = self.observed.containers.iter().filter(|user| user.endpoints.contains_key(&network.id));
            let (gone, kept): (Vec<_>, Vec<_>) = users.partition(|user| self.gone.contains_key(&user.id));
            let kept = kept.into_iter().map(|user| &user.name);
            let holders: Vec<_> = kept.chain(self.observed.guests_on(&network.id).map(|guest| &guest.name)).collect();
            if !holders.is_empty() {
                let mut change = Change::new(address, &network.name, Action::Keep);
                change.notes.push(format!("it is kept, since {} on it", who(&holders, "is", "are")));
                self.changes.push(change);
                continue;
            }
            let after = After::done(gone.into_iter().map(|user| self.gone[&user.id]));
            self.nodes.add(&address, after, Step::RemoveNetwork { network: networks::known(network) });
            let change = Change::new(address, &network.name, Action::Delete);
            self.changes.push(Change { reasons: vec![Reason::Asked], ..change });
        }
    }

    /// What programs run may hold data: it is paused, and released only by name.
    fn providers(&mut self, project: &ProjectName) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let recorded = provider::recorded(self.observed);
        let volumes: BTreeSet<&str> =
            self.observed.volumes.iter().filter_map(|volume| Some(volume.key.as_ref()?.as_str())).collect();
        let mut ended: BTreeMap<ServiceName, NodeId> = BTreeMap::new();
        for name in dependents_first(&recorded) {
            let provider = self.options.providers.get(&name).unwrap_or(&recorded[&name]).clone();
            let dependents = recorded.iter().filter(|(_, other)| other.depends_on.contains_key(&name));
            let dependents = dependents.filter_map(|(other, _)| ended.get(other).copied());
            let last = After::done(self.gone.values().copied()).and(After::settled(dependents));
            let address = Address::Service(name.clone());
            let mut change = Change::new(address.clone(), &name, Action::Keep);
            let own = VolumeName::new(format!("service.{name}"));
            let plain = VolumeName::new(name.as_str());
            if self.named.contains(&plain) && volumes.contains(name.as_str()) {
                let told = format!("{name} is a volume and a service that {} runs", provider.program);
                let told = Diagnostic::error(code::UNKNOWN_DATA, told);
                diagnostics.push(told.help(format!("name the volume as the engine does, or the service as {own}")));
            }
            let named = self.named.remove(&own) || self.named.remove(&plain);
            if named {
                change.action = Action::Delete;
                change.reasons.push(Reason::Asked);
                change.notes.push(format!("{} releases it, with what it holds", provider.program));
                match provider::end(project, &name, &provider, self.observed, ProviderAction::Down) {
                    Ok(step) => {
                        let node = self.nodes.add(&address, last, step);
                        ended.insert(name.clone(), node);
                        self.released.push(node);
                    }
                    Err(told) => diagnostics.push(*told),
                }
            } else {
                self.kept = true;
                let program = self.observed.programs.get(&provider.program);
                let pausing = program.is_some_and(|program| program.stop.is_some()) && !self.gone.is_empty();
                let pause = provider::end(project, &name, &provider, self.observed, ProviderAction::Stop);
                let paused = match pause.ok().filter(|_| pausing) {
                    Some(step) => {
                        ended.insert(name.clone(), self.nodes.add(&address, last, step));
                        " paused"
                    }
                    None => "",
                };
                let program = &provider.program;
                let how = format!("{program} keeps what it runs for it{paused}; --destroy-data {name} releases it");
                change.notes.push(how);
            }
            self.changes.push(change);
        }
        diagnostics
    }

    fn volumes(&mut self) -> Vec<Diagnostic> {
        let mut users: BTreeMap<&VolumeName, Vec<NodeId>> = BTreeMap::new();
        let mut holders: BTreeMap<&VolumeName, Vec<&ContainerName>> = BTreeMap::new();
        for user in &self.observed.containers {
            for mount in user.mounts.iter().filter_map(|mount| mount.volume.as_ref()) {
                match self.gone.get(&user.id) {
                    Some(gone) => users.entry(mount).or_default().push(*gone),
                    None => holders.entry(mount).or_default().push(&user.name),
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
        let mut diagnostics = Vec::new();
        let mut wanted = BTreeSet::new();
        for named in std::mem::take(&mut self.named) {
            let meant = candidates.meant(named);
            match meant.len() {
                0 => {
                    let told = format!("there is no volume {named} in this project, so its data cannot be destroyed");
                    diagnostics.push(Diagnostic::error(code::UNKNOWN_DATA, told));
                }
                1 => wanted.extend(meant),
                _ => diagnostics.push(candidates.ambiguous(named, &meant)),
            }
        }
        for volume in ours() {
            let address = match &volume.key {
                Some(key) => Address::Volume(key.clone()),
                None => Address::Stray(volume.name.to_string()),
            };
            if !wanted.contains(&volume.name) {
                let mut change = Change::new(address, &volume.name, Action::Keep);
                let of = self.owner(&volume.name).filter(|_| volume.anonymous).unwrap_or_default();
                change.notes.push(match candidates.spelling(&volume.name) {
                    Some(name) => format!("{of}its data is kept; --destroy-data {name} destroys it"),
                    None => format!("{of}its data is kept"),
                });
                self.changes.push(change);
                continue;
            }
            if let Some(holders) = holders.get(&volume.name) {
                let held = who(holders, "mounts", "mount");
                let told = format!("volume {} cannot be removed, since {held} it", volume.name);
                let told = Diagnostic::error(code::HELD_VOLUME, told);
                diagnostics.push(told.help("stop and remove what mounts it first; nothing was done"));
                continue;
            }
            let after = After::done(users.remove(&volume.name).unwrap_or_default());
            self.nodes.add(&address, after, Step::RemoveVolume { name: volume.name.clone() });
            let mut change = Change::new(address, &volume.name, Action::Delete);
            change.reasons.push(Reason::Asked);
            change.hazards.push(Hazard::DataLoss { volume: volume.name.clone() });
            self.changes.push(change);
        }
        diagnostics
    }

    /// Whose a volume without a name is.
    fn owner(&self, volume: &VolumeName) -> Option<String> {
        let mut users = self.observed.containers.iter().flat_map(|user| nameless::of(user).map(move |it| (user, it)));
        let (user, (mount, _)) = users.find(|(_, (_, name))| *name == volume)?;
        Some(format!("of {}, at {}: ", Address::Replica(user.service.clone(), user.replica), mount.target))
    }

    /// What is dsenv's own goes with the last container. The lock is for who holds it to remove.
    fn own(&mut self) {
        let after = After::done(self.gone.values().chain(&self.released).copied());
        let keys = self.observed.keys.iter().filter(|_| !self.kept).cloned();
        // The last record is all that knows of what programs keep.
        let records = self.observed.records.iter().rev().skip(usize::from(self.kept));
        let records = records.map(|record| record.volume.clone());
        let volumes: Vec<_> = self.observed.files.iter().cloned().chain(records).chain(keys).collect();
        for name in volumes {
            self.nodes.add(&Address::Project, after.clone(), Step::RemoveVolume { name });
        }
    }
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
