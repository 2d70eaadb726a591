//! What is known of services when a project goes, from the last record and the spec at hand: which needs which, and what
//! runs before a stop.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Hook, Provider, Service, ServiceName};
use crate::plan::compare::provenance::as_recorded;
use crate::plan::vocabulary::DestroyOptions;
use crate::state::record::holds_hidden;
use crate::state::{AppliedService, Observed};

/// Services that programs run, each before what it needs; by name where they need each other in a circle.
pub fn dependents_first(providers: &BTreeMap<ServiceName, Provider>) -> Vec<ServiceName> {
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
) -> (Option<&'a AppliedService>, Option<&'a Service>) {
    let recorded = observed.records.last().and_then(|record| record.project.services.get(service));
    let spec = options.spec.as_ref().and_then(|spec| spec.services.get(service));
    match spec {
        Some(_) if options.spec_named => (None, spec),
        Some(_) | None => (recorded, spec),
    }
}

/// What each service needs, as far as is known.
pub fn needs(observed: &Observed, options: &DestroyOptions) -> BTreeMap<ServiceName, BTreeSet<ServiceName>> {
    let mut needs: BTreeMap<ServiceName, BTreeSet<ServiceName>> = BTreeMap::new();
    for container in &observed.containers {
        let needed = needs.entry(container.service.clone()).or_default();
        match known(observed, options, &container.service) {
            (Some(recorded), _) => needed.extend(recorded.depends_on()),
            (None, Some(spec)) => needed.extend(spec.depends_on.keys().cloned()),
            (None, None) => {}
        }
    }
    needs
}

/// The services with containers, each before what it needs. Where the record goes round in a circle, by name.
pub fn last_first<'a>(
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
pub fn hooks(
    observed: &Observed,
    options: &DestroyOptions,
    service: &ServiceName,
) -> (Vec<Hook>, Option<&'static str>) {
    let (recorded, spec) = known(observed, options, service);
    let spec = spec.map(|spec| &spec.hooks.pre_stop);
    let Some(recorded) = recorded else { return (spec.cloned().unwrap_or_default(), None) };
    let recorded = recorded.field(&["hooks", "pre_stop"]);
    let hooks: Vec<Hook> = serde_json::from_value(recorded.clone()).unwrap_or_default();
    if !holds_hidden(recorded) {
        return (hooks, None);
    }
    let same = spec.filter(|spec| {
        let mut now = serde_json::to_value(spec).expect("a model of plain data has a JSON form");
        if let Some(key) = &observed.key {
            as_recorded(&mut now, recorded, key);
        }
        now == *recorded
    });
    match same {
        Some(spec) => (spec.clone(), None),
        None => {
            (Vec::new(), Some("its pre_stop is not run: it holds a secret, which only the spec has; name it with -f"))
        }
    }
}
