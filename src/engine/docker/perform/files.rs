//! Contents of configs and secrets: a tar into a volume, through a container that mounts it and never runs. So it
//! works for read-only services and on remote engines, and nothing of the contents shows in inspect.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{ContainerConfig, HostConfig, Mount, MountType};
use bollard::query_parameters::{
    CreateContainerOptions, ListImagesOptions, RemoveContainerOptions, UploadToContainerOptions,
};
use tar::{Builder, EntryType, Header};

use super::super::wire::Wire;
use super::super::{Docker, error};
use crate::engine::EngineError;
use crate::model::VolumeName;
use crate::state::{NoteFile, label, own};

/// Where the helper mounts the volume.
const ROOT: &str = "/files";

/// Puts files at the root of a volume. A second try after an interruption does the same again.
pub(super) async fn write(
    docker: &Docker,
    name: &VolumeName,
    labels: &BTreeMap<String, String>,
    files: &[NoteFile],
) -> Result<(), EngineError> {
    let carrier = format!("{name}{}", own::CARRIER);
    remove(docker, &carrier).await?;
    create(docker, &carrier, name, labels).await?;
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
    uploaded
}

/// Makes the helper from any image that is there; it never runs. One that goes meanwhile, or that is there for another
/// platform only, is passed over.
async fn create(
    docker: &Docker,
    carrier: &str,
    volume: &VolumeName,
    labels: &BTreeMap<String, String>,
) -> Result<(), EngineError> {
    let mut last = EngineError::Refused(format!("{volume} cannot be filled: there is no image on the engine"));
    for image in smallest_images(docker).await? {
        let options = CreateContainerOptions { name: Some(carrier.to_owned()), ..Default::default() };
        let body = helper(volume, labels, &image).into_body();
        match docker.client.create_container(Some(options), body).await {
            Ok(_) => return Ok(()),
            Err(error) => match error::without_image(&image, error) {
                error @ (EngineError::NoImage { .. } | EngineError::NotFound(_)) => last = error,
                error => return Err(error),
            },
        }
    }
    Err(last)
}

/// Images by their ids. The smaller ones come first, since some storage drivers copy an image for each container.
async fn smallest_images(docker: &Docker) -> Result<Vec<String>, EngineError> {
    let mut images = docker.client.list_images(None::<ListImagesOptions>).await.map_err(error::plain)?;
    images.sort_by(|one, other| (one.size, &one.id).cmp(&(other.size, &other.id)));
    Ok(images.into_iter().map(|image| image.id).collect())
}

fn helper(volume: &VolumeName, labels: &BTreeMap<String, String>, image: &str) -> Wire {
    let mut labels: HashMap<String, String> = labels.clone().into_iter().collect();
    labels.insert(label::KIND.to_owned(), label::KIND_CARRIER.to_owned());
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(ROOT.to_owned()),
        ..Default::default()
    };
    Wire {
        config: ContainerConfig {
            image: Some(image.to_owned()),
            // Never run, but an image without a command is refused.
            entrypoint: Some(vec!["/never".to_owned()]),
            labels: Some(labels),
            ..Default::default()
        },
        host: HostConfig { mounts: Some(vec![mount]), network_mode: Some("none".to_owned()), ..Default::default() },
        ..Wire::default()
    }
}

/// With its anonymous volumes, which an image's `VOLUME` gave it and nobody ever wrote to.
async fn remove(docker: &Docker, carrier: &str) -> Result<(), EngineError> {
    let options = RemoveContainerOptions { v: true, force: true, link: false };
    match docker.client.remove_container(carrier, Some(options)).await.map_err(error::plain) {
        Ok(()) | Err(EngineError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn archive(files: &[NoteFile]) -> std::io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for NoteFile { name, content, uid, gid, mode } in files {
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
