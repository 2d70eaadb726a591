//! Hooks before the first start: a container of dsenv's own each, with the service's mounts and networks, that runs to
//! its end and goes.

use super::create;
use super::start::LOG_LINES;
use crate::model::{Attachment, Fixed, Healthcheck, Hook, StartHook, Tunable, VolumesFrom};
use crate::plan::compare::desired::DesiredService;
use crate::plan::compare::image::made_with;
use crate::plan::decide::decisions::ServiceDecision;
use crate::plan::schedule::builder::{After, Chain, WayBack};
use crate::plan::schedule::state::Schedule;
use crate::plan::schedule::{images, labels};
use crate::plan::vocabulary::{ContainerRef, ContainerStep, Handle, NewContainer, NodeId, Until, WaitStep};
use crate::state::own;

/// Adds the steps to the chain of a container that has never started.
pub fn run<'a>(s: &mut Schedule<'a>, service: &'a ServiceDecision<'a>, chain: &mut Chain, container: &ContainerRef) {
    let desired = &service.desired;
    let done = s.pre_started.get(desired.name).copied();
    chain.wait_for(After::done(done));
    for index in &service.pre_start {
        let hook = &desired.service.hooks.pre_start[*index];
        if hook.per_replica || done.is_none() {
            let node = one(s, desired, chain, container, *index, hook);
            if !hook.per_replica {
                s.pre_started.insert(desired.name, node);
            }
        }
    }
}

fn one<'a>(
    s: &mut Schedule<'a>,
    desired: &DesiredService,
    chain: &mut Chain,
    container: &ContainerRef,
    index: usize,
    start_hook: &'a StartHook,
) -> NodeId {
    let new = helper(s, desired, container, index, start_hook);
    let name = new.name.clone();
    if let Some(image) = &start_hook.image {
        chain.wait_for(After::done(images::bring(s, image)));
    }
    chain.wait_for(s.after_cleared());
    let created = chain.then(&mut s.nodes, ContainerStep::Create(new));
    let helper = ContainerRef { name, handle: Handle::Made(created) };
    let start = chain.then(&mut s.nodes, ContainerStep::Start { container: helper.clone() });
    let limit = s.request().options.timeout.unwrap_or(desired.service.gate.limit);
    let wait = chain.then(&mut s.nodes, WaitStep::Until { container: helper.clone(), until: Until::Completed, limit });
    let mut back = WayBack::from(chain.part_of(), [start, wait]);
    back.then(&mut s.nodes, ContainerStep::CollectLogs { container: helper.clone(), lines: LOG_LINES });
    back.then(&mut s.nodes, ContainerStep::Stop { container: helper.clone(), grace: None });
    back.then(&mut s.nodes, ContainerStep::Remove { container: helper.clone() });
    chain.then(&mut s.nodes, ContainerStep::Remove { container: helper })
}

/// It has what the service's container has, mounts included, but no ports, names or addresses of its own.
fn helper(
    s: &Schedule,
    desired: &DesiredService,
    container: &ContainerRef,
    index: usize,
    start_hook: &StartHook,
) -> Box<NewContainer> {
    let StartHook { image, hook, per_replica: _ } = start_hook;
    let Hook { command, user, privileged, working_dir, environment } = hook;
    let service = &desired.service.fixed;
    let mut variables = service.environment.clone();
    variables.extend(environment.clone());
    let fixed = Fixed {
        image: made_with(&s.request(), image.as_ref().unwrap_or(&service.image)),
        entrypoint: Some(Vec::new()),
        command: Some(command.clone()),
        environment: variables,
        user: user.clone().or_else(|| service.user.clone()),
        working_dir: working_dir.clone().or_else(|| service.working_dir.clone()),
        privileged: *privileged || service.privileged,
        healthcheck: Some(Healthcheck::Disabled),
        volumes_from: vec![VolumesFrom::Service { service: desired.name.clone(), read_only: false }],
        platform: service.platform.clone(),
        network_mode: service.network_mode.clone(),
        extra_hosts: service.extra_hosts.clone(),
        dns: service.dns.clone(),
        dns_search: service.dns_search.clone(),
        dns_opt: service.dns_opt.clone(),
        ..Fixed::default()
    };
    let mut borrowed = create::borrowed(s, desired);
    borrowed.insert(desired.name.clone(), container.clone());
    let networks = create::networks(s, desired).into_iter().map(|(network, _)| (network, Attachment::default()));
    Box::new(NewContainer {
        name: own::pre_start(&container.name, index + 1),
        service: desired.name.clone(),
        replica: 1,
        fixed,
        tunable: Tunable::default(),
        networks: networks.collect(),
        labels: labels::hook(&s.project().name, desired.name),
        volume_labels: labels::anonymous(&s.project().name, desired.name),
        carried: Default::default(),
        files: None,
        borrowed,
        injected: create::injected(s, desired),
    })
}
