//! Making a container, complete: with its files, its anonymous volumes and all its networks.

use std::collections::{BTreeSet, HashMap};

use bollard::models::{ContainerCreateBody, EndpointSettings, NetworkingConfig};
use bollard::query_parameters::CreateContainerOptions;
use bytes::Bytes;

use super::super::known::ImageFacts;
use super::super::via::image_volume;
use super::super::wire::{Around, Wire};
use super::super::{Docker, codec, error};
use super::{Report, container, container_id, network, network_id, volume};
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::model::{Attachment, Fixed, ImageRef};
use crate::plan::{NetworkRef, NewContainer};
use crate::rules::ApiVersion;
use crate::state::ContainerId;

/// From here on a create call takes all networks, each with a hardware address of its own.
const MANY_NETWORKS: ApiVersion = ApiVersion::v1(44);

pub(super) async fn create(docker: &Docker, new: &NewContainer, progress: Report<'_>) -> Result<Done, EngineError> {
    let many = docker.rules.api >= MANY_NETWORKS;
    // Old engines allow two networks of one name and find only ids; new ones keep what they are given for people to see.
    let spelled = |network: &NetworkRef| -> Result<String, EngineError> {
        Ok(if many { network.name.to_string() } else { network_id(network)?.0.clone() })
    };
    let around = Around {
        network: new.networks.first().map(|(network, _)| spelled(network)).transpose()?,
        borrowed: new
            .borrowed
            .iter()
            .map(|(service, container)| Ok((service.clone(), container_id(container)?.0.clone())))
            .collect::<Result<_, EngineError>>()?,
        files: match &new.files {
            Some(name) => Some(volume::mountpoint(docker, name).await?),
            None => None,
        },
        carried: new.carried.clone(),
        volume_labels: new.volume_labels.clone(),
        ..Around::nothing(docker.rules.api)
    };
    let mut wire = Wire::default();
    codec::write_fixed(&new.fixed, &mut wire, &around);
    codec::write_tunable(&new.tunable, &mut wire, &around);
    wire.config.labels.get_or_insert_default().extend(new.labels.clone());
    complete(docker, &new.fixed, &mut wire, &around).await?;

    let (first, rest) =
        if many { (new.networks.as_slice(), &[][..]) } else { new.networks.split_at(new.networks.len().min(1)) };
    let mut endpoints = HashMap::new();
    for (number, (network, attachment)) in first.iter().enumerate() {
        let mut endpoint = endpoint(attachment, &wire.links, &around);
        if number == 0 && many && endpoint.mac_address.is_none() {
            endpoint.mac_address.clone_from(&wire.mac_address);
        }
        endpoints.insert(spelled(network)?, endpoint);
    }
    // Before the first version that reads it from the endpoint, an address of the first network was the container's.
    let mac_address =
        wire.mac_address.clone().or_else(|| new.networks.first()?.1.mac_address.clone()).filter(|_| !many);
    let (links, platform) = (wire.links.clone(), wire.platform.clone());
    let mut body = wire.into_body();
    body.networking_config = (!endpoints.is_empty()).then_some(NetworkingConfig { endpoints_config: Some(endpoints) });
    let id = send(docker, new, body, platform, mac_address, progress).await?;
    for (network, attachment) in rest {
        let joined = network::join(docker, &id, network_id(network)?, endpoint(attachment, &links, &around)).await;
        if let Err(error) = joined {
            // Half a container is worse than none; if it cannot be removed, the next plan finds it by its labels.
            container::remove(docker, &id).await.ok();
            return Err(error);
        }
    }
    Ok(Done::Container(id))
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

/// Adds what only the image knows.
async fn complete(docker: &Docker, fixed: &Fixed, wire: &mut Wire, around: &Around) -> Result<(), EngineError> {
    let facts = image(docker, &fixed.image).await?;
    // An empty command is the image's again, unless the entrypoint is given, too.
    if fixed.command.as_ref().is_some_and(Vec::is_empty) && fixed.entrypoint.is_none() {
        wire.config.entrypoint = facts.entrypoint;
    }
    if facts.volumes.is_empty() {
        return Ok(());
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
    Ok(())
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

async fn send(
    docker: &Docker,
    new: &NewContainer,
    body: ContainerCreateBody,
    platform: Option<String>,
    mac_address: Option<String>,
    progress: Report<'_>,
) -> Result<ContainerId, EngineError> {
    let options = CreateContainerOptions { name: Some(new.name.to_string()), platform: platform.unwrap_or_default() };
    let client = match mac_address {
        Some(mac_address) => with_mac_address(docker, &body, mac_address),
        None => docker.client.clone(),
    };
    let made = client.create_container(Some(options), body).await;
    let made = made.map_err(|error| error::without_image(new.fixed.image.as_str(), error))?;
    for warning in made.warnings {
        progress(Progress::Line(format!("the engine warns: {}", warning.trim())));
    }
    Ok(ContainerId(made.id))
}

/// `Config.MacAddress` has left the client's types with API 1.44; older engines read nothing else.
fn with_mac_address(docker: &Docker, body: &ContainerCreateBody, mac_address: String) -> bollard::Docker {
    let mut body = serde_json::to_value(body).expect("a request of plain data has a JSON form");
    body["MacAddress"] = mac_address.into();
    let bytes = Bytes::from(body.to_string());
    let api = docker.rules.api;
    docker.client.clone().with_request_modifier(move |request| {
        super::super::connect::with_version(request.map(|_| bollard::body_full(bytes.clone())), api)
    })
}
