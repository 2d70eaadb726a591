//! The whole way from the spec to the project.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Contents;
use super::context::{Context, Scope};
use super::places::Places;
use super::service::{self, Company};
use super::{compose, depends, names, networks, origins, providers, shapes, tags, volumes};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Idle, Origins, Project, ProjectName, Provider, Service, ServiceName};
use crate::spec::{Loaded, Reader, Spec};

/// What a spec asks for.
#[derive(Debug)]
pub struct Resolved {
    /// What should exist.
    pub project: Project,
    /// Which text asks for what.
    pub origins: Origins,
    /// Legal, but surely not meant, or without effect.
    pub warnings: Vec<Diagnostic>,
}

/// Resolves a loaded spec. Contents of configs, secrets and profiles come from `reader`; `allow_lossy` holds the keys
/// that any service may go without.
///
/// # Errors
/// Every mistake found, and the warnings with them.
pub fn resolve(
    loaded: &Loaded,
    reader: &dyn Reader,
    allow_lossy: &BTreeSet<String>,
) -> Result<Resolved, Vec<Diagnostic>> {
    let (mut services, mut providers) = (BTreeMap::new(), BTreeMap::new());
    let (contents, found) = each(loaded, reader, allow_lossy, |name, made| match made {
        Made::Service(service) => drop(services.insert(name, *service)),
        Made::Provider(provider) => drop(providers.insert(name, provider)),
    });
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(found);
    }
    let spec = &loaded.spec;
    let project = Project {
        name: ProjectName::new(&spec.name),
        networks: networks::networks(spec, &services),
        volumes: volumes::volumes(spec),
        idle: idle(spec),
        models: providers::models(spec, &services),
        services,
        providers,
        contents: contents.bytes,
        history: spec.dsenv.history.unwrap_or(3),
        compose_labels: spec.dsenv.compose_labels.unwrap_or(true),
        compose: compose::compose(loaded),
    };
    let origins = origins::origins(spec, Places(&loaded.tree));
    Ok(Resolved { project, origins, warnings: found })
}

/// What resolving would find, without keeping what it makes: a spec may be large.
pub fn check(loaded: &Loaded, reader: &dyn Reader) -> Vec<Diagnostic> {
    each(loaded, reader, &BTreeSet::new(), |_, _| ()).1
}

/// What a service of a spec comes to.
enum Made {
    Service(Box<Service>),
    Provider(Provider),
}

/// Resolves each service for `take`. Returns the contents of configs and secrets, and what was found.
fn each(
    loaded: &Loaded,
    reader: &dyn Reader,
    allow_lossy: &BTreeSet<String>,
    mut take: impl FnMut(ServiceName, Made),
) -> (Contents, Vec<Diagnostic>) {
    let Loaded { spec, tree, variables: environment, lent, .. } = loaded;
    let places = Places(tree);
    let mut context = Context { spec, places, reader, environment, lent, allow_lossy, found: Vec::new() };
    volumes::check(&mut context);
    let contents = Contents::read(&mut context);
    let company =
        Company { present: spec.services.keys().map(String::as_str).collect(), awaited: depends::awaited(spec) };
    for (name, own) in &spec.services {
        let lossy = own.dsenv.iter().flat_map(|dsenv| &dsenv.lossy).chain(context.allow_lossy).cloned().collect();
        let mut scope = Scope { context: &mut context, name, contents: &contents, lossy };
        if let Some(provider) = &own.provider {
            providers::warn(own, &mut scope);
            let provider = providers::provider(own, provider, &company.present, &scope);
            take(ServiceName::new(name), Made::Provider(provider));
        } else if let Some(service) = service::service(own, &company, &mut scope) {
            take(ServiceName::new(name), Made::Service(Box::new(service)));
        }
    }
    let used: BTreeSet<&String> = spec.services.values().flat_map(|service| service.networks.keys()).collect();
    for (key, network) in spec.networks.iter().filter(|(key, _)| used.contains(key)) {
        shapes::pools(key, network, &mut context);
    }
    for key in spec.volumes.iter().filter(|(_, volume)| !volume.external).map(|(key, _)| key) {
        shapes::volume(key, names::volume(spec, key).as_str(), &mut context);
    }
    tags::report(&mut context);
    (contents, context.found)
}

fn idle(spec: &Spec) -> BTreeMap<ServiceName, Idle> {
    let idle = |(name, service): (&String, &crate::spec::types::Service)| {
        (ServiceName::new(name), Idle { profiles: service.profiles.iter().cloned().collect() })
    };
    let left_out = spec.left_out.keys().map(|name| (ServiceName::new(name), Idle { profiles: BTreeSet::new() }));
    left_out.chain(spec.inactive.iter().map(idle)).collect()
}
