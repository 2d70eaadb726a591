//! "Look again": one stream of events, those of the project and its names picked out here. The engine's own filter
//! cannot, since events of networks and volumes carry no labels.

use std::collections::{BTreeSet, HashMap};

use bollard::models::{EventMessage, EventMessageTypeEnum as Kind};
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::Docker;
use crate::engine::{EngineError, Poke};
use crate::state::{Scope, label};

/// What changes the world. Probes and commands in containers do not.
const ACTIONS: [&str; 18] = [
    "create",
    "start",
    "restart",
    "stop",
    "die",
    "died",
    "kill",
    "oom",
    "pause",
    "unpause",
    "destroy",
    "rename",
    "update",
    "health_status",
    "connect",
    "disconnect",
    "remove",
    "tag",
];

pub(super) async fn pokes(docker: &Docker, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
    let filters = HashMap::from([
        ("type".to_owned(), ["container", "network", "volume", "image"].map(str::to_owned).to_vec()),
        ("event".to_owned(), ACTIONS.map(str::to_owned).to_vec()),
    ]);
    let options = EventsOptions { filters: Some(filters), ..Default::default() };
    let events = docker.client.events(Some(options));
    let names = Names::of(scope);
    let pokes = events
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(move |event| std::future::ready(event.ok().filter(|event| names.concern(event)).map(|_| Poke)));
    Ok(pokes.boxed())
}

/// By what an event is known to concern the project.
struct Names {
    scope: Scope,
    prefix: String,
    names: BTreeSet<String>,
}

impl Names {
    fn of(scope: &Scope) -> Self {
        let networks = scope.networks.iter().map(ToString::to_string);
        let names = networks.chain(scope.volumes.iter().map(ToString::to_string)).collect();
        Self { prefix: format!("{}_", scope.project), names, scope: scope.clone() }
    }

    fn concern(&self, event: &EventMessage) -> bool {
        let Some(actor) = &event.actor else { return false };
        let attributes = actor.attributes.clone().unwrap_or_default();
        let name = |name: Option<&String>| {
            name.is_some_and(|name| name.starts_with(&self.prefix) || self.names.contains(name))
        };
        match event.typ {
            Some(Kind::CONTAINER) => {
                let labels: label::Labels = attributes.into_iter().collect();
                let carrier = labels.get(label::KIND).is_some_and(|kind| kind == label::KIND_CARRIER);
                label::belongs(&labels, &self.scope.project) && !carrier
            }
            Some(Kind::NETWORK) => name(attributes.get("name")),
            Some(Kind::VOLUME) => name(actor.id.as_ref()),
            Some(Kind::IMAGE) => {
                attributes.get("name").is_some_and(|name| self.scope.images.iter().any(|image| image.as_str() == name))
            }
            _ => false,
        }
    }
}
