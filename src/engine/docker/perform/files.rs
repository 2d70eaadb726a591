//! Contents of configs and secrets: a tar into a volume, through a container that mounts it and never runs. So it
//! works for read-only services and on remote engines, and nothing of the contents shows in inspect.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{ContainerConfig, HostConfig, Mount, MountType};
use bollard::query_parameters::{CreateContainerOptions, RemoveContainerOptions, UploadToContainerOptions};
use tar::{Builder, EntryType, Header};

use super::super::wire::Wire;
use super::super::{Docker, error};
use super::volume;
use crate::engine::{Done, EngineError};
use crate::model::{ImageRef, VolumeDefinition, VolumeName};
use crate::plan::VolumeFile;
use crate::state::{label, own};

/// Where the helper mounts the volume.
const ROOT: &str = "/files";

/// A second try after an interruption does the same again: same names, same contents.
pub(super) async fn write(
    docker: &Docker,
    name: &VolumeName,
    labels: &BTreeMap<String, String>,
    image: &ImageRef,
    files: &[VolumeFile],
) -> Result<Done, EngineError> {
    let made = volume::create(docker, name, &VolumeDefinition::default(), labels).await?;
    let carrier = format!("{name}{}", own::CARRIER);
    remove(docker, &carrier).await?;
    create(docker, &carrier, name, labels, image).await?;
    let options = UploadToContainerOptions {
        path: ROOT.to_owned(),
        // Without it the engine gives everything to the container's user.
        copy_uidgid: None,
        no_overwrite_dir_non_dir: None,
    };
    let archive = archive(files).map_err(|error| EngineError::Refused(format!("{name} cannot be filled: {error}")));
    let archive = match archive {
        Ok(archive) => bollard::body_full(archive.into()),
        Err(error) => {
            remove(docker, &carrier).await?;
            return Err(error);
        }
    };
    let uploaded = docker.client.upload_to_container(&carrier, Some(options), archive).await.map_err(error::plain);
    remove(docker, &carrier).await?;
    uploaded.map(|()| made)
}

async fn create(
    docker: &Docker,
    carrier: &str,
    volume: &VolumeName,
    labels: &BTreeMap<String, String>,
    image: &ImageRef,
) -> Result<(), EngineError> {
    let mut labels: HashMap<String, String> = labels.clone().into_iter().collect();
    labels.insert(label::KIND.to_owned(), label::KIND_CARRIER.to_owned());
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(ROOT.to_owned()),
        ..Default::default()
    };
    let wire = Wire {
        config: ContainerConfig {
            image: Some(image.to_string()),
            // Never run, but an image without a command is refused.
            entrypoint: Some(vec!["/never".to_owned()]),
            labels: Some(labels),
            ..Default::default()
        },
        host: HostConfig { mounts: Some(vec![mount]), network_mode: Some("none".to_owned()), ..Default::default() },
        ..Wire::default()
    };
    let options = CreateContainerOptions { name: Some(carrier.to_owned()), ..Default::default() };
    let made = docker.client.create_container(Some(options), wire.into_body()).await;
    made.map(|_| ()).map_err(|error| error::without_image(image.as_str(), error))
}

/// With its anonymous volumes, which an image's `VOLUME` gave it and nobody ever wrote to.
async fn remove(docker: &Docker, carrier: &str) -> Result<(), EngineError> {
    let options = RemoveContainerOptions { v: true, force: true, link: false };
    match docker.client.remove_container(carrier, Some(options)).await.map_err(error::plain) {
        Ok(()) | Err(EngineError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn archive(files: &[VolumeFile]) -> std::io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for VolumeFile { name, content, uid, gid, mode } in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.bytes().len() as u64);
        header.set_uid((*uid).into());
        header.set_gid((*gid).into());
        header.set_mode(*mode);
        header.set_mtime(0);
        archive.append_data(&mut header, name, content.bytes())?;
    }
    archive.into_inner()
}
