//! Hooks before the first start: a container of dsenv's own each, with the service's mounts and networks, that runs to
//! its end and goes. One that was passed is not run again: a container that has started once has passed them.

use super::builder::{After, Chain, WayBack};
use super::planner::Planner;
use super::start::LOG_LINES;
use super::wanted::Wanted;
use super::{ContainerRef, Handle, NewContainer, NodeId, Step, Until, create, given, images, labels};
use crate::model::{Attachment, ContainerName, Fixed, Healthcheck, Hook, StartHook, Tunable, VolumesFrom};

/// Adds the steps to the chain of a container that has never started.
pub(super) fn run(p: &mut Planner, wanted: &Wanted, chain: &mut Chain, container: &ContainerRef) {
    if let Some(done) = p.pre_started.get(wanted.name) {
        chain.wait_for(After::done([*done]));
    }
    let first = !p.pre_started.contains_key(wanted.name);
    for (index, hook) in wanted.service.hooks.pre_start.iter().enumerate() {
        if hook.per_replica || first {
            let node = one(p, wanted, chain, container, index, hook);
            if !hook.per_replica {
                p.pre_started.insert(wanted.name.clone(), node);
            }
        }
    }
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
        name: ContainerName::new(format!("{}.pre-{}", container.name, index + 1)),
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
        given: given::to_give(p, &wanted.given),
    })
}
