//! Hooks before the first start: a container of dsenv's own each, with the service's mounts and networks, that runs to
//! its end and goes. One that was passed is not run again: a container that has started once has passed them, and one
//! that runs once for the service has been passed for good, as long as the service is what it was and some of it is there.

use serde_json::Value;

use super::builder::{After, Chain, WayBack};
use super::images::Standing;
use super::on_record::as_recorded;
use super::planner::Planner;
use super::start::LOG_LINES;
use super::wanted::Wanted;
use super::{
    ContainerRef, Handle, NewContainer, NodeId, PlacedChange, Step, Until, create, drift, files, given, images, labels,
};
use crate::diff::FieldChange;
use crate::model::{Attachment, Fixed, Healthcheck, Hook, Service, ServiceName, StartHook, Tunable, VolumesFrom};
use crate::state::own;

/// Adds the steps to the chain of a container that has never started.
pub(super) fn run(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) {
    if let Some(done) = p.pre_started.get(wanted.name) {
        chain.wait_for(After::done([*done]));
    }
    let first = !p.pre_started.contains_key(wanted.name);
    let passed = if is_known(p, wanted) { recorded(p, wanted.name) } else { Vec::new() };
    for (index, hook) in wanted.service.hooks.pre_start.iter().enumerate() {
        if hook.per_replica || first && !is_among(p, hook, &passed) {
            let node = one(p, wanted, chain, container, index, hook);
            if !hook.per_replica {
                p.pre_started.insert(wanted.name.clone(), node);
            }
        }
    }
}

/// Whether one of the hooks was not passed yet: the last apply knew no such hook.
pub(super) fn is_new(p: &Planner, name: &ServiceName, service: &Service) -> bool {
    let Some(Value::Array(known)) = drift::recorded(p, name, &["hooks", "pre_start"]) else { return false };
    let known: Vec<&Value> = known.iter().collect();
    service.hooks.pre_start.iter().any(|hook| !is_among(p, hook, &known))
}

/// The same as a change, which only a start can make.
pub(super) fn changed(p: &Planner, name: &ServiceName, service: &Service) -> Option<PlacedChange> {
    if !is_new(p, name, service) {
        return None;
    }
    let now = serde_json::to_value(&service.hooks.pre_start).expect("a model of plain data has a JSON form");
    let before = drift::recorded(p, name, &["hooks", "pre_start"]).cloned();
    Some(drift::asked(p, name, FieldChange::new("pre_start", before, Some(now))))
}

fn recorded<'a>(p: &Planner<'a>, name: &ServiceName) -> Vec<&'a Value> {
    match drift::recorded(p, name, &["hooks", "pre_start"]) {
        Some(Value::Array(hooks)) => hooks.iter().collect(),
        Some(_) | None => Vec::new(),
    }
}

fn is_among(p: &Planner, hook: &StartHook, recorded: &[&Value]) -> bool {
    let hook = serde_json::to_value(hook).expect("a model of plain data has a JSON form");
    recorded.iter().any(|recorded| {
        let mut hook = hook.clone();
        as_recorded(&mut hook, recorded, p.request.key);
        hook == **recorded
    })
}

/// Whether the service is what the last apply left, and a container of it has started: then it has passed its hooks.
fn is_known(p: &Planner, wanted: &Wanted) -> bool {
    let started = |number| {
        let slot = p.index.slot(wanted.name, number);
        slot.into_iter().flat_map(|slot| slot.all()).any(|it| it.record.is_some() && it.started_at.is_some())
    };
    let numbers: Vec<u32> = p.index.service(wanted.name).map(|(number, _)| number).collect();
    let Standing::Here(image) = &wanted.image else { return false };
    let same_image = p
        .request
        .observed
        .records
        .last()
        .is_some_and(|record| record.images.get(&wanted.service.fixed.image) == Some(image));
    let Some(Value::Object(mut before)) = drift::recorded(p, wanted.name, &["fixed"]).cloned() else { return false };
    let now = serde_json::to_value(&wanted.service.fixed).expect("a model of plain data has a JSON form");
    let Value::Object(mut now) = now else { return false };
    now.remove("files");
    let contents = before.remove("files").and_then(|contents| serde_json::from_value(contents).ok());
    let contents = files::volume(&p.request.project.name, &contents.unwrap_or_default(), None);
    let (mut now, before) = (Value::Object(now), Value::Object(before));
    as_recorded(&mut now, &before, p.request.key);
    same_image && contents == wanted.files && now == before && numbers.into_iter().any(started)
}

fn one(
    p: &mut Planner,
    wanted: &Wanted,
    chain: &mut Chain,
    container: &ContainerRef,
    index: usize,
    start_hook: &StartHook,
) -> NodeId {
    let new = helper(p, wanted, container, index, start_hook);
    let name = new.name.clone();
    if let Some(image) = &start_hook.image {
        chain.wait_for(After::done(images::need_other(p, image)));
    }
    chain.wait_for(After::done(p.cleared.iter().copied()));
    let created = chain.then(&mut p.nodes, Step::CreateContainer(new));
    let helper = ContainerRef { name, handle: Handle::Made(created) };
    let start = chain.then(&mut p.nodes, Step::Start { container: helper.clone() });
    let limit = p.request.options.timeout.unwrap_or(wanted.service.gate.limit);
    let wait = chain.then(&mut p.nodes, Step::Wait { container: helper.clone(), until: Until::Completed, limit });
    let mut back = WayBack::from(chain.part_of(), [start, wait]);
    back.then(&mut p.nodes, Step::CollectLogs { container: helper.clone(), lines: LOG_LINES });
    back.then(&mut p.nodes, Step::Stop { container: helper.clone(), grace: None });
    back.then(&mut p.nodes, Step::Remove { container: helper.clone() });
    chain.then(&mut p.nodes, Step::Remove { container: helper })
}

/// It has what the service's container has, mounts included, but no ports, names or addresses of its own.
fn helper(
    p: &Planner,
    wanted: &Wanted,
    container: &ContainerRef,
    index: usize,
    start_hook: &StartHook,
) -> Box<NewContainer> {
    let StartHook { image, hook, per_replica: _ } = start_hook;
    let Hook { command, user, privileged, working_dir, environment } = hook;
    let service = &wanted.service.fixed;
    let mut variables = service.environment.clone();
    variables.extend(environment.clone());
    let fixed = Fixed {
        image: images::made_with(p, image.as_ref().unwrap_or(&service.image)),
        entrypoint: Some(Vec::new()),
        command: Some(command.clone()),
        environment: variables,
        user: user.clone().or_else(|| service.user.clone()),
        working_dir: working_dir.clone().or_else(|| service.working_dir.clone()),
        privileged: *privileged || service.privileged,
        healthcheck: Some(Healthcheck::Disabled),
        volumes_from: vec![VolumesFrom::Service { service: wanted.name.clone(), read_only: false }],
        platform: service.platform.clone(),
        network_mode: service.network_mode.clone(),
        extra_hosts: service.extra_hosts.clone(),
        dns: service.dns.clone(),
        dns_search: service.dns_search.clone(),
        dns_opt: service.dns_opt.clone(),
        ..Fixed::default()
    };
    let mut borrowed = create::borrowed(p, wanted);
    borrowed.insert(wanted.name.clone(), container.clone());
    let networks = create::networks(p, wanted).into_iter().map(|(network, _)| (network, Attachment::default()));
    Box::new(NewContainer {
        name: own::pre_start(&container.name, index + 1),
        service: wanted.name.clone(),
        replica: 1,
        fixed,
        tunable: Tunable::default(),
        networks: networks.collect(),
        labels: labels::hook(&p.request.project.name, wanted.name),
        volume_labels: labels::anonymous(&p.request.project.name, wanted.name),
        carried: Default::default(),
        files: None,
        borrowed,
        injected: given::to_give(p, &wanted.given),
    })
}
