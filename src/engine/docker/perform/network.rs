//! Networks, addressed by id: Engine 20.10 allows two of one name and then finds neither.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::{
    ContainerInspectResponse, EndpointSettings, NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest,
};

use bollard::query_parameters::InspectNetworkOptions;

use super::super::request::Amendment;
use super::super::wire::Around;
use super::super::{Docker, codec, error, observe};
use crate::engine::{Done, EngineError};
use crate::model::{Attachment, NetworkDefinition, NetworkName};
use crate::rules::Feature;
use crate::state::{ContainerId, NetworkId};

pub(super) async fn create(
    docker: &Docker,
    name: &NetworkName,
    definition: &NetworkDefinition,
    labels: &BTreeMap<String, String>,
) -> Result<Done, EngineError> {
    let mut request = NetworkCreateRequest { name: name.to_string(), ..Default::default() };
    codec::write_network(definition, &mut request, &Around::nothing(docker.rules.api));
    request.labels.get_or_insert_default().extend(labels.clone());
    let made = checked(docker, &request).create_network(request).await.map_err(error::plain)?;
    Ok(Done::Network(NetworkId(made.id)))
}

/// `CheckDuplicate` has left the client's types with API 1.44, since when it is the rule. Older engines make a second
/// network of a name without it.
fn checked(docker: &Docker, request: &NetworkCreateRequest) -> bollard::Docker {
    if docker.rules.has(Feature::UniqueNetworkNames) {
        return docker.client.clone();
    }
    let mut body = serde_json::to_value(request).expect("a request of plain data has a JSON form");
    body["CheckDuplicate"] = true.into();
    Amendment::version(docker.rules.api).body(body.to_string()).apply(&docker.client)
}

/// The engine lets go of the endpoints of a container shortly after it removed the container, so a refusal is tried
/// again for two seconds.
pub(super) async fn remove(docker: &Docker, id: &NetworkId) -> Result<Done, EngineError> {
    let mut tries = 0;
    loop {
        match docker.client.remove_network(id.as_str()).await.map_err(error::plain) {
            Ok(()) | Err(EngineError::NotFound(_)) => return Ok(Done::Nothing),
            Err(error) if error.to_string().contains("has active endpoints") && tries < 10 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) if error.to_string().contains("has active endpoints") => {
                let users = users(docker, id).await;
                return Err(if users.is_empty() {
                    error
                } else {
                    EngineError::Conflict(format!("{users} still uses it"))
                });
            }
            Err(error) => return Err(error),
        }
    }
}

/// The names of the containers on a network; none where the engine does not tell.
async fn users(docker: &Docker, id: &NetworkId) -> String {
    let found = docker.client.inspect_network(id.as_str(), None::<InspectNetworkOptions>).await;
    let containers = found.ok().and_then(|network| network.containers).unwrap_or_default();
    let mut names: Vec<_> = containers.into_values().filter_map(|endpoint| endpoint.name).collect();
    names.sort();
    names.join(", ")
}

pub(super) async fn connect(
    docker: &Docker,
    container: &ContainerId,
    network: &NetworkId,
    attachment: &Attachment,
) -> Result<Done, EngineError> {
    let mut endpoint = EndpointSettings::default();
    codec::write_attachment(attachment, &mut endpoint, &Around::nothing(docker.rules.api));
    let inspect = docker.inspect(container).await?;
    endpoint.links = links(&inspect, endpoint.links);
    if let Some(none) = isolation(&inspect) {
        disconnect(docker, container, &none).await?;
    }
    join(docker, container, network, endpoint).await?;
    Ok(Done::Nothing)
}

/// The links of the service itself are in its record: each of its endpoints carries them.
fn links(inspect: &ContainerInspectResponse, external: Option<Vec<String>>) -> Option<Vec<String>> {
    let labels = inspect.config.iter().flat_map(|config| config.labels.clone().unwrap_or_default()).collect();
    let links: Vec<_> = external.into_iter().flatten().chain(observe::recorded_links(&labels)).collect();
    (!links.is_empty()).then_some(links)
}

/// A container that was made without networks is in the network `none`, which it must leave first.
fn isolation(inspect: &ContainerInspectResponse) -> Option<NetworkId> {
    let networks = inspect.network_settings.as_ref()?.networks.as_ref()?;
    networks.contains_key("none").then(|| NetworkId("none".to_owned()))
}

pub(super) async fn join(
    docker: &Docker,
    container: &ContainerId,
    network: &NetworkId,
    endpoint: EndpointSettings,
) -> Result<(), EngineError> {
    let request = NetworkConnectRequest { container: container.0.clone(), endpoint_config: Some(endpoint) };
    docker.client.connect_network(network.as_str(), request).await.map_err(error::plain)
}

/// A container that is not attached is done already.
pub(super) async fn disconnect(
    docker: &Docker,
    container: &ContainerId,
    network: &NetworkId,
) -> Result<Done, EngineError> {
    let request = NetworkDisconnectRequest { container: container.0.clone(), force: Some(false) };
    match docker.client.disconnect_network(network.as_str(), request).await.map_err(error::plain) {
        Ok(()) => Ok(Done::Nothing),
        Err(error) if error.to_string().contains("is not connected to") => Ok(Done::Nothing),
        Err(error) => Err(error),
    }
}
