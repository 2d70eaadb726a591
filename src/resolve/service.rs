//! A service: what each of its containers is, and how dsenv treats them.

use std::collections::BTreeSet;

use super::context::Scope;
use super::{
    depends, fixed, gate, hooks, ignored, image, networking, overlaps, providers, ranges, reference, refused,
    scheduling, shapes, tunable, update,
};
use crate::diagnostic::Diagnostic;
use crate::model::{ContainerName, Restart, Service, field_of_key};
use crate::spec::code;
use crate::spec::types;

/// What the services of a spec are to each other.
pub(super) struct Company<'a> {
    /// Those that are to exist.
    pub present: BTreeSet<&'a str>,
    /// Those whose end another one waits for.
    pub awaited: BTreeSet<&'a str>,
}

/// The service, unless it cannot exist: that is reported, or the user's wish.
pub(super) fn service(own: &types::Service, company: &Company<'_>, scope: &mut Scope<'_, '_>) -> Option<Service> {
    let own = &refused::admit(own, scope);
    ignored::warn(own, scope);
    ranges::report(own, scope);
    shapes::report(own, scope);
    reference::report(own, scope);
    let (image, source) = image::image(own, scope)?;
    let deploy = own.deploy.as_ref();
    let dsenv = own.dsenv.as_ref();
    let drain = dsenv.and_then(|dsenv| dsenv.drain);
    let service = Service {
        source,
        scale: own.replicas(),
        container_name: own.container_name.as_deref().map(ContainerName::from),
        fixed: fixed::fixed(own, image, scope),
        tunable: tunable::tunable(own),
        networks: networking::networking(scope.name, own),
        depends_on: depends::depends_on(own, &company.present),
        update: update::policy(deploy.and_then(|deploy| deploy.update_config.as_ref()), drain),
        rollback: update::policy(deploy.and_then(|deploy| deploy.rollback_config.as_ref()), drain),
        scheduling: scheduling::scheduling(deploy),
        hooks: hooks::hooks(own),
        gate: gate::gate(dsenv),
        job: depends::is_job(scope.name, own, &company.awaited),
        ignore_changes: dsenv.iter().flat_map(|dsenv| &dsenv.ignore_changes).map(|key| field_of_key(key)).collect(),
        urls: dsenv.iter().flat_map(|dsenv| dsenv.url.iter().chain(&dsenv.urls)).cloned().collect(),
        lossy: scope.lossy.clone(),
    };
    networking::disagreement(own, &service.networks, scope);
    providers::refuse_borrowers(&service, scope);
    overlaps::report(&service.fixed, scope);
    endless_job(&service, scope);
    Some(service)
}

/// Warns of a job that the engine starts again whenever it ends.
fn endless_job(service: &Service, scope: &mut Scope<'_, '_>) {
    if service.job && matches!(service.tunable.restart, Restart::Always | Restart::UnlessStopped) {
        let message = format!("service `{}` is a job, but starts again whenever it ends", scope.name);
        let help = "use `restart: on-failure`, or leave `restart` out";
        scope.report(Diagnostic::warning(code::ENDLESS_JOB, message).help(help), &["restart"], "never done");
    }
}
