//! How many bytes volumes hold. The engine adds up its whole disk for the answer, so it is asked only where data is in
//! danger.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::Volume;
use bollard::query_parameters::{DataUsageOptions, ListVolumesOptions};
use serde_json::Value;

use super::request::Amendment;
use super::{Docker, error};
use crate::engine::EngineError;
use crate::model::VolumeName;
use crate::rules::Feature;

pub(super) async fn sizes(
    docker: &Docker,
    volumes: &BTreeSet<VolumeName>,
) -> Result<BTreeMap<VolumeName, u64>, EngineError> {
    let volumes = volumes.iter();
    let all = if docker.rules.has(Feature::VolumeUsage) { listed(docker).await } else { older(docker).await };
    let all = match all {
        // Engine 20.10 does so for one at a time, and a plan is no less true without a size.
        Err(EngineError::Refused(cause) | EngineError::Conflict(cause)) if cause.contains("already running") => {
            BTreeMap::new()
        }
        all => all?,
    };
    Ok(volumes.filter_map(|name| Some((name.clone(), *all.get(name.as_str())?))).collect())
}

async fn listed(docker: &Docker) -> Result<BTreeMap<String, u64>, EngineError> {
    let options = DataUsageOptions { _type: Some(vec!["volume".to_owned()]), verbose: true };
    let usage = docker.client.df(Some(options)).await.map_err(error::plain)?;
    let items = usage.volume_usage.and_then(|usage| usage.items).unwrap_or_default();
    let size = |item: &Value| Some((item["Name"].as_str()?.to_owned(), item["UsageData"]["Size"].as_u64()?));
    Ok(items.iter().filter_map(size).collect())
}

/// An older answer's volumes are a list of volumes, so it is read as one.
async fn older(docker: &Docker) -> Result<BTreeMap<String, u64>, EngineError> {
    let client = Amendment::version(docker.rules.api).path("/system/df?type=volume").apply(&docker.client);
    let answer = client.list_volumes(None::<ListVolumesOptions>).await.map_err(error::plain)?;
    let size = |volume: Volume| Some((volume.name, u64::try_from(volume.usage_data?.size).ok()?));
    Ok(answer.volumes.unwrap_or_default().into_iter().filter_map(size).collect())
}
