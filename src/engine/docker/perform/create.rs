//! Making a container, complete: with its files, its anonymous volumes and all its networks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::models::{ContainerCreateBody, EndpointSettings, NetworkingConfig};
use bollard::query_parameters::CreateContainerOptions;

use super::super::known::ImageFacts;
use super::super::request::Amendment;
use super::super::via::image_volume;
use super::super::wire::{Around, Wire};
use super::super::{Docker, codec, error};
use super::{Report, container, container_id, network, network_id, volume};
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::model::{Attachment, Fixed, ImageRef};
use crate::plan::NewContainer;
use crate::rules::Feature;
use crate::state::{ContainerId, label, note};

pub(super) async fn create(docker: &Docker, new: &NewContainer, progress: Report<'_>) -> Result<Done, EngineError> {
    let all_at_once = docker.rules.has(Feature::AllNetworksAtOnce);
    // Before the first version that reads it from the endpoint, an address of the first network was the container's.
    let first_mac = || new.networks.first().and_then(|(_, attachment)| attachment.mac_address.clone());
    let mac_address = new.fixed.mac_address.clone().or_else(first_mac);
    let around = around(docker, new).await?;
    let mut wire = Wire::default();
    codec::write_fixed(&new.fixed, &mut wire, &around);
    codec::write_tunable(&new.tunable, &mut wire, &around);
    let mut labels = new.labels.clone();
    let image = complete(docker, &new.fixed, &mut wire, &around).await?;
    label::note_image(&mut labels, &image);
    wire.config.labels.get_or_insert_default().extend(labels);

    let now = if all_at_once { new.networks.len() } else { new.networks.len().min(1) };
    let (now, later) = new.networks.split_at(now);
    let mut endpoints = HashMap::new();
    for (network, attachment) in now {
        let mut endpoint = endpoint(attachment, &wire.links, &around);
        if endpoints.is_empty() && all_at_once {
            endpoint.mac_address.clone_from(&mac_address);
        }
        endpoints.insert(network.name.to_string(), endpoint);
    }
    let links = wire.links.clone();
    let query = CreateContainerOptions {
        name: Some(new.name.to_string()),
        platform: wire.platform.clone().unwrap_or_default(),
    };
    let mut body = wire.into_body();
    body.networking_config = (!endpoints.is_empty()).then_some(NetworkingConfig { endpoints_config: Some(endpoints) });
    let client = match mac_address.filter(|_| !all_at_once) {
        Some(mac_address) => with_mac_address(docker, &body, mac_address),
        None => docker.client.clone(),
    };
    let made = client.create_container(Some(query), body).await;
    let made = made.map_err(|error| error::without_image(new.fixed.image.as_str(), error))?;
    for warning in made.warnings {
        progress(Progress::Line(format!("the engine warns: {}", warning.trim())));
    }
    let id = ContainerId(made.id);
    for (network, attachment) in later {
        let joined = network::join(docker, &id, network_id(network)?, endpoint(attachment, &links, &around)).await;
        if let Err(error) = joined {
            // Half a container is worse than none; if it cannot be removed, the next plan finds it by its labels.
            container::remove(docker, &id).await.ok();
            return Err(error);
        }
    }
    Ok(Done::Container(id))
}

async fn around(docker: &Docker, new: &NewContainer) -> Result<Around, EngineError> {
    let mut borrowed = BTreeMap::new();
    for (service, container) in &new.borrowed {
        borrowed.insert(service.clone(), container_id(container)?.0.clone());
    }
    let files = match &new.files {
        Some(name) => Some(volume::mountpoint(docker, &note::volume(name)).await?),
        None => None,
    };
    Ok(Around {
        api: docker.rules.api,
        // The engine keeps endpoints by name: an id would outlive its network, and get no hardware address.
        network: new.networks.first().map(|(network, _)| network.name.to_string()),
        borrowed,
        files,
        carried: new.carried.clone(),
        volume_labels: new.volume_labels.clone(),
        socket: docker.socket.to_string(),
    })
}

/// An endpoint with the links of the service, which every one of its endpoints carries.
fn endpoint(attachment: &Attachment, links: &[String], around: &Around) -> EndpointSettings {
    let mut endpoint = EndpointSettings::default();
    codec::write_attachment(attachment, &mut endpoint, around);
    if !links.is_empty() {
        endpoint.links.get_or_insert_default().extend(links.iter().cloned());
    }
    endpoint
}

/// Adds what only the image knows, and gives the image's id.
async fn complete(docker: &Docker, fixed: &Fixed, wire: &mut Wire, around: &Around) -> Result<String, EngineError> {
    let facts = image(docker, &fixed.image).await?;
    // An empty command is the image's again, unless the entrypoint is given, too.
    if fixed.command.as_ref().is_some_and(Vec::is_empty) && fixed.entrypoint.is_none() {
        wire.config.entrypoint = facts.entrypoint;
    }
    if facts.volumes.is_empty() {
        return Ok(facts.id);
    }
    let borrowed = borrowed_mounts(docker, wire).await?;
    let mounted = |target: &String| {
        fixed.mounts.contains_key(target)
            || fixed.tmpfs.contains_key(target)
            || fixed.files.contains_key(target)
            || borrowed.contains(target)
    };
    for target in facts.volumes.iter().filter(|target| !mounted(target)) {
        wire.host.mounts.get_or_insert_default().push(image_volume(target, around));
    }
    Ok(facts.id)
}

/// What comes from the containers in `VolumesFrom`, and must not be covered by a new volume.
async fn borrowed_mounts(docker: &Docker, wire: &Wire) -> Result<BTreeSet<String>, EngineError> {
    let mut targets = BTreeSet::new();
    for from in wire.host.volumes_from.iter().flatten() {
        let container = ContainerId(from.split(':').next().unwrap_or_default().to_owned());
        let mounts = docker.inspect(&container).await?.mounts.unwrap_or_default();
        targets.extend(mounts.into_iter().filter_map(|mount| mount.destination));
    }
    Ok(targets)
}

async fn image(docker: &Docker, image: &ImageRef) -> Result<ImageFacts, EngineError> {
    if let Some(facts) = docker.known.image(image) {
        return Ok(facts);
    }
    let inspect = docker.client.inspect_image(image.as_str()).await;
    let facts = ImageFacts::of(&inspect.map_err(|error| error::without_image(image.as_str(), error))?);
    docker.known.learn_image(image, facts.clone());
    Ok(facts)
}

/// `Config.MacAddress` has left the client's types with API 1.44; older engines read nothing else.
fn with_mac_address(docker: &Docker, body: &ContainerCreateBody, mac_address: String) -> bollard::Docker {
    let mut body = serde_json::to_value(body).expect("a request of plain data has a JSON form");
    body["MacAddress"] = mac_address.into();
    Amendment::version(docker.rules.api).body(body.to_string()).apply(&docker.client)
}
