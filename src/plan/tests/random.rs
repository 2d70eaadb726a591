//! Random specs, edits, hands and faults: whatever was before, an apply is followed by an empty plan.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;

use super::crash::converges;
use serde_json::Value;

use super::lab::{Lab, anonymous, env, key, lab, mount, publish};
use super::world::{Trouble, World};
use crate::diagnostic::Severity;
use crate::diff;
use crate::model::{
    Address, Attachment, Condition, FailureAction, NetworkMode, Restart, Service, ServiceName, UpdateOrder,
};
use crate::plan::compare::desired::attachments;
use crate::plan::{Action, NodeId, Reason, text};
use crate::state::{Health, RunState, record};

/// An edit of the file.
#[derive(Debug, Clone)]
enum Edit {
    Variable(usize, u8),
    Image(usize, u8),
    Scale(usize, u32),
    Order(usize, bool),
    Action(usize, FailureAction),
    Parallelism(usize, u32),
    Memory(usize, Option<i64>),
    Restart(usize, Restart),
    Volume(usize),
    Anonymous(usize),
    Port(usize, u16),
    Network(usize, u8),
    Alias(usize, u8),
    Config(usize, u8),
    Name(usize, bool),
    Needs(usize, usize, Condition, bool),
    Shares(usize, usize),
    Internal(u8, bool),
    Remove(usize),
}

/// What somebody does behind dsenv's back.
#[derive(Debug, Clone)]
enum ExternalChange {
    Stop(usize),
    Pause(usize),
    Lose(usize),
    Rename(usize),
    Disconnect(usize),
    Limit(usize, i64),
    Move(u8),
    Sicken(usize),
}

const NAMES: [&str; 4] = ["api", "db", "job", "web"];

fn edit() -> impl Strategy<Value = Edit> {
    let service = || 0..NAMES.len();
    let actions = [FailureAction::Rollback, FailureAction::Pause, FailureAction::Continue];
    let restarts = [Restart::No, Restart::Always, Restart::UnlessStopped, Restart::OnFailure(2)];
    let conditions = [Condition::ServiceStarted, Condition::ServiceHealthy];
    prop_oneof![
        3 => (service(), 0..3u8).prop_map(|(s, v)| Edit::Variable(s, v)),
        1 => (service(), 0..3u8).prop_map(|(s, v)| Edit::Image(s, v)),
        1 => (service(), 0..4u32).prop_map(|(s, n)| Edit::Scale(s, n)),
        2 => (service(), any::<bool>()).prop_map(|(s, o)| Edit::Order(s, o)),
        1 => (service(), select(actions.to_vec())).prop_map(|(s, a)| Edit::Action(s, a)),
        1 => (service(), 0..3u32).prop_map(|(s, n)| Edit::Parallelism(s, n)),
        1 => (service(), select(vec![None, Some(1 << 26), Some(1 << 27)])).prop_map(|(s, m)| Edit::Memory(s, m)),
        1 => (service(), select(restarts.to_vec())).prop_map(|(s, r)| Edit::Restart(s, r)),
        1 => service().prop_map(Edit::Volume),
        1 => service().prop_map(Edit::Anonymous),
        1 => (service(), 8080..8082u16).prop_map(|(s, p)| Edit::Port(s, p)),
        1 => (service(), 0..3u8).prop_map(|(s, n)| Edit::Network(s, n)),
        1 => (service(), 0..3u8).prop_map(|(s, n)| Edit::Alias(s, n)),
        1 => (service(), 0..3u8).prop_map(|(s, n)| Edit::Config(s, n)),
        1 => (service(), any::<bool>()).prop_map(|(s, n)| Edit::Name(s, n)),
        2 => (service(), service(), select(conditions.to_vec()), any::<bool>())
            .prop_map(|(s, t, c, r)| Edit::Needs(s, t, c, r)),
        1 => (service(), service()).prop_map(|(s, t)| Edit::Shares(s, t)),
        1 => (0..3u8, any::<bool>()).prop_map(|(n, i)| Edit::Internal(n, i)),
        1 => service().prop_map(Edit::Remove),
    ]
}

fn hand() -> impl Strategy<Value = ExternalChange> {
    let at = || 0..8usize;
    prop_oneof![
        at().prop_map(ExternalChange::Stop),
        at().prop_map(ExternalChange::Pause),
        at().prop_map(ExternalChange::Lose),
        at().prop_map(ExternalChange::Rename),
        at().prop_map(ExternalChange::Disconnect),
        (at(), 1..3i64).prop_map(|(c, m)| ExternalChange::Limit(c, m << 26)),
        (0..3u8).prop_map(ExternalChange::Move),
        at().prop_map(ExternalChange::Sicken),
    ]
}

fn network(number: u8) -> &'static str {
    ["default", "front", "back"][usize::from(number)]
}

fn image(number: u8) -> &'static str {
    ["nginx", "redis", "busybox"][usize::from(number)]
}

/// Applies an edit, if the result is one that validation lets through.
fn apply(lab: Lab, edit: &Edit) -> Lab {
    let before = lab.clone();
    let has = |service: usize| before.project.services.contains_key(&NAMES[service].into());
    match *edit {
        Edit::Variable(s, value) => lab.service(NAMES[s], |s| env(s, "DEBUG", &value.to_string())),
        Edit::Image(s, n) => lab.service(NAMES[s], |s| s.fixed.image = image(n).into()),
        Edit::Scale(s, n) => lab.service(NAMES[s], |s| {
            if s.container_name.is_none() && s.fixed.ports.is_empty() {
                s.scale = n;
            }
        }),
        Edit::Order(s, first) => lab.service(NAMES[s], |s| {
            s.update.order = if first { UpdateOrder::StartFirst } else { UpdateOrder::StopFirst };
        }),
        Edit::Action(s, action) => lab.service(NAMES[s], |s| s.update.failure_action = action),
        Edit::Parallelism(s, n) => lab.service(NAMES[s], |s| s.update.parallelism = n),
        Edit::Memory(s, memory) => lab.service(NAMES[s], |s| s.tunable.memory = memory),
        Edit::Restart(s, restart) => lab.service(NAMES[s], |s| s.tunable.restart = restart),
        Edit::Volume(s) => lab.service(NAMES[s], |s| mount(s, "lab_data", "/data")),
        Edit::Anonymous(s) => lab.service(NAMES[s], |s| anonymous(s, "/cache")),
        Edit::Port(s, port) => {
            let taken = before
                .project
                .services
                .values()
                .any(|service| service.fixed.ports.iter().any(|other| other.published == Some(port.to_string())));
            lab.service(NAMES[s], |s| {
                if !taken && s.scale == 1 {
                    s.fixed.ports.clear();
                    publish(s, &port.to_string(), 80);
                }
            })
        }
        Edit::Network(s, n) => lab.service(NAMES[s], |s| {
            if s.fixed.network_mode == NetworkMode::Networks {
                s.networks = [(network(n).into(), Attachment::default())].into();
            }
        }),
        Edit::Alias(s, n) => lab.service(NAMES[s], |s| {
            for attachment in s.networks.values_mut() {
                attachment.aliases = [format!("alias{n}")].into();
            }
        }),
        Edit::Config(s, content) => lab.config(NAMES[s], "/etc/conf", &content.to_string()),
        Edit::Name(s, own) => lab.service(NAMES[s], |service| {
            if service.scale == 1 {
                service.container_name = own.then(|| format!("my-{}", NAMES[s]).as_str().into());
            }
        }),
        Edit::Needs(s, t, condition, restart) if s > t && has(t) => {
            let lab = lab.needing(NAMES[s], NAMES[t], condition);
            lab.service(NAMES[s], |s| s.depends_on.get_mut(&NAMES[t].into()).unwrap().restart = restart)
        }
        Edit::Shares(s, t) if s > t && has(t) => {
            let scale = before.project.services[&NAMES[t].into()].scale;
            let lab = if scale > 0 { lab.needing(NAMES[s], NAMES[t], Condition::ServiceStarted) } else { lab };
            lab.service(NAMES[s], |s| {
                if scale > 0 {
                    s.fixed.network_mode = NetworkMode::Service(NAMES[t].into());
                    s.networks.clear();
                }
            })
        }
        Edit::Internal(n, internal) => {
            let known = before.project.networks.contains_key(&network(n).into());
            if known { lab.network(network(n), |network| network.internal = internal) } else { lab }
        }
        Edit::Remove(s) if has(s) => {
            let name = NAMES[s].into();
            let needed = before.project.services.values().any(|service| service.depends_on.contains_key(&name));
            if needed { lab } else { lab.without(NAMES[s]) }
        }
        Edit::Needs(..) | Edit::Shares(..) | Edit::Remove(_) => lab,
    }
}

/// Whatever somebody does that an engine lets them do.
fn meddle(world: &mut World, hand: &ExternalChange) {
    let count = world.observed.containers.len();
    let name = |at: usize| (count > 0).then(|| at % count);
    let container = |world: &mut World, at: usize, what: &dyn Fn(&mut crate::state::Container)| {
        if let Some(at) = name(at) {
            what(&mut world.observed.containers[at]);
        }
    };
    match *hand {
        ExternalChange::Stop(at) => container(world, at, &|c| c.state = RunState::Exited { code: 137, oom: false }),
        ExternalChange::Pause(at) => container(world, at, &|c| {
            if c.state == RunState::Running {
                c.state = RunState::Paused;
            }
        }),
        ExternalChange::Lose(at) => {
            if let Some(at) = name(at) {
                world.observed.containers.remove(at);
            }
        }
        ExternalChange::Rename(at) => {
            container(world, at, &|c| c.name = format!("renamed-{}", c.id.short()).as_str().into())
        }
        ExternalChange::Disconnect(at) => container(world, at, &|c| drop(c.endpoints.pop_first())),
        ExternalChange::Limit(at, memory) => container(world, at, &|c| c.tunable.memory = Some(memory)),
        ExternalChange::Move(n) => {
            if world.observed.images.contains_key(&image(n).into()) {
                world.move_image(image(n));
            }
        }
        ExternalChange::Sicken(at) => {
            container(world, at, &|c| c.health = Some(Health::Unhealthy { output: String::new() }))
        }
    }
}

/// The fields in which a service differs from one file to the next, as a plan names them. Of networks only which ones.
fn differing(old: &Lab, new: &Lab, name: &ServiceName) -> BTreeSet<String> {
    let (Some(old), Some(new)) = (old.project.services.get(name), new.project.services.get(name)) else {
        return BTreeSet::new();
    };
    let fields = |service: &Service| {
        let Value::Object(mut fields) = record::desired(&service.fixed, &key()) else { unreachable!() };
        fields.extend(service.tunable.fields());
        fields.insert("container_name".into(), serde_json::json!(service.container_name));
        Value::Object(fields)
    };
    let mut paths: BTreeSet<String> = diff::fields(&fields(old), &fields(new)).into_iter().map(|c| c.path).collect();
    let joined = |service| -> BTreeMap<_, _> { attachments(name, service).into_iter().collect() };
    let (before, after) = (joined(old), joined(new));
    // One that borrows its namespace hangs on no network that could be mended.
    if !after.is_empty() {
        let keys = before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key));
        paths.extend(keys.map(|key| format!("networks.{key}")));
    }
    paths
}

/// `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn an_apply_is_followed_by_an_empty_plan(
        first in prop::collection::vec(edit(), 1..12),
        second in prop::collection::vec(edit(), 0..6),
        hands in prop::collection::vec(hand(), 0..4),
        failing in prop::collection::vec(1..60usize, 0..3),
        dies_after in prop::option::of(0..60usize),
        seed in 0..4u64,
    ) {
        let old = first.iter().fold(lab(), apply).options(|options| options.prune = true);
        let new = second.iter().fold(old.clone(), apply);
        let mut world = old.applied();
        prop_assert!(old.plan(&world).is_empty(), "{}", old.text(&world));
        hands.iter().for_each(|hand| meddle(&mut world, hand));
        let start = world.clone();
        let plan = new.plan(&world);
        let failing = failing.into_iter().map(NodeId).collect();
        world.run(&plan, &Trouble { failing, dies_after, seed });
        // What needs a sick service waits for a person.
        for container in &mut world.observed.containers {
            container.health = None;
        }
        converges(&new, world, &start, seed, &|| text(&plan));
    }

    #[test]
    fn a_plan_names_the_fields_that_differ_and_no_other(
        first in prop::collection::vec(edit(), 1..12),
        second in prop::collection::vec(edit(), 0..6),
    ) {
        let old = first.iter().fold(lab(), apply).options(|options| options.prune = true);
        let new = second.iter().fold(old.clone(), apply);
        let mut world = old.applied();
        let plan = new.plan(&world);
        for change in &plan.changes {
            let Address::Replica(name, _) = &change.address else { continue };
            // What is made or goes needs no field, and what another tool or an earlier plan left has others.
            if matches!(change.action, Action::Create | Action::Delete) {
                continue;
            }
            let named: BTreeSet<String> = change
                .reasons
                .iter()
                .filter_map(|reason| match reason {
                    Reason::Changed(fields) => Some(fields),
                    _ => None,
                })
                .flatten()
                .map(|field| match field.change.path.splitn(3, '.').collect::<Vec<_>>()[..] {
                    ["networks", key, ..] => format!("networks.{key}"),
                    _ => field.change.path.clone(),
                })
                .collect();
            prop_assert_eq!(&named, &differing(&old, &new, name), "{} in\n{}", change.address, text(&plan));
        }
        if plan.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
            world.apply(&plan);
            prop_assert!(new.plan(&world).is_empty(), "{}", new.text(&world));
        }
    }
}
