//! One look at the engine.
//!
//! Its cost is `4 + images + containers` requests, all but the inspects of containers at once: two lists of
//! containers (dsenv's label, Compose's label: filters of one key are joined by "and"), one of networks, one of
//! volumes, an inspect for each image that is asked for (the engine alone knows how it reads a reference), and one
//! for each container of the project. What the host has and how images are kept is one more, where a service asks for what
//! not every engine has; and so is each image that a container runs on and that no name asked for means any more. Who else
//! holds the project's networks and volumes is another, where something of them is to go.

mod container;
mod network;
mod volume;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::ready;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ImageInspect};
use bollard::query_parameters::{ListContainersOptions, ListNetworksOptions, ListVolumesOptions};
use futures_util::{StreamExt, TryStreamExt, stream, try_join};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use super::client::tidied;
use super::known::ImageFacts;
use super::{Docker, error};
use crate::engine::EngineError;
use crate::model::ImageRef;
use crate::state::{ContainerId, Guest, Host, Image, ImageId, Lender, Observed, Platform, Scope, label, record};

pub(super) use container::{health, run_state, started_at};

/// What the engine says of a store of images that is containerd's (`DriverStatus` of `GET /info`).
const SNAPSHOTTER: &str = "io.containerd.snapshotter.v1";
/// How long a part of a lenient look may take.
const LENIENT: Duration = Duration::from_secs(5);
/// Inspects at once. The engine answers each in a fraction of a millisecond; more only queue there.
const AT_ONCE: usize = 16;

pub(super) async fn observe(docker: &Docker, scope: &Scope) -> Result<Observed, EngineError> {
    let late = Mutex::default();
    let (containers, networks, volumes, images, host, guests) = try_join!(
        docker.asked.during("GET /containers", containers(docker, scope)),
        part(docker, scope, &late, "GET /networks", networks(docker)),
        part(docker, scope, &late, "GET /volumes", volumes(docker)),
        part(docker, scope, &late, "GET /images", images(docker, scope)),
        part(docker, scope, &late, "GET /info", host(docker, scope)),
        part(docker, scope, &late, "GET /containers/json", guests(docker, scope)),
    )?;
    let (images, mut image_contents): (BTreeMap<_, _>, BTreeMap<_, _>) = images
        .into_iter()
        .map(|(reference, (image, content))| ((reference, image.clone()), (image.id, content)))
        .unzip();
    let run_on = containers.iter().filter_map(|container| container.image.clone());
    let others = run_on.filter(|id| !image_contents.contains_key(&ImageId(id.clone()))).collect();
    image_contents.extend(part(docker, scope, &late, "GET /images", contents(docker, others)).await?);
    let mut observed = Observed { images, image_contents, host, guests, ..Observed::default() };
    for volume in volumes {
        volume::add(&mut observed, scope, volume, docker);
    }
    let anonymous: BTreeSet<_> =
        observed.volumes.iter().filter(|volume| volume.anonymous).map(|volume| volume.name.clone()).collect();
    let ids: BTreeMap<_, _> =
        networks.iter().filter_map(|network| Some((network.name.clone()?, network.id.clone()?))).collect();
    for inspect in containers {
        if !container::is_helper(&mut observed, scope, &inspect) {
            observed.containers.extend(container::read(inspect, scope, docker.rules.api, &ids, &anonymous));
        }
    }
    for network in networks {
        network::add(&mut observed, scope, network, docker.rules.api);
    }
    observed.lenders = part(docker, scope, &late, "GET /containers", lenders(docker, &observed)).await?;
    observed.unanswered = late.into_inner().unwrap_or_else(PoisonError::into_inner);
    observed.sort();
    Ok(observed)
}

/// Others in whose namespaces the project's containers live: a request each, and there is hardly ever one.
async fn lenders(docker: &Docker, observed: &Observed) -> Result<BTreeMap<ContainerId, Lender>, EngineError> {
    let own: BTreeSet<_> = observed.containers.iter().map(|container| &container.id).collect();
    let owners: BTreeSet<_> = observed.containers.iter().flat_map(|container| &container.lives_in).collect();
    let mut lenders = BTreeMap::new();
    for id in owners.into_iter().filter(|id| !own.contains(id)) {
        match docker.inspect(id).await {
            Ok(inspect) => drop(lenders.insert(id.clone(), container::lender(&inspect))),
            Err(EngineError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(lenders)
}

/// One part of a look. A lenient look goes on without it when it takes too long.
async fn part<T: Default>(
    docker: &Docker,
    scope: &Scope,
    late: &Mutex<BTreeSet<&'static str>>,
    call: &'static str,
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let answer = docker.asked.during(call, answer);
    if !scope.lenient {
        return answer.await;
    }
    timeout(LENIENT, answer).await.unwrap_or_else(|_| {
        late.lock().unwrap_or_else(PoisonError::into_inner).insert(call);
        Ok(T::default())
    })
}

async fn containers(docker: &Docker, scope: &Scope) -> Result<Vec<ContainerInspectResponse>, EngineError> {
    let (ours, composes) = try_join!(list(docker, label::ENV, scope), list(docker, label::COMPOSE_PROJECT, scope))?;
    let ids: BTreeSet<String> = ours.into_iter().chain(composes).collect();
    each(ids, async |id| docker.inspect(&ContainerId(id)).await).await
}

/// Asks for each, several at once, and leaves out what is not there: an image that is yet to come, a container that was
/// removed since the list was made, an image that was removed by force while a container lives on.
async fn each<Key, Found, Answer: Future<Output = Result<Found, EngineError>>>(
    keys: BTreeSet<Key>,
    ask: impl Fn(Key) -> Answer,
) -> Result<Vec<Found>, EngineError> {
    let answers = stream::iter(keys).map(ask).buffer_unordered(AT_ONCE);
    let there = answers.filter(|answer| ready(!matches!(answer, Err(EngineError::NotFound(_)))));
    there.try_collect().await
}

async fn list(docker: &Docker, key: &str, scope: &Scope) -> Result<Vec<String>, EngineError> {
    let filters = HashMap::from([("label".to_owned(), vec![format!("{key}={}", scope.project)])]);
    let options = ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
    let found = tidied(|| docker.client.list_containers(Some(options.clone()))).await.map_err(error::plain)?;
    Ok(found.into_iter().filter_map(|container| container.id).collect())
}

/// All containers but the project's: one request, if anybody asks.
async fn guests(docker: &Docker, scope: &Scope) -> Result<Vec<Guest>, EngineError> {
    if !scope.guests {
        return Ok(Vec::new());
    }
    let options = ListContainersOptions { all: true, ..Default::default() };
    let found = tidied(|| docker.client.list_containers(Some(options.clone()))).await.map_err(error::plain)?;
    Ok(found.into_iter().filter_map(|summary| container::guest(summary, scope)).collect())
}

/// All of them: names are asked for beside labels, and a filter cannot say "or".
async fn networks(docker: &Docker) -> Result<Vec<bollard::models::Network>, EngineError> {
    docker.client.list_networks(None::<ListNetworksOptions>).await.map_err(error::plain)
}

/// All of them, for the same reason.
async fn volumes(docker: &Docker) -> Result<Vec<bollard::models::Volume>, EngineError> {
    let answer = docker.client.list_volumes(None::<ListVolumesOptions>).await.map_err(error::plain)?;
    Ok(answer.volumes.unwrap_or_default())
}

async fn images(docker: &Docker, scope: &Scope) -> Result<BTreeMap<ImageRef, (Image, String)>, EngineError> {
    let found = each(scope.images.clone(), async |reference| {
        let image = docker.client.inspect_image(reference.as_str()).await.map_err(error::plain)?;
        docker.known.learn_image(&reference, ImageFacts::of(&image));
        let content = content(&image);
        Ok(image.id.clone().map(|id| (reference, (read_image(id, image), content))))
    });
    Ok(found.await?.into_iter().flatten().collect())
}

/// What is in the images of these ids.
async fn contents(docker: &Docker, ids: BTreeSet<String>) -> Result<BTreeMap<ImageId, String>, EngineError> {
    let found = each(ids, async |id| {
        let image = docker.client.inspect_image(&id).await.map_err(error::plain)?;
        Ok((ImageId(id), content(&image)))
    });
    Ok(found.await?.into_iter().collect())
}

/// A digest of what containers get from an image. When and from what it was made is not in it, nor are the labels by
/// which dsenv knows what it was made from.
fn content(image: &ImageInspect) -> String {
    let mut config = image.config.clone().unwrap_or_default();
    if let Some(labels) = &mut config.labels {
        labels.retain(|key, _| key != label::BUILD);
    }
    let labels: BTreeMap<_, _> = config.labels.take().unwrap_or_default().into_iter().collect();
    let layers = image.root_fs.as_ref().and_then(|files| files.layers.as_ref());
    let content = json!({
        "layers": layers,
        "config": config,
        "labels": labels,
        "platform": [&image.os, &image.architecture, &image.variant],
    });
    blake3::hash(content.to_string().as_bytes()).to_hex().to_string()
}

/// What the engine's host has: one request, if anybody asks.
async fn host(docker: &Docker, scope: &Scope) -> Result<Option<Host>, EngineError> {
    if !scope.host {
        return Ok(None);
    }
    let info = docker.client.info().await.map_err(error::plain)?;
    Ok(Some(Host {
        containerd_store: info.driver_status.into_iter().flatten().flatten().any(|word| word == SNAPSHOTTER),
        cpus: info.ncpu.unwrap_or_default(),
        runtimes: info.runtimes.into_iter().flatten().map(|(name, _)| name).collect(),
        log_drivers: info.plugins.and_then(|plugins| plugins.log).into_iter().flatten().collect(),
        cdi: info.cdi_spec_dirs.is_some_and(|folders| !folders.is_empty()),
    }))
}

fn read_image(id: String, image: ImageInspect) -> Image {
    let known = |text: Option<String>| text.filter(|text| !text.is_empty());
    let platform = known(image.os).zip(known(image.architecture));
    let platform = platform.map(|(os, architecture)| Platform { os, architecture, variant: known(image.variant) });
    let labels = image.config.and_then(|config| config.labels).unwrap_or_default();
    // The engine writes year 1 for an image that it never tagged.
    let pulled_at = image
        .metadata
        .and_then(|metadata| metadata.last_tag_time)
        .and_then(|time| Timestamp::from_nanosecond(time.unix_timestamp_nanos()).ok())
        .filter(|time| *time > Timestamp::UNIX_EPOCH);
    Image { id: ImageId(id), build_digest: labels.get(label::BUILD).cloned(), pulled_at, platform }
}

/// The links that a container's record asks for, as each of its endpoints spells them.
pub(super) fn recorded_links(labels: &label::Labels) -> BTreeSet<String> {
    container::links(record::decode(labels).as_ref())
}
