//! A project goes: containers in reverse order, then networks, then what is dsenv's own. Volumes of the user stay,
//! unless they are named.

use std::collections::{BTreeMap, BTreeSet};

use super::last_known::{dependents_first, hooks, last_first, needs};
use super::removals;
use super::strays::taken;
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Call, ContainerName, Hook, NoteName, ProjectName, Provider, ServiceName, VolumeName};
use crate::plan::compare::destroy_data::Candidates;
use crate::plan::compare::{anonymous, provider};
use crate::plan::vocabulary::{Action, Change, DestroyOptions, Hazard, ProviderAction, Reason, code};
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
    pub own: Vec<NoteName>,
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
        let records = records.map(|record| record.note.clone());
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
